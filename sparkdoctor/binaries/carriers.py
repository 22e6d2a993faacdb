"""Which files can carry GPU code, by their names, and where they lie in a folder."""

from __future__ import annotations

from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sparkdoctor.machine import Machine

PATTERN = r"\.(?:so(?:\.\d[\w.]*)?|a|cubin|fatbin|dll|pyd)"
"""How the names of shared libraries, static archives, bare cubins and fat binaries end."""

MOST_ENTRIES = 400_000
"""Names below one folder that are looked at; a larger tree is cut off there."""

_PLAIN = (".so", ".a", ".cubin", ".fatbin", ".dll", ".pyd")
"""The same endings but for libraries whose version follows."""

_KEEP_CODE_AS_DATA = ("libcufft", "libcupti", "libnvperf", "libcheckpoint")
_PASSED_OVER = frozenset((".git", "__pycache__", "node_modules"))


def is_carrier(path: str) -> bool:
    """Whether a file of that name can carry GPU code."""
    return path.endswith(_PLAIN) or (".so." in path and re.search(PATTERN + r"\Z", path) is not None)


def keeps_code_as_data(path: str) -> bool:
    """Whether this is one of NVIDIA's libraries that have no section for device code and carry it all the same."""
    name = path.rpartition("/")[2]
    return any(library in name for library in _KEEP_CODE_AS_DATA)


def below(machine: Machine, folder: str) -> Iterator[str]:
    """The paths of all carriers in a folder and its folders, in order; links to folders aren't followed.

    A folder that can't be read is passed over; OSError only where `folder` itself can't be.
    """
    pending = [(folder, machine.entries(folder))]
    seen = 0
    while pending and seen < MOST_ENTRIES:
        place, entries = pending.pop()
        seen += len(entries)
        inner = []
        for name, is_folder in entries:
            path = f"{place.rstrip('/')}/{name}"
            if not is_folder:
                if is_carrier(name):
                    yield path
            elif name not in _PASSED_OVER:
                try:
                    inner.append((path, machine.entries(path)))
                except OSError:
                    continue
        pending.extend(reversed(inner))
