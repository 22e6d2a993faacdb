"""The libraries inside a wheel, read where they lie: nothing of it is unpacked to disk.

What a hostile archive could do is bounded: the size of its directory, what a member may inflate to, and every offset in
it. Names of members are shown and never used as paths.
"""

from __future__ import annotations

import errno
import io
import struct

from sparkdoctor.binaries.carriers import is_carrier
from sparkdoctor.binaries.inflate import Inflated
from sparkdoctor.binaries.source import Window
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zipfile import ZipFile

    from sparkdoctor.binaries.source import Source

LARGEST_DIRECTORY = 16 << 20
"""Bytes that the directory of an archive may have."""

LARGEST_MEMBER = 16 << 30
"""Bytes that a member may inflate to."""

MOST_INFLATED = 400
"""Times its packed size that a member may inflate to; libraries full of zeros stay far below."""

_LOCAL = struct.Struct("<4s22xHH")
_STORED, _DEFLATED = 0, 8


class NotAWheel(ValueError):
    """The file is no archive that can be read; the message says why."""


class Member(Record):
    """One library of a wheel: its name in there, its size, and where it lies.

    `digest` is its SHA-256 by the wheel's own RECORD (URL-safe base64 without padding).
    """

    name: str
    size: int
    method: int
    packed: int
    header: int
    encrypted: bool = False
    digest: str | None = None


class Refused(ValueError):
    """A member that isn't read; the message says why."""


def members(source: Source) -> list[Member]:
    """The libraries of the archive, in its order; the last of several with one name, as installers take it.

    Raises NotAWheel.
    """
    import zipfile

    try:
        with zipfile.ZipFile(_Reader(source)) as archive:
            digests = _digests(archive)
            found = {
                info.filename: Member(
                    info.filename,
                    info.file_size,
                    info.compress_type,
                    info.compress_size,
                    info.header_offset,
                    bool(info.flag_bits & 1),
                    digests.get(info.filename),
                )
                for info in archive.infolist()
                if is_carrier(info.filename)
            }
    except NotAWheel:
        raise
    except (zipfile.BadZipFile, _BadOffset) as error:
        raise NotAWheel(f"no zip archive, or a broken one: {error}") from error
    except (ValueError, OverflowError, struct.error, NotImplementedError, IndexError) as error:
        raise NotAWheel(f"a broken zip archive: {error}") from error
    return list(found.values())


def _digests(archive: ZipFile) -> dict[str, str]:
    """The hashes that the wheel states of its libraries; none where its RECORD is missing or damaged."""
    import zipfile
    import zlib

    from sparkdoctor.binaries.record import carriers

    names = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith(".dist-info/RECORD")]
    if len(names) != 1:
        return {}
    try:
        with archive.open(names[0]) as record:
            text = record.read(LARGEST_DIRECTORY).decode("utf-8", "replace")
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
        return {}
    return {entry.path: entry.digest for entry in carriers(text) if entry.digest}


def opened(source: Source, member: Member) -> Source:
    """The content of a member. Raises Refused."""
    if member.encrypted:
        raise Refused("it is encrypted")
    if member.method not in (_STORED, _DEFLATED):
        raise Refused(f"it is compressed in a way that wheels don't use (method {member.method})")
    head = source.read(member.header, _LOCAL.size) if 0 <= member.header < source.size else b""
    if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
        raise Refused(f"its header isn't at offset {member.header}")
    _, name, extra = _LOCAL.unpack(head)
    start = member.header + _LOCAL.size + name + extra
    if start + member.packed > source.size:
        raise Refused("it breaks off at the end of the archive")
    packed = Window(source, start, member.packed)
    if member.method == _STORED:
        if member.size != member.packed:
            raise Refused("its sizes contradict each other")
        return packed
    if member.size > min(LARGEST_MEMBER, max(member.packed, 1 << 14) * MOST_INFLATED):
        raise Refused(f"{member.packed} bytes claim to hold {member.size}: no library, rather a zip bomb")
    return Inflated(packed, member.size)


class _BadOffset(OSError):
    """The archive names a place before its start."""


class _Reader(io.RawIOBase):
    """A source as a file that zipfile reads the directory of, a bounded piece at a time."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {0: 0, 1: self._at, 2: self._source.size}[whence]
        if base + offset < 0:
            raise _BadOffset(errno.EINVAL, "a negative offset")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        rest = max(self._source.size - self._at, 0)
        count = rest if size is None or size < 0 else min(size, rest)
        if count > LARGEST_DIRECTORY:
            raise NotAWheel(f"its directory is larger than {LARGEST_DIRECTORY >> 20} MiB")
        content = self._source.read(self._at, count)
        self._at += len(content)
        return content
