"""The journal of a plan: one line of JSON for each event, on the disk before what it announces happens.

A power cut can only tear the last line; each line carries a checksum, so that a torn one is told from a whole one. One
file for each plan, `<id>.jsonl`, readable by a person: `intend` holds all that is needed to take a step back.
"""

from __future__ import annotations

import errno
import json
import os
import re
import zlib

from sparkdoctor.fixes.refused import Refused
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_ID = re.compile(r"(\d{4}-\d\d-\d\d)-(\d+)")
_LINE = re.compile(rb',"crc":"([0-9a-f]{8})"\}$')
_MOST = 64 << 20
"""Bytes of a journal that are read at most."""


class Recorded(Record):
    """What a journal holds: its events in order; `torn` where the last line was never finished.

    `damaged` are the numbers of lines (from 1) that don't hold against their checksum.
    """

    events: tuple[dict[str, Any], ...]
    torn: bool = False
    damaged: tuple[int, ...] = ()
    whole: int = 0
    """Bytes up to the end of the last finished line."""


def encoded(event: dict[str, Any]) -> bytes:
    """One line of a journal, checksum and line end included."""
    body = json.dumps(event, ensure_ascii=True, separators=(",", ":")).encode()
    return body[:-1] + b',"crc":"%08x"}\n' % zlib.crc32(body)


def decoded(content: bytes) -> Recorded:
    """The events in the bytes of a journal; what can't be right is left out and named."""
    events, damaged = [], []
    end = content.rfind(b"\n") + 1
    for number, line in enumerate(content[:end].split(b"\n")[:-1], 1):
        found = _LINE.search(line)
        body = line[: found.start()] + b"}" if found else b""
        if found is None or b"%08x" % zlib.crc32(body) != found[1]:
            damaged.append(number)
        else:
            events.append(json.loads(body))
    return Recorded(tuple(events), end < len(content), tuple(damaged), end)


def read(path: str) -> Recorded:
    """The events of a journal. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(handle, "rb") as file:
        return decoded(file.read(_MOST))


def ids(home: str) -> list[str]:
    """The plans whose journals lie in a folder, oldest first."""
    try:
        names = os.listdir(home)
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [name[: -len(".jsonl")] for name in names if name.endswith(".jsonl")]
    return sorted(filter(_ID.fullmatch, found), key=order)


def order(id: str) -> tuple[str, int]:
    """Sorts ids by day and number."""
    match = _ID.fullmatch(id)
    return (match[1], int(match[2])) if match else (id, 0)


def path_of(home: str, id: str) -> str:
    """Where the journal of a plan lies. Raises Refused where the id is none."""
    if not _ID.fullmatch(id):
        raise Refused(f"{id!r} is no id of a plan (they look like 2026-11-24-1)", "sparkdoctor history lists them")
    return os.path.join(home, f"{id}.jsonl")


class Journal:
    """A journal that is being written. `reached` is called with the number of lines after each is on the disk."""

    def __init__(self, handle: int, id: str, lines: int, reached: Callable[[int], None] | None = None) -> None:
        self._handle = handle
        self.id = id
        self.lines = lines
        self._reached = reached

    def write(self, event: str, **data: Any) -> None:
        """Puts an event on the disk. Raises Refused where it can't be written; nothing must be done then."""
        from datetime import datetime, timezone

        line = encoded({"event": event, "at": datetime.now(timezone.utc).isoformat(timespec="seconds"), **data})
        start = os.lseek(self._handle, 0, os.SEEK_END)
        try:
            left = line
            while left:
                left = left[os.write(self._handle, left) :]
            os.fdatasync(self._handle)
        except OSError as error:
            os.ftruncate(self._handle, start)
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise Refused(
                "no space is left on the disk" if full else f"the journal can't be written: {error.strerror}"
            ) from error
        self.lines += 1
        if self._reached is not None:
            self._reached(self.lines)

    def close(self) -> None:
        """Ends writing."""
        os.close(self._handle)


def created(home: str, reached: Callable[[int], None] | None = None) -> Journal:
    """A new journal with the next free id of today. Raises Refused."""
    from datetime import date

    day = date.today().isoformat()
    number = max((order(id)[1] for id in ids(home) if id.startswith(day)), default=0)
    while True:
        number += 1
        id = f"{day}-{number}"
        try:
            handle = os.open(
                path_of(home, id),
                os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC,
                0o600,
            )
        except FileExistsError:
            continue
        except OSError as error:
            raise Refused(f"no journal can be kept in {home}: {error.strerror}; nothing was changed") from error
        folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return Journal(handle, id, 0, reached)


def continued(home: str, id: str, reached: Callable[[int], None] | None = None) -> Journal:
    """The journal of a plan, to be written on; a torn last line is cut off. Raises Refused."""
    path = path_of(home, id)
    try:
        recorded = read(path)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    if recorded.torn:
        os.ftruncate(handle, recorded.whole)
    return Journal(handle, id, len(recorded.events) + len(recorded.damaged), reached)
