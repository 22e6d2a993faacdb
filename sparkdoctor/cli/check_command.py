"""`sparkdoctor check` with options, as Typer reads them."""

from __future__ import annotations

from typing import Annotated

import typer

from sparkdoctor.cli import arguments, output
from sparkdoctor.cli.check import Options
from sparkdoctor.cli.check import check as run
from sparkdoctor.cli.examine import Subject


def check(
    python: arguments.Python = None,
    root: arguments.Root = None,
    facts: arguments.Facts = None,
    target: arguments.Target = None,
    rules: arguments.Rules = None,
    select: arguments.Select = None,
    ignore: arguments.Ignore = None,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 1 from this on: error, warning, info or never.")
    ] = "error",
    strict: Annotated[bool, typer.Option("--strict", help="Exit 4 where a rule that counts can't be decided.")] = False,
    format: arguments.Format = "text",
    verbose: arguments.Verbose = 0,
    quiet: arguments.Quiet = False,
    color: arguments.Colour = "auto",
    schema: arguments.Schema = False,
) -> int:
    if schema:
        from sparkdoctor.reports.schemas import schema_text

        output.write(schema_text("report"))
        return 0
    return run(
        Options(
            subject=Subject(python, root, facts, target, rules or []),
            select=select or [],
            ignore=ignore or [],
            fail_on=fail_on,
            strict=strict,
            format=format,
            verbosity=-1 if quiet else verbose,
            colour=color,
        )
    )
