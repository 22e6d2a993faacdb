"""Main memory and swap, from /proc/meminfo."""

from __future__ import annotations

import re

from sparkdoctor.facts.values import Reading, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination

_MEMINFO = "/proc/meminfo"
_LINE = re.compile(r"^(\w+):[ \t]*(\d+) kB$", re.MULTILINE)
_KIB_PER_GIB = 1 << 20


def usage(exam: Examination) -> dict[str, Reading]:
    """The facts `memory.*` in GiB, to one decimal. Raises OSError where /proc can't be read."""
    kib = {name: int(number) for name, number in _LINE.findall(exam.machine.text(_MEMINFO))}
    swap, free = kib.get("SwapTotal"), kib.get("SwapFree")
    return {
        "memory.total_gib": _gib(kib.get("MemTotal"), "MemTotal"),
        "memory.available_gib": _gib(kib.get("MemAvailable"), "MemAvailable"),
        "memory.cached_gib": _gib(kib.get("Cached"), "Cached"),
        "memory.swap_gib": _gib(swap, "SwapTotal"),
        "memory.swap_used_gib": _gib(None if swap is None or free is None else swap - free, "SwapFree"),
    }


def _gib(kib: int | None, line: str) -> Reading:
    if kib is None:
        return unknown(f"{_MEMINFO} has no line {line}")
    return measured(round(kib / _KIB_PER_GIB, 1), f"{_MEMINFO} {line}")
