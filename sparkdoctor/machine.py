"""The one door to the examined machine: a root folder, its files, an environment, bounded commands.

Nothing else opens a file of the machine or starts a program to read it. Under a root other than "/" every link is
followed inside that root, so that an image unpacked in a folder is read as itself, and nothing of it is ever run.
"""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable, Mapping, Sequence

TEXT_LIMIT = 4 << 20
"""Bytes of a text file that are read at most; what follows is cut off."""

_MOST_LINKS = 40
_KERNEL_MESSAGES = "/dev/kmsg"
_PR_SET_PDEATHSIG = 1
_MESSAGE = 8192
"""Bytes of one message of the kernel at most, which must be read whole (Documentation/ABI/testing/dev-kmsg)."""


class Unreadable(OSError):
    """Something is there, but it isn't what can be read: a pipe, a device, a circle of links, too large."""


class Answer:
    """What a program said: its exit status (negative: killed by that signal), its outputs, whether time ran out."""

    __slots__ = ("errors", "output", "status", "timed_out")

    def __init__(self, status: int, output: str, errors: str, timed_out: bool) -> None:
        self.status = status
        self.output = output
        self.errors = errors
        self.timed_out = timed_out


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
        import mmap

        handle = self._open(path)
        try:
            if os.fstat(handle).st_size == 0:
                return b""
            return mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
        finally:
            os.close(handle)

    def opened(self, path: str) -> int:
        """The descriptor of a regular file, open for reading; the caller closes it."""
        return self._open(path)

    def entries(self, folder: str) -> list[tuple[str, bool]]:
        """What a folder holds, sorted by name, each with whether it is a folder itself; links are no folders."""
        with os.scandir(self.outside(folder)) as found:
            return sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in found)

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

    def free_space(self, path: str) -> int | None:
        """Bytes that the file system of `path` still takes without root's rights; None where it is read-only.

        Raises Unreadable for a root that isn't the live one, whose file systems aren't those of its machine.
        """
        if not self.live:
            raise Unreadable(errno.EINVAL, "another root tells nothing of its file systems", path)
        told = os.statvfs(path)
        return None if told.f_flag & os.ST_RDONLY else told.f_bavail * told.f_frsize

    def size(self, path: str) -> int:
        """Bytes of the whole file system that holds `path`. Raises as `free_space` does."""
        if not self.live:
            raise Unreadable(errno.EINVAL, "another root tells nothing of its file systems", path)
        told = os.statvfs(path)
        return told.f_blocks * told.f_frsize

    def kernel_messages(self, most: int = 20000) -> list[str]:
        """What the kernel keeps of its messages since the start, oldest first, `most` at most; never waits.

        Raises Unreadable for a root that isn't the live one, PermissionError where only root may read them.
        """
        if not self.live:
            raise Unreadable(errno.EINVAL, "another root has no kernel", _KERNEL_MESSAGES)
        handle = os.open(_KERNEL_MESSAGES, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        messages: list[str] = []
        try:
            while len(messages) < most:
                try:
                    record = os.read(handle, _MESSAGE)
                except BlockingIOError:
                    break
                except BrokenPipeError:  # the oldest were overwritten meanwhile; the next read goes on after them
                    continue
                messages.append(record.decode("utf-8", "replace").partition(";")[2].rstrip("\n"))
        finally:
            os.close(handle)
        return messages

    def run(
        self,
        words: Sequence[str],
        environ: Mapping[str, str] | None = None,
        seconds: float = 10.0,
        input: bytes = b"",
        most: int = 4 << 20,
        folder: str | None = None,
        with_us: bool = False,
    ) -> Answer:
        """Runs a program of the live machine to its end, in a session of its own, which is killed when time is up.

        `environ` takes the place of ours; `most` are the bytes kept of each output; `with_us`: the kernel kills the
        program when we are killed, so that it never works on alone. Raises Unreadable for a root that isn't the live
        one, FileNotFoundError or another OSError where the program can't be started.
        """
        if not self.live:
            raise Unreadable(errno.EINVAL, "no program of another root is run", words[0])
        import signal
        import subprocess

        process = subprocess.Popen(
            list(words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(self.environ if environ is None else environ),
            cwd=folder,
            start_new_session=True,
            preexec_fn=_dying_with(os.getpid()) if with_us else None,
        )
        try:
            output, errors = process.communicate(input, timeout=seconds)
            timed_out = False
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            timed_out = True
        return Answer(
            process.returncode,
            output[:most].decode("utf-8", "replace"),
            errors[:most].decode("utf-8", "replace"),
            timed_out,
        )


def _dying_with(parent: int) -> Callable[[], None]:
    """What a child does before it becomes the program: asks the kernel to be killed with its parent (prctl(2))."""
    import ctypes
    import signal

    ask = ctypes.CDLL(None).prctl

    def asked() -> None:
        ask(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return asked
