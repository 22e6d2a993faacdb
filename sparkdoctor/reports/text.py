"""A diagnosis for people: root cause first, the fix under each finding ready to copy, one screen when healthy."""

from __future__ import annotations

import re

from sparkdoctor.diagnosis.model import by_reason
from sparkdoctor.facts.values import ABSENT, shown
from sparkdoctor.reports.header import environment_line, machine_line
from sparkdoctor.reports.telling import telling
from sparkdoctor.reports.terminal import Style, items, paragraph, spread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sparkdoctor.diagnosis.model import Evidence, Finding, Offer
    from sparkdoctor.facts.privacy import Redactor
    from sparkdoctor.reports.report import Report

_IN_SITE = re.compile(r"^/.*/(?:site|dist)-packages/")
"""The folder of an environment's packages, which the second line of the report names."""
_PAINT = r"\x1b\[[\d;]*m"
_MARKS = {"error": "✗", "warning": "!", "info": "i"}
_LISTED = 4
"""Entries of a long list that are shown."""
_COMMAND = (
    r"\b(?:sudo|apt|pip|uv|docker|podman|export|nvidia-smi|nvidia-ctk|fwupdmgr|git|python3?|cmake|make)\b|[|;&<>$`]"
)
_HEAD = 24
"""Columns in front of a fix."""
_WANTED = 3
"""Missing facts that are named for each reason."""
_REASONS = 4
"""Reasons that are told before -v."""


def render(report: Report) -> str:
    """The report as lines of text."""
    style = Style(report.colour)
    if report.verbosity < 0:
        lines = [_title(finding, report, style) for finding in report.diagnosis.findings]
        return "".join(line + "\n" for line in lines)
    lines = [style.paint("bold", line) for line in items(machine_line(report), report.width)]
    lines += items(environment_line(report), report.width)
    for note in report.notes:
        lines += paragraph(report.redactor.path(note), report.width, "")
    lines.append("")
    for finding in report.diagnosis.findings:
        lines += [*_finding(finding, report, style), ""]
    undecided = _undetermined(report, style)
    lines += [*undecided, ""] if undecided else []
    if report.verbosity > 0:
        lines += _behind(report)
    lines.append(_summary(report, style))
    return "\n".join(lines) + "\n"


def _title(finding: Finding, report: Report, style: Style) -> str:
    mark = style.paint(finding.severity, _MARKS[finding.severity])
    sure = "" if finding.confidence == "certain" else " · likely"
    right = f"{finding.rule.id} · {finding.severity}{sure}"
    line = spread(f"  {telling(finding, report.redactor)(finding.title)}", right, report.width)
    return mark + line[1:].replace(right, style.paint("dim", right))


def _finding(finding: Finding, report: Report, style: Style) -> list[str]:
    redactor = report.redactor
    tell = telling(finding, redactor)
    lines = [_title(finding, report, style), *paragraph(tell(finding.why), report.width - 2, "  ")]
    if finding.hit is not None:
        lines.append(f"    log, line {finding.hit.line}: {redactor.text(finding.hit.text)[:240]}")
    rows = [_evidence(evidence, redactor) for evidence in finding.evidence]
    name_width = min(max((len(row[0]) for row in rows), default=0), 32)
    value_width = min(max((len(row[1]) for row in rows), default=0), 44)
    lines += [
        f"    {name:{name_width}}  {value:{value_width}}  {style.paint('dim', origin)}".rstrip()
        for name, value, origin in rows
    ]
    if finding.missing:
        lines += paragraph(f"Would confirm it: {', '.join(finding.missing)}", report.width - 2, "  ")
    if finding.assumed:
        lines += paragraph(
            f"Taken for not set, since nothing says so: {', '.join(finding.assumed)}", report.width, "  "
        )
    lines += _fixes(finding.offers, report, style, tell)
    if report.verbosity > 0:
        lines += [f"  Source    {source.url} ({source.date}, {source.kind})" for source in finding.rule.detail.sources]
    return lines


def _evidence(evidence: Evidence, redactor: Redactor) -> tuple[str, str, str]:
    reading = redactor.reading(evidence.fact, evidence.reading)
    where = _IN_SITE.sub("", reading.where or "")
    if reading.origin in ("derived", "estimated") or where in ("stated", "--target"):
        origin = f"{reading.origin} {where}"
    else:
        origin = f"{reading.origin}: {where}" if where else str(reading.origin)
    value = reading.value
    if isinstance(value, tuple) and len(value) > _LISTED:
        value = (f"{len(value)} of them, the last {', '.join(map(str, value[-_LISTED:]))}",)
    return _label(evidence), "not set" if value is ABSENT and evidence.fact.startswith("env.") else shown(value), origin


def _label(evidence: Evidence) -> str:
    name = evidence.fact
    if name.startswith("env."):
        return name[4:]
    if name.startswith("pkg."):
        return name[4:].removesuffix(".version").replace(".", " ")
    return name if evidence.gpu in (None, 0) else f"{name} of GPU {evidence.gpu}"


