"""Where the readers get bytes from: anything that has a size and hands out pieces."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable
    from typing import Protocol

    class Source(Protocol):
        """Bytes that can be read at any offset.

        `read(offset, count)` gives `count` bytes, fewer only at the end of the file; offsets are never negative.
        """

        @property
        def size(self) -> int:
            """How many bytes there are."""

        @property
        def read(self) -> Callable[[int, int], bytes]:
            """Gives the bytes at an offset."""


class Descriptor:
    """An open file; the caller closes it. The kernel is told that small pieces are read here and there."""

    __slots__ = ("read", "size")

    def __init__(self, descriptor: int) -> None:
        self.size = os.fstat(descriptor).st_size
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
        pread = os.pread

        def read(offset: int, count: int) -> bytes:
            return pread(descriptor, count, offset)

        self.read: Callable[[int, int], bytes] = read


class Buffer:
    """Bytes in memory, or a file that is mapped there."""

    __slots__ = ("read", "size")

    def __init__(self, content: bytes | mmap.mmap) -> None:
        self.size = len(content)

        def read(offset: int, count: int) -> bytes:
            return content[offset : offset + count]

        self.read: Callable[[int, int], bytes] = read


class Window:
    """A part of a source, as a file of its own: a member of an archive. `base` is its place in the file."""

    __slots__ = ("base", "read", "size")

    def __init__(self, source: Source, base: int, size: int) -> None:
        self.base = base
        self.size = size
        whole = source.read

        def read(offset: int, count: int) -> bytes:
            return whole(base + offset, min(count, size - offset)) if offset < size else b""

        self.read: Callable[[int, int], bytes] = read
