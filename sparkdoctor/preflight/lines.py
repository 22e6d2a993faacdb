"""What pre-flight says to standard error: one line, more where something was found; or the same as JSON lines."""

from __future__ import annotations

from sparkdoctor.preflight.settings import SEVERITIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from sparkdoctor.preflight.heard import Heard, Told
    from sparkdoctor.preflight.settings import Settings
    from sparkdoctor.preflight.variables import Plan

    Entry = Mapping[str, Any]


def entries(
    settings: Settings, heard: Heard, planned: Plan, obstacles: list[str], seconds: float
) -> Iterable[dict[str, Any]]:
    """Everything to say, as records with `level`, `event`, `message` and what belongs to the event."""
    yield _summary(heard, planned, seconds)
    for finding in heard.findings:
        yield _finding(finding, planned, heard.shown)
    for text in (*settings.complaints, *heard.complaints):
        yield _entry("warning", "complaint", text)
    for failure in heard.failures:
        yield _entry("warning", "failure", failure)
    if obstacles:
        text = f"not started: {'; '.join(obstacles)}. SPARKDOCTOR_SKIP=1 starts it unexamined"
        yield _entry("error", "blocked", text, reasons=obstacles)


def rendered(told: Iterable[Entry], log_format: str) -> list[str]:
    """The records as lines, each with its line end."""
    if log_format == "json":
        import json
        import time

        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return [json.dumps({"time": now, "logger": "sparkdoctor.preflight", **entry}) + "\n" for entry in told]
    return [f"sparkdoctor: {_plain(entry['message'])}\n" for entry in told]


def _entry(level: str, event: str, message: str, **more: Any) -> dict[str, Any]:
    return {"level": level, "event": event, "message": message, **more}


def _summary(heard: Heard, planned: Plan, seconds: float) -> dict[str, Any]:
    counts = {severity: sum(1 for told in heard.findings if told.severity == severity) for severity in SEVERITIES}
    words = [
        f"{count} {severity}{'s' if count > 1 and severity != 'info' else ''}"
        for severity, count in counts.items()
        if count
    ]
    summary = heard.summary or {}
    undecided = len(summary.get("undecided", ()))
    parts = [", ".join(words) or ("nothing found" if heard.summary else "nothing found so far")]
    if planned.changes:
        parts.append(f"{len(planned.changes)} variable{'s' if len(planned.changes) > 1 else ''} changed")
    if undecided:
        parts.append(f"{undecided} undecided")
    if heard.summary:
        parts.append(f"{summary['passed']} passed")
        parts.append(f"rulebook {summary['rulebook']}")
    parts.append(f"{seconds:.2f} s")
    level = "error" if counts["error"] else "warning" if counts["warning"] else "info"
    return _entry(
        level,
        "summary",
        "preflight: " + " · ".join(parts),
        counts=counts,
        undetermined=undecided,
        complete=heard.summary is not None,
        seconds=round(seconds, 3),
        variables={name: heard.shown.get(name) for name in planned.changes},
    )


def _finding(finding: Told, planned: Plan, shown: Mapping[str, str]) -> dict[str, Any]:
    text = f"{finding.severity} {finding.rule}: {finding.title}"
    done = [
        f"{name} is taken away" if planned.changes[name] is None else f"{name}={shown[name]} is set"
        for name in planned.granted(finding.rule)
    ]
    held = next((held for held in planned.held if held.rule == finding.rule), None)
    if done:
        text += f" · {', '.join(done)} for this start"
    elif held is not None:
        wanted = " ".join(
            f"-u {name}" if value is None else f"{name}={shown[name]}" for name, value in finding.wish.values.items()
        )
        text += f" · left as it is, since {held.reason}; it would take: {wanted}"
        text += f" (--override {','.join(held.names)})" if held.override else ""
    else:
        text += f" · sparkdoctor explain {finding.rule}"
    return _entry(
        finding.severity,
        "finding",
        text,
        rule=finding.rule,
        title=finding.title,
        fixed=bool(done),
        held=None if held is None else held.reason,
    )


def _plain(text: str) -> str:
    """One line without what would steer a terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
