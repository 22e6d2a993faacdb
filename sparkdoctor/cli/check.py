"""`sparkdoctor check`: examine, judge, report. Knows no option parser, which costs more than a check."""

from __future__ import annotations

import sys
import time

from sparkdoctor.cli import inputs, output, settings
from sparkdoctor.cli.broken_off import broken_off
from sparkdoctor.cli.examine import Subject, examine, settled
from sparkdoctor.cli.exits import FAIL_ON, Unusable, of_diagnosis
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparkdoctor.cli.settings import Settings
    from sparkdoctor.diagnosis.model import Diagnosis
    from sparkdoctor.rulebook.model import Rule, Rulebook


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
    from sparkdoctor.diagnosis.diagnose import diagnose
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
    rules = _selected(examined.rulebook, options, given)
    diagnosis = _suppressed(diagnose(examined.rulebook, examined.facts, rules), examined.rulebook, given)
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


def _selected(book: Rulebook, options: Options, given: Settings) -> list[Rule]:
    select, ignore = options.select or given.get("select", ()), options.ignore or given.get("ignore", ())
    labels = ["" if stated else given.label(name).rstrip(" =") + ": " for name, stated in _chosen(options)]
    return inputs.selected(book, select, ignore, (labels[0], labels[1]))


def _chosen(options: Options) -> tuple[tuple[str, bool], tuple[str, bool]]:
    """Whether the command line itself names rules to select, and to ignore."""
    return ("select", bool(options.select)), ("ignore", bool(options.ignore))


def _suppressed(diagnosis: Diagnosis, book: Rulebook, given: Settings) -> Diagnosis:
    """The diagnosis without what was suppressed; a suppression that no longer counts is named on standard error."""
    if not given.suppressions:
        return diagnosis
    from sparkdoctor.diagnosis.suppress import suppressed

    today = time.strftime("%Y-%m-%d")
    for item in given.suppressions:
        if item.rule not in book.rules:
            from sparkdoctor.spelling import meant

            inexistent = f"there is no rule {item.rule}{meant(item.rule, book.rules)}"
            print(f"sparkdoctor: {item.origin}: suppress: {inexistent}; without effect", file=sys.stderr)
        elif item.expired(today):
            print(
                f"sparkdoctor: {item.origin}: the suppression of {item.rule} ended on {item.until}: it counts again",
                file=sys.stderr,
            )
    return suppressed(diagnosis, given.suppressions, today)
