"""Has work done in a forked child that reports line by line, and goes on without it after a deadline.

A crash, a hang in a file system or a library costs the deadline and nothing else; what was reported by then counts.
"""

from __future__ import annotations

import os
import select
import time

from sparkdoctor.lazy import read_json, signal, write_json
from sparkdoctor.preflight import ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    Send = Callable[[dict[str, Any]], None]

_END = b"{}"
"""The line after which nothing follows."""
_BROKE_OFF = "it broke off"


def apart(work: Callable[[Send], None], seconds: float, receive: Callable[[dict[str, Any]], None]) -> str | None:
    """Runs `work` in a child and hands what it sends to `receive`; gives why it didn't come to its end, else None.

    Call it while this process has one thread. Without a child nothing is done.
    """
    until = time.monotonic() + seconds
    read_json("{}")  # what reads JSON is loaded once for both
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ending.SIGNALS)
    try:
        reader, writer = _pipe()
        child = os.fork()
        if child == 0:
            _child(work, writer, blocked)
        _own_group(child)
        ending.watch(child)
    except OSError as error:
        return f"no child process could be started: {error.strerror}"
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    os.close(writer)
    problem: str | None = _BROKE_OFF
    try:
        problem = _listen(reader, until, seconds, receive)
    except ValueError:
        problem = "it sent something unreadable"
    finally:
        os.close(reader)
        status = ending.reap(child, alive=problem is not None)
    if problem == _BROKE_OFF and status is not None and os.WIFSIGNALED(status):
        return f"it crashed (signal {os.WTERMSIG(status)})"
    return problem


def away(handle: int) -> int:
    """The descriptor, or a copy in its place, off 0, 1 and 2, which are free where a container closed them."""
    if handle > 2:
        return handle
    import fcntl

    copy = fcntl.fcntl(handle, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(handle)
    return copy


def _pipe() -> tuple[int, int]:
    reader, writer = os.pipe()
    return away(reader), away(writer)


def _keep_only(handle: int) -> None:
    """Closes the command's descriptors in the child, but for the standard three: one left behind must hold nothing."""
    try:
        others = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return
    for other in others:
        if other > 2 and other != handle:
            try:
                os.close(other)
            except OSError:  # the listing's own
                continue


def _own_group(child: int) -> None:
    """Child and parent both do it, before either can be told to end: the group is what a stop kills."""
    try:
        os.setpgid(child, child)
    except OSError:
        return


def _listen(reader: int, until: float, seconds: float, receive: Callable[[dict[str, Any]], None]) -> str | None:
    poller = select.poll()
    poller.register(reader, select.POLLIN)
    rest = b""
    while (left := until - time.monotonic()) > 0 and poller.poll(left * 1000):
        chunk = os.read(reader, 1 << 16)
        if not chunk:
            return _BROKE_OFF
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line == _END:
                return None
            receive(read_json(line.decode()))
    return f"it took longer than {seconds:g} s"


def _child(work: Callable[[Send], None], writer: int, blocked: set[int | signal.Signals]) -> NoReturn:
    def send(message: dict[str, Any]) -> None:
        _write(writer, write_json(message).encode() + b"\n")

    try:
        os.setpgid(0, 0)
        ending.reset()
        _keep_only(writer)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked - {signal.SIGALRM})
        work(send)
        _write(writer, _END + b"\n")
    finally:
        os._exit(0)


def _write(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]
