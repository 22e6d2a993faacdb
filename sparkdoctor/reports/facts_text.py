"""A snapshot for people: one line a fact, grouped by what it is about."""

from __future__ import annotations

from sparkdoctor.reports.terminal import Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_LISTED = 6
_SCANNED = ("gpu_code",)


def render(snapshot: Mapping[str, Any], colour: bool) -> str:
    """The facts of a snapshot's JSON form as lines."""
    style = Style(colour)
    lines = [
        _line(f"gpu[{index}].{name}" if len(snapshot["gpus"]) > 1 else f"gpu.{name}", stated, style)
        for index, gpu in enumerate(snapshot["gpus"] or [])
        for name, stated in gpu.items()
    ]
    root = ""
    for name, stated in snapshot["facts"].items():
        if name.partition(".")[0] != root:
            root = name.partition(".")[0]
            lines.append("")
        lines.append(_line(name, stated, style))
    lines.append("")
    lines += [_line(f"env.{name}", stated, style) for name, stated in snapshot["env"].items() if name != "captured"]
    lines.append("")
    packages = {name: fields for name, fields in snapshot["packages"].items() if isinstance(fields, dict)}
    for name, fields in packages.items():
        lines.append(_line(f"pkg.{name}", fields.get("version", {}), style))
        lines += [_line(f"pkg.{name}.{field}", fields[field], style) for field in _SCANNED if field in fields]
    if not packages:
        lines.append(f"no distributions ({snapshot['packages'].get('reason', 'none there')})")
    return "\n".join(lines).strip("\n") + "\n"


def _line(name: str, stated: Mapping[str, Any], style: Style) -> str:
    if "unknown" in stated:
        return f"{name:36} {style.paint('dim', 'unknown: ' + stated['unknown'])}"
    origin = (
        f"{stated.get('origin', 'measured')}: {stated['where']}" if stated.get("where") else stated.get("origin", "")
    )
    value = "not there" if stated.get("absent") else _shown(stated.get("value"))
    return f"{name:36} {value:36} {style.paint('dim', str(origin))}".rstrip()


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        words = [" ".join(map(str, item.values())) if isinstance(item, dict) else str(item) for item in value]
        more = f" … {len(words)} in all" if len(words) > _LISTED else ""
        return ", ".join(words[-_LISTED:]) + more or "none"
    return str(value)
