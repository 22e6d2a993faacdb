"""Remembers what libraries hold, so that an unchanged file is read once.

A file is known again by its path, size, time of change (ns), inode and device. The answers for the files of one folder
lie together in one JSON file of the user's cache folder, which also names the version of the reader: what another
version wrote is passed over. A cache that is damaged, foreign or can't be written costs time and nothing else.
"""

from __future__ import annotations

import os
import sys
import zlib

from sparkdoctor.binaries.stored import Damaged, from_json, to_json
from sparkdoctor.lazy import read_json, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sparkdoctor.binaries.contents import Contents

READER = 1
"""Counts up whenever the readers answer otherwise about the same file."""

MOST_FOLDERS = 400
"""Files that the cache keeps; the ones not written for longest go first."""

_LARGEST = 32 << 20
"""Bytes of one file of the cache; a larger one isn't ours."""


class Cache:
    """What is known of files that didn't change; `folder` None takes the user's own (XDG_CACHE_HOME).

    Nothing is written before `save`.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._shelves: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, dict[str, Any]] = {}

    def get(self, path: str, status: os.stat_result, search: bool | None, member: str = "") -> Contents | None:
        """What the file at `path` holds, if it was read as it is now and searched as far as `search` asks.

        `member` is what is meant inside the file, for archives. None where nothing is known.
        """
        entry = self._shelf(os.path.dirname(path)).get(_name(path, member))
        try:
            if entry is None or entry[0] != _stamp(status):
                return None
            contents = from_json(entry[1])
        except (Damaged, TypeError, LookupError):
            return None
        empty = contents.format == "elf" and not contents and not contents.error
        wanting = search is True or (search is None and empty)
        return None if wanting and not contents.searched else contents

    def put(self, path: str, status: os.stat_result, contents: Contents, member: str = "") -> None:
        """Keeps what the file holds."""
        entry = [_stamp(status), to_json(contents)]
        folder, name = os.path.dirname(path), _name(path, member)
        self._shelf(folder)[name] = entry
        self._changed.setdefault(folder, {})[name] = entry

    def save(self) -> None:
        """Writes what is new beside what others have written meanwhile; quietly gives up where nothing can be."""
        for folder, new in self._changed.items():
            try:
                self._write(folder, {**_there(folder, self._load(folder)), **new})
            except OSError:
                continue
        if self._changed:
            self._prune()
        self._changed = {}

    def _shelf(self, folder: str) -> dict[str, Any]:
        if folder not in self._shelves:
            self._shelves[folder] = self._load(folder)
        return self._shelves[folder]

    def _load(self, folder: str) -> dict[str, Any]:
        try:
            with open(self._file(folder), "rb") as handle:
                stated = read_json(handle.read(_LARGEST).decode())
            fits = stated["reader"] == READER and stated["folder"] == folder and isinstance(stated["files"], dict)
            return stated["files"] if fits else {}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}

    def _write(self, folder: str, files: dict[str, Any]) -> None:
        place = self._place()
        os.makedirs(place, mode=0o700, exist_ok=True)
        text = write_json({"reader": READER, "folder": folder, "files": files})
        path = self._file(folder)
        written = f"{path}.{os.getpid()}.tmp"
        try:
            handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
            os.replace(written, path)
        except OSError:
            _remove(written)
            raise

    def _prune(self) -> None:
        """Removes the files beyond MOST_FOLDERS, those written longest ago first, and what a crash left behind."""
        try:
            with os.scandir(self._place()) as found:
                kept = [(entry.stat().st_mtime, entry.path) for entry in found if entry.is_file()]
        except OSError:
            return
        entries = sorted(kept, reverse=True)
        for _, path in entries[MOST_FOLDERS:]:
            _remove(path)

    def _file(self, folder: str) -> str:
        name = os.fsencode(folder)
        return os.path.join(self._place(), f"{zlib.crc32(name):08x}{zlib.crc32(name[::-1]):08x}.json")

    def _place(self) -> str:
        if self._folder is None:
            self._folder = os.path.join(_users_own(), "libraries")
        return self._folder


class NoCache(Cache):
    """Remembers nothing."""

    def get(self, path: str, status: os.stat_result, search: bool | None, member: str = "") -> Contents | None:
        """Nothing is known."""
        return None

    def put(self, path: str, status: os.stat_result, contents: Contents, member: str = "") -> None:
        """Keeps nothing."""


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:  # somebody else did
        return


def _users_own() -> str:
    """The program's folder in the user's cache; on Linux by hand, since a check would pay for platformdirs' imports."""
    system: str = sys.platform
    if system == "linux":
        base = os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache")
        return os.path.join(base, "sparkdoctor")
    import platformdirs

    return platformdirs.user_cache_dir("sparkdoctor")


def _name(path: str, member: str) -> str:
    return f"{os.path.basename(path)}\n{member}" if member else os.path.basename(path)


def _stamp(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev]


def _there(folder: str, files: dict[str, Any]) -> dict[str, Any]:
    """The entries whose files still lie in the folder."""
    return {name: entry for name, entry in files.items() if os.path.lexists(f"{folder}/{name.partition(chr(10))[0]}")}
