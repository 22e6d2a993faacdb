"""Free space where packages, caches, temporary files and logs go."""

from __future__ import annotations

import posixpath

from sparkdoctor.facts.collectors import environ
from sparkdoctor.facts.values import Reading, Unknown, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_BYTES_PER_GIB = 1 << 30
_LOGS = "/var/log"


def cache(exam: Examination) -> dict[str, Reading]:
    """`disk.cache_free_gib`: for XDG_CACHE_HOME, else .cache in the home."""
    variables = environ.settings(exam.machine)
    named = variables.get("XDG_CACHE_HOME", "")
    folder = named if named.startswith("/") else posixpath.join(variables.get("HOME") or "/root", ".cache")
    return {"disk.cache_free_gib": _free(exam.machine, folder)}


def packages(exam: Examination) -> dict[str, Reading]:
    """`disk.packages_free_gib`: where the examined environment's packages lie."""
    environment = exam.environment()
    if isinstance(environment, Unknown):
        return {"disk.packages_free_gib": Reading(environment)}
    if not environment.sites:
        return {"disk.packages_free_gib": absent(environment.prefix)}
    return {"disk.packages_free_gib": _free(exam.machine, environment.sites[0])}


def temporary(exam: Examination) -> dict[str, Reading]:
    """`disk.temporary_free_gib`: for TMPDIR, else /tmp, where installers unpack and build."""
    named = environ.settings(exam.machine).get("TMPDIR", "")
    return {"disk.temporary_free_gib": _free(exam.machine, named if named.startswith("/") else "/tmp")}


def logs(exam: Examination) -> dict[str, Reading]:
    """`disk.log_free_gib`: where the journal and the logs of containers grow."""
    return {"disk.log_free_gib": _free(exam.machine, _LOGS)}


def _free(machine: Machine, folder: str) -> Reading:
    """Free space of the file system that holds `folder`, or would; Absent where nothing can ever be written to it."""
    if not machine.live:
        return unknown("another root: its file systems aren't those of its machine")
    while folder != "/" and not machine.exists(folder):
        folder = posixpath.dirname(folder)
    free = machine.free_space(folder)
    if free is None:
        return absent(f"{folder} is read-only")
    return measured(round(free / _BYTES_PER_GIB, 1), folder)
