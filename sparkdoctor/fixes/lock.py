"""One run at a time for each environment: a lock that dies with its process, and names it while it lives."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

from sparkdoctor.fixes.refused import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.fixes.place import Place


class Lock:
    """Held from `with` on. The file stays; who holds it is written in it. Raises Refused where somebody else does."""

    def __init__(self, place: Place) -> None:
        self._path = os.path.join(place.home, "lock")

    def __enter__(self) -> None:
        try:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Refused(f"{self._path} can't be opened: {error.strerror}; nothing was changed") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._handle, 400, 0).decode("utf-8", "replace").strip()
            os.close(self._handle)
            raise Refused(
                f"another run works on this environment: {holder or 'a process that has not said its name yet'}",
                "wait for it, then call this again",
            ) from None
        with suppress(OSError):  # on a full disk nobody can be named, and undo must go on
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"process {os.getpid()} ({_command()})\n".encode(), 0)

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            os.ftruncate(self._handle, 0)
        os.close(self._handle)


def holder(place: Place) -> str | None:
    """Who holds the lock; None where nobody does, or it can't be told."""
    try:
        handle = os.open(os.path.join(place.home, "lock"), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(handle, 400, 0).decode("utf-8", "replace").strip() or "another process"
    finally:
        os.close(handle)
    return None


def _command() -> str:
    import sys

    return " ".join(["sparkdoctor", *sys.argv[1:]])[:300]
