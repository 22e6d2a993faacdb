"""`sparkdoctor check` with options, as Typer reads them."""

from __future__ import annotations

from typing import Annotated, Optional

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
    launch: arguments.Launch = None,
    rules: arguments.Rules = None,
    select: arguments.Select = None,
    ignore: arguments.Ignore = None,
    workload: arguments.Workload = None,
    fail_on: Annotated[
        Optional[str],  # noqa: UP045 (Typer reads it at run time on Python 3.10)
        typer.Option("--fail-on", metavar="SEVERITY", help="Exit 1 from this on: error, warning, info or never."),
    ] = None,
    strict: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option("--strict/--no-strict", help="Exit 4 where a rule that counts can't be decided."),
    ] = None,
    format: arguments.ReportFormat = None,
    verbose: arguments.Verbose = 0,
    quiet: arguments.Quiet = False,
    color: arguments.ReportColour = None,
    schema: arguments.Schema = False,
) -> int:
    if schema:
        from sparkdoctor.reports.schemas import schema_text

        output.write(schema_text("report"))
        return 0
    return run(
        Options(
            subject=Subject(python, root, facts, target, rules or (), workload, launch),
            select=select or (),
            ignore=ignore or (),
            fail_on=fail_on,
            strict=strict,
            format=format,
            verbosity=-1 if quiet else verbose,
            colour=color,
        )
    )
