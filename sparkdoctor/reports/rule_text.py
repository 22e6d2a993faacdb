"""A rule in full, for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparkdoctor.reports.terminal import Style, paragraph
from sparkdoctor.rulebook.placeholders import PLACEHOLDER

if TYPE_CHECKING:
    from sparkdoctor.rulebook.model import Fix, Rule


def _words(text: str) -> str:
    """`text` with the words of its placeholders, or their names in brackets."""
    return PLACEHOLDER.sub(lambda match: match[2] or f"<{match[1]}>", text)


def render(rule: Rule, width: int, colour: bool) -> str:
    """The rule as lines of text."""
    style = Style(colour)
    oldest = min(source.date for source in rule.detail.sources)
    lines = [
        style.paint("bold", f"{rule.id}  {_words(rule.detail.title)}"),
        f"{rule.detail.name} · {rule.component} · {style.paint(rule.severity, rule.severity)}",
        f"Known since {oldest}, last held against its sources on {rule.detail.reviewed}.",
        "",
        *paragraph(_words(rule.detail.why), width, ""),
    ]
    if rule.when is not None:
        lines += ["", "Fires when" + (" a line of the log matches and" if rule.needs_log else "")]
        lines += [f"    {line.strip()}" for line in rule.when.text.splitlines()]
    if rule.when_no_log is not None:
        lines += ["", "Without a log it fires when"]
        lines += [f"    {line.strip()}" for line in rule.when_no_log.text.splitlines()]
    if rule.log:
        lines += ["", "What the failure prints (patterns)"]
        for signature in rule.log:
            lines.append(
                f"    {signature.match}" + (f"   if {signature.condition.text}" if signature.condition else "")
            )
    lines += ["", "What makes it right, best first" if rule.detail.fixes else "No fix is known."]
    for fix in rule.detail.fixes:
        lines += _fix(fix, width)
    lines += ["", "Causes: " + ", ".join(rule.detail.causes)] if rule.detail.causes else []
    lines += ["Explains away: " + ", ".join(rule.supersedes)] if rule.supersedes else []
    lines += ["", "Sources"]
    lines += [f"    {source.date}  {source.kind:10}  {source.url}" for source in rule.detail.sources]
    return "\n".join(lines) + "\n"


def _command(fix: Fix) -> str:
    if fix.text:
        return _words(fix.text)
    if fix.packages:
        return "install " + ", ".join(fix.packages) + (f" from {fix.index}" if fix.index else "")
    return "; ".join(
        [f"{name}={_words(value)}" for name, value in fix.set.items()] + [f"unset {name}" for name in fix.unset]
    )


def _fix(fix: Fix, width: int) -> list[str]:
    lines = [f"    {fix.kind}, {fix.safety}"]
    lines += [f"        {line}" for line in _command(fix).splitlines()]
    if fix.condition is not None:
        lines.append(f"        if {' '.join(fix.condition.text.split())}")
    return [*lines, *paragraph(fix.effect, width, "        ")]


def as_json(rule: Rule) -> dict[str, Any]:
    """The rule as a JSON object."""
    return {
        "id": rule.id,
        "name": rule.detail.name,
        "component": rule.component,
        "severity": rule.severity,
        "title": rule.detail.title,
        "why": rule.detail.why,
        "when": None if rule.when is None else rule.when.text,
        "when_no_log": None if rule.when_no_log is None else rule.when_no_log.text,
        "log": [
            {"match": item.match, "if": None if item.condition is None else item.condition.text} for item in rule.log
        ],
        "causes": list(rule.detail.causes),
        "supersedes": list(rule.supersedes),
        "reviewed": rule.detail.reviewed,
        "fixes": [
            {
                "kind": fix.kind,
                "safety": fix.safety,
                "text": _command(fix),
                "if": None if fix.condition is None else fix.condition.text,
                "effect": fix.effect,
            }
            for fix in rule.detail.fixes
        ],
        "sources": [{"url": source.url, "date": source.date, "kind": source.kind} for source in rule.detail.sources],
    }
