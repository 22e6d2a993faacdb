"""Searches what lies outside of sections for containers and cubins, by their first bytes.

Some libraries keep GPU code as plain data and hand it to the driver themselves: cuFFT all of it, cuDNN and cuBLASLt a
part. A compressed cubin can begin like a plain one, so one is taken for real only where its header and its section
headers fit, and containers come before what lies in them.
"""

from __future__ import annotations

from sparkdoctor.binaries import cubin, elf, fatbin
from sparkdoctor.binaries.broken import Broken
from sparkdoctor.binaries.source import Window
from sparkdoctor.binaries.tally import Tally

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sparkdoctor.binaries.broken import Steps
    from sparkdoctor.binaries.source import Source

_PIECE = 1 << 20
_CUBIN = elf.MAGIC + b"\x02\x01\x01"
_OVERLAP = 63
_FALSE_START = 4
"""Steps that a false start takes besides its own."""


def search(source: Source, known: list[tuple[int, int]], tally: Tally, steps: Steps) -> None:
    """Counts what lies outside of the `known` ranges. Raises Broken where steps or counts run out."""
    for start, end in _gaps(known, source.size):
        _between(source, start, end, tally, steps)


def _gaps(known: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    at = 0
    for start, end in sorted(known):
        if start > at:
            yield at, start
        at = max(at, end)
    if size > at:
        yield at, size


def _between(source: Source, start: int, end: int, tally: Tally, steps: Steps) -> None:
    at = start
    while at < end:
        piece = source.read(at, min(_PIECE, end - at))
        if not piece:
            return
        last = at + len(piece) >= end
        # What begins in the overlap is found in the next piece, where it is whole.
        limit = len(piece) if last else len(piece) - _OVERLAP
        after = _in_piece(source, at, piece, limit, end, tally, steps)
        at = max(at + limit, after)


def _in_piece(source: Source, base: int, piece: bytes, limit: int, end: int, tally: Tally, steps: Steps) -> int:
    """Counts what begins in a piece; gives the offset after it, which may lie far behind the piece."""
    place = 0
    container = piece.find(fatbin.START)
    image = piece.find(_CUBIN)
    while True:
        if 0 <= container < place:
            container = piece.find(fatbin.START, place)
        if 0 <= image < place:
            image = piece.find(_CUBIN, place)
        first = min((at for at in (container, image) if at >= 0), default=limit)
        if first >= limit:
            return base + max(place, limit)
        steps.take(base + first)
        take = _container if first == container else _image
        after = take(source, base + first, end, tally, steps)
        if after is None:
            steps.take(base + first, _FALSE_START)
        place = after - base if after else first + 4
        if place >= limit:
            return base + place


def _container(source: Source, at: int, end: int, tally: Tally, steps: Steps) -> int | None:
    """The offset after the container that begins here, None where none does."""
    found = Tally()
    try:
        after = fatbin.container(source, at, end, found, steps, whole=True)
        found.settle(at)
    except Broken:
        if steps.left < 0:
            raise
        return None
    if not found.images:
        return None
    tally.merge(found, at)
    return after


def _image(source: Source, at: int, end: int, tally: Tally, steps: Steps) -> int | None:
    """The offset after the cubin that begins here, None where none does."""
    window = Window(source, at, end - at)
    head = window.read(0, 64)
    if len(head) < 64 or head[18:20] != b"\xbe\0" or head[52:54] != b"\x40\0" or head[58:60] != b"\x40\0":
        return None
    try:
        header = elf.header(window)
        after = cubin.end(window, header)
        steps.take(at, header.sections)
        tally.image(cubin.key(window, header), at)
    except Broken:
        if steps.left < 0:
            raise
        return None
    return at + after
