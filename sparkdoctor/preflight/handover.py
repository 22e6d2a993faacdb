"""Becomes the command, with the process as it was before Python started in it.

Python ignores SIGPIPE and SIGXFSZ, and in the C locale it sets LC_CTYPE (PEP 538). Whether these two signals were
ignored before can't be found out afterwards; they get their default, which a container's runtime gives them. Handlers
go with exec; descriptors, umask, working directory and the other signals are never touched.
"""

from __future__ import annotations

import os

from sparkdoctor.lazy import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INITIAL = "/proc/self/environ"
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python sets LC_CTYPE to (PEP 538)."""

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""What a shell ends with where a command can't be started."""


def environment() -> dict[str, str]:
    """The environment as this process was started with."""
    found = dict(os.environ)
    was = _before_python(found)
    if was is None:
        found.pop("LC_CTYPE", None)
    else:
        found["LC_CTYPE"] = was
    return found


def become(command: Sequence[str], variables: Mapping[str, str]) -> tuple[int, str]:
    """Replaces this process; returns only where that fails: a shell's exit code for it, and what to say."""
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    if not command[0]:
        return NOT_FOUND, ": command not found"
    try:
        os.execvpe(command[0], list(command), variables)
    except (FileNotFoundError, NotADirectoryError):
        if os.path.exists(command[0]):
            return NOT_FOUND, f"{command[0]}: the interpreter that it names isn't there"
        return NOT_FOUND, f"{command[0]}: command not found"
    except OSError as error:
        return NOT_EXECUTABLE, f"{command[0]}: can't be started: {error.strerror}"


def _before_python(now: Mapping[str, str]) -> str | None:
    """LC_CTYPE as it was; None where it wasn't set."""
    value = now.get("LC_CTYPE")
    if value not in _COERCED:
        return value
    try:
        with open(_INITIAL, "rb") as handle:
            entries = handle.read().split(b"\0")
    except OSError:
        in_c = now.get("LANG", "C") in ("", "C", "POSIX") and not now.get("LC_ALL")
        return None if in_c and now.get("PYTHONCOERCECLOCALE") != "0" else value
    was = next((entry for entry in entries if entry.startswith(b"LC_CTYPE=")), None)
    return None if was is None else os.fsdecode(was.partition(b"=")[2])
