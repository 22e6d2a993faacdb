"""`sparkdoctor check`: examine, judge, report. Knows no option parser, which costs more than a check."""

from __future__ import annotations

from sparkdoctor.cli import inputs, output
from sparkdoctor.cli.examine import Subject, examine
from sparkdoctor.cli.exits import FAIL_ON, Unusable, of_diagnosis
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Options(Record):
    """The options of `check`."""

    subject: Subject = Subject()
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    fail_on: str = "error"
    strict: bool = False
    format: str = "text"
    verbosity: int = 0
    colour: str = "auto"


def check(options: Options) -> int:
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
