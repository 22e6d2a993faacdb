"""Looks at libraries one after the other: known by their hash, remembered from last time, or read."""

from __future__ import annotations

import os

from sparkdoctor.binaries.carriers import keeps_code_as_data
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sparkdoctor.binaries.cache import Cache
    from sparkdoctor.binaries.contents import Contents
    from sparkdoctor.binaries.wheel import Member
    from sparkdoctor.machine import Machine

SECTIONS, HIDDEN, EVERYTHING = range(3)
"""How far a file is read: the sections for device code, with a search through those libraries that are known to have
none · with a search through every file whose sections hold nothing · with a search through everything."""


class Library(Record):
    """A file to look at.

    `path` lies inside the machine, `shown` is what to call it; `distribution` the package it belongs to. `digest` is
    its SHA-256 by the RECORD of its package (URL-safe base64 without padding), `recorded` when that RECORD was written
    (ns).
    """

    path: str
    shown: str
    distribution: str | None = None
    digest: str | None = None
    recorded: int = 0


class Scanned(Record):
    """What became of it: `contents`, or `unreadable` with the reason.

    `by` tells where the contents are from: "hash" (the table of known libraries), "cache" or "file".
    """

    library: Library
    size: int = 0
    contents: Contents | None = None
    by: str = "file"
    unreadable: str | None = None


def scan(machine: Machine, libraries: Iterable[Library], cache: Cache, depth: int = SECTIONS) -> Iterator[Scanned]:
    """Each library in turn, one that is there under several names once; `cache.save` is the caller's."""
    seen: set[tuple[int, int]] = set()
    for library in libraries:
        status = machine.status(library.path)
        if status is not None and status.st_ino:
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
        yield _scanned(machine, library, status, cache, depth)


def scan_wheel(
    machine: Machine, path: str, cache: Cache, depth: int = SECTIONS, distribution: str | None = None
) -> tuple[int, Iterator[Scanned]]:
    """How many libraries a wheel has, and each in turn. Raises NotAWheel (wheel.py) and OSError."""
    from sparkdoctor.binaries.source import Descriptor
    from sparkdoctor.binaries.wheel import members

    descriptor = machine.opened(path)
    try:
        found = members(Descriptor(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return len(found), _members(machine, path, descriptor, found, cache, depth, distribution)


def _members(
    machine: Machine,
    path: str,
    descriptor: int,
    members: Iterable[Member],
    cache: Cache,
    depth: int,
    distribution: str | None,
) -> Iterator[Scanned]:
    from sparkdoctor.binaries.read import contents
    from sparkdoctor.binaries.source import Descriptor
    from sparkdoctor.binaries.wheel import Refused, opened

    outside = machine.outside(path)
    try:
        status = os.fstat(descriptor)
        for member in members:
            library = Library(path, member.name, distribution, member.digest, status.st_mtime_ns)
            found = _known(member.digest, member.size) if depth == SECTIONS else None
            if found is not None:
                yield Scanned(library, member.size, found, "hash")
                continue
            search = _search(member.name, depth)
            found = cache.get(outside, status, search, member.name)
            if found is not None:
                yield Scanned(library, member.size, found, "cache")
                continue
            try:
                found = contents(opened(Descriptor(descriptor), member), search)
            except Refused as error:
                yield Scanned(library, member.size, unreadable=str(error))
                continue
            except OSError as error:
                yield Scanned(library, member.size, unreadable=error.strerror or str(error))
                continue
            cache.put(outside, status, found, member.name)
            yield Scanned(library, member.size, found)
    finally:
        os.close(descriptor)


def _scanned(machine: Machine, library: Library, status: os.stat_result | None, cache: Cache, depth: int) -> Scanned:
    if status is None:
        return Scanned(library, unreadable=_why_not(machine, library.path))
    found = _by_hash(library, status) if depth == SECTIONS else None
    if found is not None:
        return Scanned(library, status.st_size, found, "hash")
    search = _search(library.path, depth)
    outside = machine.outside(library.path)
    found = cache.get(outside, status, search)
    if found is not None:
        return Scanned(library, status.st_size, found, "cache")
    try:
        found, status = _read(machine, library.path, search)
    except OSError as error:
        return Scanned(library, status.st_size, unreadable=error.strerror or str(error))
    cache.put(outside, status, found)
    return Scanned(library, status.st_size, found)


def _by_hash(library: Library, status: os.stat_result) -> Contents | None:
    """What the table knows of it, if nothing tells that the file was changed after its RECORD was written."""
    return None if status.st_mtime_ns > library.recorded else _known(library.digest, status.st_size)


def _known(digest: str | None, size: int) -> Contents | None:
    if digest is None:
        return None
    from sparkdoctor.binaries.known import known

    return known(digest, size)


def _read(machine: Machine, path: str, search: bool | None) -> tuple[Contents, os.stat_result]:
    from sparkdoctor.binaries.read import contents
    from sparkdoctor.binaries.source import Descriptor

    descriptor = machine.opened(path)
    try:
        return contents(Descriptor(descriptor), search), os.fstat(descriptor)
    finally:
        os.close(descriptor)


def _search(path: str, depth: int) -> bool | None:
    if depth == EVERYTHING:
        return True
    return None if depth == HIDDEN or keeps_code_as_data(path) else False


def _why_not(machine: Machine, path: str) -> str:
    try:
        os.close(machine.opened(path))
    except OSError as error:
        return error.strerror or str(error)
    return "its status can't be read"
