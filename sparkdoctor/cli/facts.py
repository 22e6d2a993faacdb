"""`sparkdoctor facts`: the snapshot itself."""

from __future__ import annotations

from typing import Annotated

import typer

from sparkdoctor.cli import arguments, output, settings
from sparkdoctor.cli.examine import Subject, examine, settled
from sparkdoctor.cli.exits import Unusable


def facts(
    python: arguments.Python = None,
    root: arguments.Root = None,
    facts: arguments.Facts = None,
    target: arguments.Target = None,
    launch: arguments.Launch = None,
    scan: Annotated[
        bool, typer.Option("--scan", help="Read the GPU code of all packages from their libraries, too.")
    ] = False,
    format: arguments.Format = "text",
    color: arguments.Colour = "auto",
    schema: arguments.Schema = False,
) -> int:
    from sparkdoctor.reports.document import dumped
    from sparkdoctor.reports.facts_text import render

    if schema:
        from sparkdoctor.reports.schemas import schema_text

        output.write(schema_text("snapshot"))
        return 0
    output.known_format(format)
    colour = output.coloured(color)
    if scan and facts is not None:
        raise Unusable("--scan reads libraries, which --facts has none of")
    examined = examine(settled(Subject(python, root, facts, target, launch=launch), settings.read()))
    snapshot = examined.snapshot(scan)
    output.write(dumped(snapshot) if format == "json" else render(snapshot, colour))
    return 0
