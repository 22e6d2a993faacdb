"""What a folder holds, to the byte: what undo must bring back."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def tree(folder: Path) -> dict[str, tuple[object, ...]]:
    """Every path below a folder, itself included: type, content or target, mode, mtime; without our own folder.

    Compiled modules that Python wrote meanwhile don't count, nor do the times of the folders that hold only those.
    """
    found: dict[str, tuple[object, ...]] = {}
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in (".sparkdoctor", "__pycache__"))
        found[os.path.relpath(place, folder)] = _entry(place)
        for name in files + [name for name in folders if os.path.islink(os.path.join(place, name))]:
            path = os.path.join(place, name)
            found[os.path.relpath(path, folder)] = _entry(path)
    return found


def _entry(path: str) -> tuple[object, ...]:
    status = os.lstat(path)
    content: object = None
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(status.st_mode):
        with open(path, "rb") as handle:
            content = handle.read()
    return stat.S_IFMT(status.st_mode), content, stat.S_IMODE(status.st_mode), status.st_mtime_ns
