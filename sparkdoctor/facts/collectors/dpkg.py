"""Debian's list of installed packages, read as a file."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.machine import Machine

STATUS = "/var/lib/dpkg/status"
_ENTRY = 1 << 16
"""Bytes of one package's entry that are looked at."""
_INSTALLED = re.compile(rb"^Status: \S+ \S+ installed$", re.MULTILINE)
_VERSION = re.compile(rb"^Version: (\S+)$", re.MULTILINE)


def version(machine: Machine, package: str) -> str | None:
    """The version of an installed package; None where it isn't installed or the system has no such list."""
    try:
        content = machine.mapped(STATUS)
    except FileNotFoundError:
        return None
    line = f"Package: {package}\n".encode()
    start = content.find(b"\n" + line)
    if start < 0 and content[: len(line)] != line:
        return None
    start += 1
    end = content.find(b"\n\n", start, start + _ENTRY)
    entry = content[start : end if end >= 0 else start + _ENTRY]
    stated = _VERSION.search(entry)
    return stated[1].decode("utf-8", "replace") if stated and _INSTALLED.search(entry) else None


def upstream(version: str) -> str:
    """The version without epoch and Debian's revision: "1:1.18.0-1" → "1.18.0"."""
    return version.rpartition(":")[2].rpartition("-")[0] or version.rpartition(":")[2]
