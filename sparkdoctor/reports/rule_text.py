"""A rule in full, for people and as JSON."""

from __future__ import annotations

from sparkdoctor.reports.terminal import Style, paragraph
from sparkdoctor.rulebook.placeholders import worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sparkdoctor.rulebook.model import Fix, Rule


def render(rule: Rule, width: int, colour: bool) -> str:
    """The rule as lines of text."""
    style, detail = Style(colour), rule.detail
    oldest = min(source.date for source in detail.sources)
    lines = [
        style.paint("bold", f"{rule.id}  {worded(detail.title)}"),
        f"{detail.name} · {rule.component} · {style.paint(rule.severity, rule.severity)}",
        f"Known since {oldest}, last held against its sources on {detail.reviewed}.",
        "",
        *paragraph(worded(detail.why), width, ""),
    ]
    if detail.when:
        lines += ["", "Fires when" + (" a line of the log matches and" if rule.needs_log else "")]
        lines += [f"    {line.strip()}" for line in detail.when.splitlines()]
    if detail.when_no_log:
        lines += ["", "Without a log it fires when"]
        lines += [f"    {line.strip()}" for line in detail.when_no_log.splitlines()]
    if detail.log:
        lines += ["", "What the failure prints (patterns)"]
        lines += [f"    {match}" + (f"   if {condition}" if condition else "") for match, condition in detail.log]
    lines += ["", "What makes it right, best first" if detail.fixes else "No fix is known."]
    for fix in detail.fixes:
        lines += _fix(fix, width)
    lines += ["", "Causes: " + ", ".join(detail.causes)] if detail.causes else []
    lines += ["Explains away: " + ", ".join(rule.supersedes)] if rule.supersedes else []
    lines += ["", "Sources"]
    lines += [f"    {source.date}  {source.kind:10}  {source.url}" for source in detail.sources]
    return "\n".join(lines) + "\n"


def _command(fix: Fix) -> str:
    if fix.text:
        return worded(fix.text)
    if fix.packages:
        return "install " + ", ".join(fix.packages) + (f" from {fix.index}" if fix.index else "")
    return "; ".join(
        [f"{name}={worded(value)}" for name, value in fix.set.items()] + [f"unset {name}" for name in fix.unset]
    )


def _fix(fix: Fix, width: int) -> list[str]:
    lines = [f"    {fix.kind}, {fix.safety}"]
    lines += [f"        {line}" for line in _command(fix).splitlines()]
    if fix.condition is not None:
        lines.append(f"        if {' '.join(fix.condition.text.split())}")
    return [*lines, *paragraph(fix.effect, width, "        ")]


def as_json(rule: Rule) -> dict[str, Any]:
    """The rule as a JSON object."""
    detail = rule.detail
    return {
        "id": rule.id,
        "name": detail.name,
        "component": rule.component,
        "severity": rule.severity,
        "title": detail.title,
        "why": detail.why,
        "when": detail.when or None,
        "when_no_log": detail.when_no_log or None,
        "log": [{"match": match, "if": condition or None} for match, condition in detail.log],
        "causes": list(detail.causes),
        "supersedes": list(rule.supersedes),
        "reviewed": detail.reviewed,
        "fixes": [
            {
                "kind": fix.kind,
                "safety": fix.safety,
                "text": _command(fix),
                "if": None if fix.condition is None else fix.condition.text,
                "effect": fix.effect,
            }
            for fix in detail.fixes
        ],
        "sources": [{"url": source.url, "date": source.date, "kind": source.kind} for source in detail.sources],
    }
