"""What this process may use: shared memory, locked memory, and the memory that its control group allows."""

from __future__ import annotations

from sparkdoctor.facts.values import Reading, absent, measured, unknown
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_BYTES_PER_GIB = 1 << 30
_SHARED = "/dev/shm"
_LOCKED = r"(?m)^Max locked memory +(\S+) +(\S+) +bytes"
_CAPABILITIES = r"(?m)^CapEff:\s*([0-9a-f]+)$"
_IPC_LOCK = 1 << 14
"""CAP_IPC_LOCK, which lifts the limit on locked memory (capabilities(7))."""

_GROUPS = "/sys/fs/cgroup"
_UNLIMITED = 1 << 60
"""Version 1 of control groups states the largest page-aligned number where there is no limit."""


def shared(exam: Examination) -> dict[str, Reading]:
    """`memory.shm_gib`: the size of /dev/shm, with which processes share memory; Absent where there is none."""
    machine = exam.machine
    if not machine.live:
        return {"memory.shm_gib": unknown("another root: its file systems aren't those of its machine")}
    if not machine.exists(_SHARED):
        return {"memory.shm_gib": absent(_SHARED)}
    return {"memory.shm_gib": measured(round(machine.size(_SHARED) / _BYTES_PER_GIB, 2), _SHARED)}


def locked(exam: Examination) -> dict[str, Reading]:
    """`memory.lockable_gib`: how much a process may lock at most; all of the memory where nothing limits it.

    The hard limit counts. Of another root that of its first process. Raises FileNotFoundError where it has none.
    """
    folder = "/proc/self" if exam.machine.live else "/proc/1"
    where = f"{folder}/limits"
    limit = re.search(_LOCKED, exam.machine.text(where))
    if not limit:
        return {"memory.lockable_gib": unknown(f"{where} doesn't state it")}
    capabilities = re.search(_CAPABILITIES, exam.machine.text(f"{folder}/status"))
    if limit[2].isdigit() and not (capabilities and int(capabilities[1], 16) & _IPC_LOCK):
        return {"memory.lockable_gib": measured(round(int(limit[2]) / _BYTES_PER_GIB, 3), where)}
    total = exam.read("memory.total_gib")
    return {"memory.lockable_gib": measured(total.value, where) if total.present else total}  # type: ignore[arg-type]


def group(exam: Examination) -> dict[str, Reading]:
    """`memory.limit_gib`: what the control group of this process allows, the least on the way up; Absent without."""
    machine = exam.machine
    if not machine.live:
        return {"memory.limit_gib": unknown("another root: no process of it is in sight")}
    limits = {limit: where for where in _limit_files(machine) if (limit := _limit(machine, where)) is not None}
    if not limits:
        return {"memory.limit_gib": absent(_GROUPS)}
    least = min(limits)
    return {"memory.limit_gib": measured(round(least / _BYTES_PER_GIB, 2), limits[least])}


def _limit_files(machine: Machine) -> Iterator[str]:
    """Where the group of this process and those above it state their limit, in both versions of control groups."""
    for line in machine.text("/proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers in ("", "memory"):
            top, file = (_GROUPS, "memory.max") if not controllers else (f"{_GROUPS}/memory", "memory.limit_in_bytes")
            parts = [part for part in path.split("/") if part not in ("", "..")]
            for depth in range(len(parts), -1, -1):
                yield "/".join([top, *parts[:depth], file])


def _limit(machine: Machine, where: str) -> int | None:
    try:
        text = machine.text(where, 64).strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) < _UNLIMITED else None
