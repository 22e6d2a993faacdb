"""Asks in a forked child what may hang or crash, and goes on without it after a deadline.

Foreign libraries belong here: a call that blocks inside the kernel can neither be interrupted nor left by a thread
(exec waits for every thread), while a child can be killed, or left behind where even that doesn't help.
"""

from __future__ import annotations

import os
import select
import time

from sparkdoctor.facts.values import Unknown
from sparkdoctor.lazy import json, signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_PATIENCE_FOR_THE_KILLED = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
"""Seconds between the looks at whether a killed child is gone; after them it is left behind."""

_running: set[int] = set()


def in_child(function: Callable[[], Any], seconds: float) -> Any:
    """What `function` returns, as it comes through JSON; Unknown where it raised, crashed or took too long.

    Call it while this process has one thread. However the wait ends, also by an exception of a signal handler, the
    child is killed and waited for; one that can't be killed is waited for again by the next call.
    """
    for child in tuple(_running):
        _ended(child)
    alarms = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    reader, writer = os.pipe()
    try:
        child = os.fork()
    except OSError as error:
        os.close(reader)
        os.close(writer)
        signal.pthread_sigmask(signal.SIG_SETMASK, alarms)
        return Unknown(f"no child process could be started: {error.strerror}")
    if child == 0:
        _answer(function, writer)
    _running.add(child)
    status = None
    try:
        os.close(writer)
        signal.pthread_sigmask(signal.SIG_SETMASK, alarms)
        text = _everything(reader, seconds)
    finally:
        os.close(reader)
        status = _end(child)
    if text is None:
        return Unknown(f"no answer within {seconds:g} s")
    try:
        answer = json.loads(text)
    except ValueError:
        return Unknown(f"the child that asked ended without an answer ({_words(status)})")
    return Unknown(answer["failed"]) if "failed" in answer else answer["value"]


def _answer(function: Callable[[], Any], writer: int) -> NoReturn:
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _silence()
        try:
            answer = json.dumps({"value": function()})
        except Exception as error:  # whatever a foreign library raises is the answer
            answer = json.dumps({"failed": f"{type(error).__name__}: {error}"})
        with os.fdopen(writer, "w", encoding="utf-8") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)


def _silence() -> None:
    """Nothing that a library prints may end up in our output."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
    except OSError:
        return
    for standard in (0, 1, 2):
        os.dup2(null, standard)


def _everything(reader: int, seconds: float) -> bytes | None:
    """All bytes up to the end of the pipe; None where that didn't come in time."""
    until = time.monotonic() + seconds
    poller = select.poll()
    poller.register(reader, select.POLLIN)
    chunks: list[bytes] = []
    while (left := until - time.monotonic()) > 0 and poller.poll(left * 1000):
        chunk = os.read(reader, 65536)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
    return None


def _end(child: int) -> int | None:
    """Kills the child if it still runs and gives its wait status; None where it can't be killed."""
    for pause in _PATIENCE_FOR_THE_KILLED:
        time.sleep(pause)
        status = _ended(child)
        if status is not None:
            return status
        os.kill(child, signal.SIGKILL)
    return None


def _ended(child: int) -> int | None:
    """The wait status of a child that has ended; None while it hasn't."""
    try:
        pid, status = os.waitpid(child, os.WNOHANG)
    except ChildProcessError:
        pid, status = child, 0
    if pid == 0:
        return None
    _running.discard(child)
    return status


def _words(status: int | None) -> str:
    if status is not None and os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return "nothing is known of its end"
