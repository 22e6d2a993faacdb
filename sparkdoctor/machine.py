"""The one door to the examined machine: a root folder, its files, an environment, bounded commands.

Nothing else opens a file of the machine or starts a program to read it. Under a root other than "/" every link is
followed inside that root, so that an image unpacked in a folder is read as itself, and nothing of it is ever run.
"""

from __future__ import annotations

import errno
import mmap
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT_LIMIT = 4 << 20
"""Bytes of a text file that are read at most; what follows is cut off."""

_MOST_LINKS = 40


class Unreadable(OSError):
    """Something is there, but it isn't what can be read: a pipe, a device, a circle of links, too large."""


class Machine:
    """A live machine (`root` is "/") or one that lies in a folder.

    Paths given and returned are those inside the machine. Methods raise FileNotFoundError where nothing is there,
    PermissionError where rights are missing, Unreadable or another OSError else.
    """

    def __init__(self, root: str = "/", environ: Mapping[str, str] | None = None) -> None:
        self.root = os.path.realpath(root)
        self.live = self.root == "/"
        self.environ: Mapping[str, str] = os.environ if environ is None else environ

    def outside(self, path: str) -> str:
        """Where `path` of the machine lies for this process, links followed inside the root."""
        if self.live:
            return path
        return self.root + self._resolve(path)

    def inside(self, path: str) -> str:
        """The path inside the machine of what lies at `path` for this process (unchanged if it lies elsewhere)."""
        if not self.live and (path == self.root or path.startswith(self.root + "/")):
            return path[len(self.root) :] or "/"
        return path

    def _resolve(self, path: str) -> str:
        pending = path.split("/")[::-1]
        done: list[str] = []
        links = 0
        while pending:
            part = pending.pop()
            if part in ("", "."):
                continue
            if part == "..":
                del done[-1:]
                continue
            try:
                target = os.readlink("/".join([self.root, *done, part]))
            except OSError:
                done.append(part)
                continue
            links += 1
            if links > _MOST_LINKS:
                raise Unreadable(errno.ELOOP, "a circle of links", path)
            if target.startswith("/"):
                done.clear()
            pending.extend(target.split("/")[::-1])
        return "/" + "/".join(done)

    def real(self, path: str) -> str:
        """`path` with every link followed, inside the machine."""
        return os.path.realpath(path) if self.live else self._resolve(path)

    def _open(self, path: str) -> int:
        handle = os.open(self.outside(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Unreadable(errno.EINVAL, "not a regular file", path)
        return handle

    def read(self, path: str, limit: int = TEXT_LIMIT) -> bytes:
        """The first `limit` bytes of a regular file."""
        handle = self._open(path)
        try:
            chunks = []
            while limit > 0 and (chunk := os.read(handle, min(limit, 1 << 20))):
                chunks.append(chunk)
                limit -= len(chunk)
            return b"".join(chunks)
        finally:
            os.close(handle)

    def text(self, path: str, limit: int = TEXT_LIMIT) -> str:
        """The start of a text file, as UTF-8 with what isn't replaced."""
        return self.read(path, limit).decode("utf-8", "replace")

    def mapped(self, path: str) -> mmap.mmap | bytes:
        """A whole file as read-only bytes without reading it in; empty bytes for an empty file.

        The mapping goes when nothing refers to it any more.
        """
        handle = self._open(path)
        try:
            if os.fstat(handle).st_size == 0:
                return b""
            return mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
        finally:
            os.close(handle)

    def names(self, folder: str) -> list[str]:
        """What a folder holds, sorted by name."""
        return sorted(os.listdir(self.outside(folder)))

    def link(self, path: str) -> str:
        """What the link at `path` says."""
        folder, name = os.path.split(path)
        return os.readlink(os.path.join(self.outside(folder), name))

    def status(self, path: str) -> os.stat_result | None:
        """The status of what `path` leads to; None where nothing is there or nothing can be said."""
        try:
            return os.stat(self.outside(path))
        except OSError:
            return None

    def is_file(self, path: str) -> bool:
        """Whether a regular file is there."""
        status = self.status(path)
        return status is not None and stat.S_ISREG(status.st_mode)

    def is_dir(self, path: str) -> bool:
        """Whether a folder is there."""
        status = self.status(path)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def exists(self, path: str) -> bool:
        """Whether anything is there."""
        return self.status(path) is not None

    def executable(self, path: str) -> bool:
        """Whether a regular file is there that its mode lets somebody run."""
        status = self.status(path)
        return status is not None and stat.S_ISREG(status.st_mode) and bool(status.st_mode & 0o111)