def _fixes(offers: tuple[Offer, ...], report: Report, style: Style, tell: Callable[[str], str]) -> list[str]:
    lines: list[str] = []
    if not offers:
        return ["  No fix is known yet; the sources tell what others tried: sparkdoctor explain"]
    shown_offers = offers if report.verbosity > 0 else offers[:3]
    for place, offer in enumerate(shown_offers):
        head = f"  {'Fix' if place == 0 else 'or'}, {_safety(offer)}"
        first, *rest = _in_lines(tell(offer.text), report.width - _HEAD)
        lines.append(f"{style.paint('fix', f'{head:{_HEAD}}')}{first}")
        lines += [f"{'':{_HEAD}}{line}" for line in rest]
        if place == 0 or report.verbosity > 0:
            lines += paragraph(offer.effect, report.width, " " * _HEAD)
        if offer.reason and offer.reason.startswith("unknown"):
            lines += paragraph(f"({offer.reason})", report.width, " " * _HEAD)
    return lines


def _in_lines(text: str, width: int) -> list[str]:
    """The text of a fix in lines: words are wrapped, what may be copied as a command never is."""
    lines = text.splitlines() or [""]
    if len(lines) > 1 or re.search(_COMMAND, text) or not re.match(r"[A-Z][a-z]* ", text):
        return lines
    return paragraph(lines[0], width, "")


def _safety(offer: Offer) -> str:
    if offer.kind == "command" and offer.safety == "unsafe":
        return "as root"
    return {"safe": "safe", "unsafe": "changes packages", "manual": "by hand"}[offer.safety]


def _undetermined(report: Report, style: Style) -> list[str]:
    undetermined = report.diagnosis.undetermined
    if not undetermined:
        return []
    if report.verbosity > 0:
        lines = []
        for item in undetermined:
            lines.append(f"? {item.rule.id} can't be decided: {report.redactor.path(item.rule.detail.name)}")
            lines += paragraph(f"missing: {report.redactor.text(item.hint)}", report.width, "    ")
        return lines
    count = len(undetermined)
    lines = [style.paint("dim", f"? {count} check{'s' if count > 1 else ''} could not be decided")]
    reasons = by_reason(undetermined)
    for reason, names in list(reasons.items())[:_REASONS]:
        told = ", ".join(names[:_WANTED]) + (f" and {len(names) - _WANTED} more" if len(names) > _WANTED else "")
        lines += paragraph(f"{report.redactor.text(reason)}: {told}", report.width, "    ")
    if len(reasons) > _REASONS:
        lines.append(f"    and {len(reasons) - _REASONS} more reasons: sparkdoctor check -v")
    return lines


def _behind(report: Report) -> list[str]:
    diagnosis = report.diagnosis
    lines = [f"  {id} is explained by {by}" for id, by in diagnosis.superseded.items()]
    for item in diagnosis.suppressed:
        what = "undecided" if item.finding is None else item.finding.severity
        until = f" until {item.suppression.until}" if item.suppression.until else ""
        told = f"{item.rule.id} ({what}) is suppressed{until} by {item.suppression.origin}: {item.suppression.reason}"
        lines += paragraph(report.redactor.text(told), report.width, "  ")
    lines += [
        f"  {rule.id} matches a line of the log, but the facts speak against it: {rule.detail.name}"
        for rule in diagnosis.contradicted
    ]
    return [*lines, ""] if lines else []


def _summary(report: Report, style: Style) -> str:
    diagnosis = report.diagnosis
    counts = {
        severity: sum(finding.severity == severity for finding in diagnosis.findings)
        for severity in ("error", "warning", "info")
    }
    parts = [
        style.paint(name, f"{count} {name}{'s' if count > 1 and name != 'info' else ''}")
        for name, count in counts.items()
        if count
    ] or [style.paint("ok", "nothing found")]
    if diagnosis.undetermined:
        parts.append(f"{len(diagnosis.undetermined)} undecided")
    if diagnosis.suppressed:
        parts.append(f"{len(diagnosis.suppressed)} suppressed")
    parts += [f"{diagnosis.passed} passed", f"{diagnosis.not_applicable} not applicable"]
    parts.append(f"rulebook {report.tool['rulebook']}")
    more = ""
    if diagnosis.findings:
        more = f"   sparkdoctor explain {diagnosis.findings[0].rule.id}"
        if any(offer.planned for finding in diagnosis.findings for offer in finding.offers):
            more += " · sparkdoctor fix"
    elif diagnosis.undetermined or diagnosis.suppressed:
        more = "   sparkdoctor check -v"
    line = " · ".join(parts)
    if len(re.sub(_PAINT, "", line)) + len(more) > report.width:
        more = "\n" + more.strip()
    return line + style.paint("dim", more)
