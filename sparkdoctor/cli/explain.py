"""`sparkdoctor explain`: one rule in full."""

from __future__ import annotations

from typing import Annotated

import typer

from sparkdoctor.cli import arguments, inputs, output, settings


def explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The id or the name of a rule, such as TRI001.")],
    rules: arguments.Rules = None,
    format: arguments.Format = "text",
    color: arguments.Colour = "auto",
) -> int:
    from sparkdoctor.reports.document import dumped
    from sparkdoctor.reports.rule_text import as_json, render

    output.known_format(format)
    colour = output.coloured(color)
    given = settings.read()
    label = "--rules " if rules else given.label("rules")
    found = inputs.rule(inputs.rulebook(rules or given.get("rules", ()), label), rule)
    output.write(dumped(as_json(found)) if format == "json" else render(found, output.width(), colour))
    return 0
