"""Processes that have files of an environment open as code: they run on with what they loaded, until they load more."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.fixes.place import Place

_LARGEST = 16 << 20


def using(place: Place) -> list[tuple[int, str]]:
    """Number and name of each other process that maps a file below the prefix, as far as we may look (proc(5))."""
    below = f"{place.prefix}/"
    found = []
    for name in place.machine.names("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            maps = place.machine.text(f"/proc/{name}/maps", _LARGEST)
            if any(below in line and line[line.index("/") :].startswith(below) for line in maps.splitlines()):
                found.append((int(name), place.machine.text(f"/proc/{name}/comm").strip()))
        except (OSError, ValueError):
            continue
    return sorted(found)
