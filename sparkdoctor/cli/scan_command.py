"""`sparkdoctor scan` with options, as Typer reads them."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from sparkdoctor.cli import arguments, output
from sparkdoctor.cli.examine import Subject
from sparkdoctor.cli.scan import Options
from sparkdoctor.cli.scan import scan as run


def scan(
    what: Annotated[
        Optional[list[str]],  # noqa: UP045 (Typer reads it at run time on Python 3.10)
        typer.Argument(
            metavar="[PACKAGE|PATH|WHEEL]...",
            help="Installed packages, files, folders or wheels; everything in the environment without any.",
        ),
    ] = None,
    target: arguments.Target = None,
    python: arguments.Python = None,
    root: arguments.Root = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Search each file to its end for code outside of sections; takes longer.")
    ] = False,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Remember what was read, for the next time.")
    ] = True,
    format: arguments.Format = "text",
    verbose: arguments.Verbose = 0,
    color: arguments.Colour = "auto",
    schema: arguments.Schema = False,
) -> int:
    if schema:
        from sparkdoctor.reports.schemas import schema_text

        output.write(schema_text("scan"))
        return 0
    return run(
        Options(
            words=what or [],
            subject=Subject(python, root, None, target),
            deep=deep,
            remember=cache,
            format=format,
            verbosity=verbose,
            colour=color,
        )
    )
