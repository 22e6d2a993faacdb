"""Main memory and swap, and how long processes wait for memory, from /proc."""

from __future__ import annotations

from sparkdoctor.facts.values import Reading, absent, measured, unknown
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination

_MEMINFO = "/proc/meminfo"
_LINE = r"(?m)^(\w+):[ \t]*(\d+) kB$"
_KIB_PER_GIB = 1 << 20
_PRESSURE = "/proc/pressure/memory"
_STALLED = r"(?m)^some .*\bavg60=(\d+\.\d+)"


def usage(exam: Examination) -> dict[str, Reading]:
    """The facts `memory.*` in GiB, to one decimal. Raises OSError where /proc can't be read."""
    kib = {name: int(number) for name, number in re.findall(_LINE, exam.machine.text(_MEMINFO))}
    swap, free = kib.get("SwapTotal"), kib.get("SwapFree")
    return {
        "memory.total_gib": _gib(kib.get("MemTotal"), "MemTotal"),
        "memory.available_gib": _gib(kib.get("MemAvailable"), "MemAvailable"),
        "memory.cached_gib": _gib(kib.get("Cached"), "Cached"),
        "memory.cma_total_gib": _cma(kib, "CmaTotal"),
        "memory.cma_free_gib": _cma(kib, "CmaFree"),
        "memory.swap_gib": _gib(swap, "SwapTotal"),
        "memory.swap_used_gib": _gib(None if swap is None or free is None else swap - free, "SwapFree"),
    }


def _cma(kib: dict[str, int], line: str) -> Reading:
    """Absent in a kernel that sets no contiguous memory aside, which leaves the line out."""
    return absent(f"{_MEMINFO} {line}") if kib and line not in kib else _gib(kib.get(line), line)


def pressure(exam: Examination) -> dict[str, Reading]:
    """`memory.stalled_percent`: of the last minute, the share in which some process waited for memory.

    Absent where the kernel doesn't keep it (Documentation/accounting/psi). Raises OSError where /proc can't be read.
    """
    try:
        stated = re.search(_STALLED, exam.machine.text(_PRESSURE, 4096))
    except FileNotFoundError:
        exam.machine.names("/proc/self" if exam.machine.live else "/proc")
        return {"memory.stalled_percent": absent(_PRESSURE)}
    except OSError as error:  # switched off at the start of the kernel
        return {"memory.stalled_percent": unknown(f"{_PRESSURE}: {error.strerror or error}")}
    return {
        "memory.stalled_percent": measured(float(stated[1]), _PRESSURE)
        if stated
        else unknown(f"{_PRESSURE} has no line of that kind")
    }


def _gib(kib: int | None, line: str) -> Reading:
    if kib is None:
        return unknown(f"{_MEMINFO} has no line {line}")
    return measured(round(kib / _KIB_PER_GIB, 1), f"{_MEMINFO} {line}")
