"""`sparkdoctor facts`: the snapshot itself."""

from __future__ import annotations

from sparkdoctor.cli import arguments, output
from sparkdoctor.cli.examine import Subject, examine
from sparkdoctor.cli.exits import Unusable


def facts(
    python: arguments.Python = None,
    root: arguments.Root = None,
    facts: arguments.Facts = None,
    target: arguments.Target = None,
    format: arguments.Format = "text",
    color: arguments.Colour = "auto",
    schema: arguments.Schema = False,
) -> int:
    from sparkdoctor.reports.as_json import dumped
    from sparkdoctor.reports.facts_text import render

    if schema:
        from sparkdoctor.reports.schemas import schema_text

        output.write(schema_text("snapshot"))
        return 0
    if format not in ("text", "json"):
        raise Unusable(f"--format {format}: write text or json")
    colour = output.coloured(color)
    snapshot = examine(Subject(python, root, facts, target)).snapshot()
    output.write(dumped(snapshot) if format == "json" else render(snapshot, colour))
    return 0
