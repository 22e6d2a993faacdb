"""`sparkdoctor check`: examine, judge, report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import typer

from sparkdoctor.cli import arguments, inputs, output
from sparkdoctor.cli.examine import Subject, examine
from sparkdoctor.cli.exits import FAIL_ON, Unusable, of_diagnosis


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `check`."""

    subject: Subject = field(default_factory=Subject)
    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    fail_on: str = "error"
    strict: bool = False
    format: str = "text"
    verbosity: int = 0
    colour: str = "auto"


def run(options: Options) -> int:
    """Examines, prints the report, returns the exit code. Raises Unusable."""
    from sparkdoctor.diagnosis.diagnose import diagnose
    from sparkdoctor.reports.formats import FORMATS, render
    from sparkdoctor.reports.notes import notes
    from sparkdoctor.reports.report import Report

    if options.format not in FORMATS:
        raise Unusable(f"--format {options.format}: write one of {', '.join(FORMATS)}")
    if options.fail_on not in FAIL_ON:
        raise Unusable(f"--fail-on {options.fail_on}: write one of {', '.join(FAIL_ON)}")
    colour = output.coloured(options.colour)
    examined = examine(options.subject)
    rules = inputs.selected(examined.rulebook, options.select, options.ignore)
    diagnosis = diagnose(examined.rulebook, examined.facts, rules)
    code = of_diagnosis(diagnosis, options.fail_on, options.strict)
    report = Report(
        diagnosis=diagnosis,
        read=examined.facts.read,
        redactor=examined.redactor,
        tool=examined.tool,
        exit_code=code,
        notes=notes(examined.examination, examined.facts, options.subject.target),
        snapshot=examined.snapshot,
        verbosity=options.verbosity,
        width=output.width(),
        colour=colour,
    )
    output.write(render(options.format, report))
    return code


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
