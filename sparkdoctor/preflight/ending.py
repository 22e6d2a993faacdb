"""SIGTERM and SIGINT during the examination: the whole ends at once with 128 + n, also as process 1.

Process 1 has no default actions: a signal without a handler would be lost, and a stop would take until the kill.
"""

from __future__ import annotations

import os
import time

from sparkdoctor.lazy import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
_PAUSES = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
"""Seconds between the looks at whether a child is gone; after them it is left behind."""

_children: set[int] = set()


def install() -> None:
    """Ends this process, and a child that `watch` named, by SIGTERM and SIGINT; those that are ignored stay so."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def watch(child: int) -> None:
    """The process group of that child is killed when this process is told to end."""
    _children.add(child)


def reset() -> None:
    """In a child: the signals do what they do in any process."""
    _children.clear()
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def reap(child: int, alive: bool) -> int | None:
    """Waits for a child and what it left in its process group; kills them first where it is still `alive`.

    Gives the child's wait status; None where it can't be killed, or nobody may wait for it (SIGCHLD is ignored).
    """
    status = None
    for turn, pause in enumerate(_PAUSES):
        time.sleep(pause)
        if alive or turn > 3:
            _kill(child)
        try:
            while (ended := os.waitpid(-child, os.WNOHANG))[0]:
                if ended[0] == child:
                    status = ended[1]
        except ChildProcessError:
            break
    _children.discard(child)
    return status


def _end(number: int, frame: FrameType | None) -> None:
    for child in _children:
        _kill(child)
    os._exit(128 + number)


def _kill(child: int) -> None:
    try:
        os.killpg(child, signal.SIGKILL)
    except OSError:  # it is gone already
        return
