"""Reads fat binaries: rows of containers, each a row of entries, from header to header.

NVIDIA publishes no specification. The layout was measured on files made by CUDA 12.6 to 13.5 and held against
cuobjdump; tests/binaries does so again. All numbers are little-endian:

- container, 16 bytes: u32 magic, u16 version 1, u16 size of this header, u64 size of all entries. The next container
  follows, after zeros where the section is aligned to more than 8 bytes (256 for aarch64).
- entry, 64 bytes and more: u16 kind, u16 version, u32 size of this header, u64 size of the payload, u32 its compressed
  size, u32 offset of the options, u16 minor and u16 major version (PTX: of its ISA; cubin: of its ABI), u32
  architecture number, u32 offset and u32 length of the identifier, u64 flags, u64 zero, u64 uncompressed size.
- an entry of kind 0x100 is several images compressed as one: at 64 u32 number of records, u32 size of the index; the
  records are entry headers.
"""

from __future__ import annotations

from struct import Struct

from sparkdoctor.binaries.broken import Broken
from sparkdoctor.binaries.tally import ACCELERATED, CUBIN, FAMILY, PTX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sparkdoctor.binaries.broken import Steps
    from sparkdoctor.binaries.source import Source
    from sparkdoctor.binaries.tally import Key, Tally

MAGIC = b"\x50\xed\x55\xba"
START = MAGIC + b"\x01\0\x10\0"
"""How every container begins that was ever seen: magic, version, size of its header."""

_CONTAINER = Struct("<4sHHQ")
_ENTRY = Struct("<H2xIQ4xIIIIIQ8xQ")
_INDEX = Struct("<II")
_OPTIONS = Struct("<II")
_TOGETHER = 0x100
_SUFFIXES = ACCELERATED | FAMILY
_LONGEST_INDEX = 16 << 20
_WORD = bytes(8)
_ZEROS = bytes(1 << 16)

_LINKED_ABI = 1 << 16 | 8
_LINKED_SIZE = 2048
"""nvcc's linker (13.5) adds a container with a cubin without kernels for each target: 1,472 to 1,928 bytes each, of ABI
version 8; the cubin of an empty kernel has 2,856 and more."""


def row(source: Source, start: int, end: int, tally: Tally, steps: Steps) -> None:
    """Counts the containers between two offsets, as a section holds them.

    Raises Broken where it can't go on; what stood before is counted then.
    """
    read = source.read
    at = start
    try:
        while at < end:
            head = read(at, min(80, end - at))
            if head[:8] == _WORD[: len(head)]:
                at = _after_zeros(read, at, end, steps)
                continue
            at = container(source, at, end, tally, steps, head)
    finally:
        tally.settle(at)


def container(
    source: Source, at: int, end: int, tally: Tally, steps: Steps, head: bytes = b"", whole: bool = False
) -> int:
    """Counts the entries of the container at an offset; gives the offset after it. `head` are its first bytes, if read.

    Raises Broken where it isn't one that ends before `end`. What stood before the break is counted then, unless the
    container counts only as a `whole`.
    """
    head = head or source.read(at, min(80, end - at))
    if len(head) < 16:
        raise Broken(at, "a container's header that is cut off")
    magic, version, header, size = _CONTAINER.unpack_from(head)
    if magic != MAGIC:
        raise Broken(at, f"no container ({head[:4].hex(' ')})")
    if version != 1 or header < 16:
        raise Broken(at, f"a container of version {version} with a header of {header} bytes, which isn't known")
    after: int = at + header + size
    found: list[Key] = []
    try:
        kernels = _entries(source.read, at + header, min(after, end), found, steps, head[16:] if header == 16 else b"")
        if after > end:
            raise Broken(at, f"a container of {size} bytes, which runs past the end of what holds it,")
    except Broken:
        steps.left -= len(found)
        if not whole:
            tally.container(found, at)
        raise
    tally.container(found, at, lacks=not kernels)
    steps.take(after, 1 + len(found))
    return after


def _entries(read: Callable[[int, int], bytes], at: int, end: int, found: list[Key], steps: Steps, head: bytes) -> bool:
    """Adds the entries between two offsets to `found`; says whether they can hold a kernel.

    `head` are the bytes at the first offset, as far as they were read.
    """
    unpack = _ENTRY.unpack_from
    kernels = False
    for _ in range(max(steps.left, 1)):
        if at >= end:
            break
        if len(head) < 64:
            head = read(at, 64)
        if len(head) < 64 or at + 64 > end:
            raise Broken(at, "an entry's header that is cut off")
        kind, header, payload, options, version, number, name, length, flags, size = unpack(head)
        after = at + header + payload
        if header < 64 or after > end:
            raise Broken(at, f"an entry of {header} + {payload} bytes, which runs past the end of its container,")
        if options + 8 > header or (name and name + length >= header):
            raise Broken(at, "an entry whose options or identifier lie outside of its header")
        if kind == _TOGETHER:
            kernels = _records(read, at, header, found, steps) or kernels
        else:
            found.append((kind, number, flags & _SUFFIXES, version if kind == PTX else 0))
            if kind != CUBIN or version != _LINKED_ABI or (size or payload) > _LINKED_SIZE:
                kernels = True
        at = after
        head = b""
    if at < end:
        raise Broken(at, steps.over())
    return kernels


def _records(read: Callable[[int, int], bytes], at: int, header: int, found: list[Key], steps: Steps) -> bool:
    """Adds the images of an entry that holds several; says whether they can hold a kernel."""
    start = read(at + 64, 8)
    count, length = _INDEX.unpack(start) if header >= 72 and len(start) == 8 else (0, 0)
    if length < 8 or 64 + length > header or length > _LONGEST_INDEX or count > (length - 8) // 64:
        raise Broken(at, f"an entry for {count} images with an index of {length} bytes, which can't be,")
    steps.take(at, 1 + (length >> 12))
    if len(found) + count > steps.left:
        raise Broken(at, steps.over())
    index = read(at + 64, length)
    place, kernels = 8, False
    for _ in range(count):
        if place + 64 > len(index):
            raise Broken(at + 64 + place, "an image's record that is cut off")
        kind, _, image, options, version, number, name, size, flags, _ = _ENTRY.unpack_from(index, place)
        found.append((kind, number, flags & _SUFFIXES, version if kind == PTX else 0))
        if kind != CUBIN or version != _LINKED_ABI or image > _LINKED_SIZE:
            kernels = True
        # A record has no size of its own: it goes up to the end of its options, else of its identifier.
        if options:
            if options < 64 or place + options + 8 > len(index):
                raise Broken(at + 64 + place, "an image's record whose options lie outside of the index")
            place += options + 8 + _OPTIONS.unpack_from(index, place + options)[1] + 8 & ~7
        else:
            place += max(64, name + size + 8 & ~7) if name else 64
    return kernels


def _after_zeros(read: Callable[[int, int], bytes], at: int, end: int, steps: Steps) -> int:
    """The offset of the first word of 8 bytes, counted from `at`, that isn't zero."""
    size = 256
    while at < end:
        piece = read(at, min(size, end - at))
        if not piece:
            raise Broken(at, "the end of the file within a section")
        if piece != _ZEROS[: len(piece)]:
            return at + (len(piece) - len(piece.lstrip(b"\0")) & ~7)
        steps.take(at, len(piece) >> 11)
        at += len(piece)
        size = len(_ZEROS)
    return end
