"""A deflated file as one that can be read at any offset, without keeping what it inflates to.

The decompressor's state is copied every few MiB; a read behind the current position goes on from the last copy before
it. So the header at the start, the section headers at the end and the hops through a section cost two passes over the
file and a few MiB of memory, however large it is.
"""

from __future__ import annotations

import errno
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sparkdoctor.binaries.source import Source

MOST_STATES = 96
"""Copies of the decompressor's state that are kept (about 50 KiB each)."""

_CHUNK = 1 << 16
_STEP = 4 << 20
_RAW = -15


class BrokenStream(OSError):
    """The compressed data isn't what it should be."""


class Inflated:
    """The content of a deflated member: `size` bytes of it, read from `packed`; a Source itself.

    A read of what isn't there, since the data breaks off, is damaged or inflates to less than `size`, raises
    BrokenStream.
    """

    def __init__(self, packed: Source, size: int) -> None:
        self.size = size
        self.read: Callable[[int, int], bytes] = self._read
        self._packed = packed
        self._step = max(_STEP, size // MOST_STATES)
        self._states = [(0, 0, zlib.decompressobj(_RAW), b"")]
        self._window = b""
        self._start = 0
        self._taken = 0
        self._pending = b""
        self._inflate = zlib.decompressobj(_RAW)

    def _read(self, offset: int, count: int) -> bytes:
        end = min(offset + count, self.size)
        if offset >= end:
            return b""
        if offset < self._start:
            self._go_back(offset)
        pieces = []
        while True:
            here = self._start + len(self._window)
            if offset < here:
                piece = self._window[offset - self._start : end - self._start]
                pieces.append(piece)
                offset += len(piece)
            if offset >= end:
                return b"".join(pieces)
            self._advance()

    def _go_back(self, offset: int) -> None:
        start, taken, state, pending = next(entry for entry in reversed(self._states) if entry[0] <= offset)
        self._start, self._taken, self._pending = start, taken, pending
        self._inflate = state.copy()
        self._window = b""

    def _advance(self) -> None:
        """Takes the next piece as the window."""
        self._start += len(self._window)
        self._window = b""
        if self._start >= self._states[-1][0] + self._step:
            self._states.append((self._start, self._taken, self._inflate.copy(), self._pending))
        while not self._window:
            if self._inflate.eof:
                raise self._broken("ends too early")
            if not self._pending:
                self._pending = self._packed.read(self._taken, _CHUNK)
                self._taken += len(self._pending)
                if not self._pending:
                    raise self._broken("breaks off")
            try:
                self._window = self._inflate.decompress(self._pending, _CHUNK)
            except zlib.error as error:
                raise self._broken("is damaged") from error
            self._pending = self._inflate.unconsumed_tail

    def _broken(self, how: str) -> BrokenStream:
        return BrokenStream(errno.EIO, f"its compressed data {how}, at byte {self._start} of {self.size}")
