"""`sparkdoctor check`: examine, judge, report. Knows no option parser, which costs more than a check."""

from __future__ import annotations

from sparkdoctor.cli import output, settings
from sparkdoctor.cli.broken_off import broken_off
from sparkdoctor.cli.examine import Subject, examine, settled
from sparkdoctor.cli.exits import FAIL_ON, Unusable, of_diagnosis
from sparkdoctor.cli.judged import judged
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Options(Record):
    """The options of `check`; what is None or empty stands as the settings have it."""

    subject: Subject = Subject()
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    fail_on: str | None = None
    strict: bool | None = None
    format: str | None = None
    verbosity: int = 0
    colour: str | None = None


def check(options: Options) -> int:
    """Examines, prints the report, returns the exit code. Raises Unusable."""
    from sparkdoctor.reports.formats import FORMATS, render
    from sparkdoctor.reports.notes import notes
    from sparkdoctor.reports.report import Report

    given = settings.read()
    format, fail_on = options.format or given.get("format", "text"), options.fail_on or given.get("fail-on", "error")
    if format not in FORMATS:
        raise Unusable(f"--format {format}: write one of {', '.join(FORMATS)}")
    if fail_on not in FAIL_ON:
        raise Unusable(f"--fail-on {fail_on}: write one of {', '.join(FAIL_ON)}")
    colour = output.coloured(options.colour or given.get("color", "auto"))
    subject = settled(options.subject, given)
    examined = examine(subject)
    diagnosis = judged(examined, options.select, options.ignore, given)
    strict = given.get("strict", False) if options.strict is None else options.strict
    code = of_diagnosis(diagnosis, fail_on, strict)
    report = Report(
        diagnosis=diagnosis,
        read=examined.facts.read,
        redactor=examined.redactor,
        tool=examined.tool,
        exit_code=code,
        notes=(
            *broken_off(examined.examination),
            *given.notes(),
            *notes(examined.examination, examined.facts, subject.target),
        ),
        snapshot=examined.snapshot,
        verbosity=options.verbosity,
        width=output.width(),
        colour=colour,
    )
    output.write(render(format, report))
    return code
