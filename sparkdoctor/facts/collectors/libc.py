"""The C library that programs of this system are linked against: as it says itself, or by the text in its file."""

from __future__ import annotations

import os

from sparkdoctor.facts.values import Reading, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    import mmap

    from sparkdoctor.facts.collect import Examination

_GLIBC = (
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
)
_ASKED = "CS_GNU_LIBC_VERSION"
"""What glibc answers with "glibc 2.39" (confstr(3)); other C libraries don't know the question."""
_NAME, _RELEASE = b"GNU C Library ", b" release version "
_LINE = 160
"""Bytes of the library's own line that are looked at."""
_MUSL = ("/lib/ld-musl-aarch64.so.1", "/lib/ld-musl-x86_64.so.1")


def version(exam: Examination) -> dict[str, Reading]:
    """`libc.version`: that of glibc; Absent where the system has another C library (musl)."""
    machine = exam.machine
    own = _own() if machine.live else None
    if own:
        return {"libc.version": measured(own, f"confstr({_ASKED})")}
    for path in _GLIBC:
        try:
            stated = _stated(machine.mapped(path))
        except FileNotFoundError:
            continue
        if stated:
            return {"libc.version": measured(stated, path)}
        return {"libc.version": unknown(f"{path} doesn't state its version")}
    musl = next(filter(machine.exists, _MUSL), None)
    if musl:
        return {"libc.version": absent(f"{musl}: musl, not glibc")}
    return {"libc.version": unknown("no C library is in its usual place")}


def _own() -> str | None:
    """The version of the glibc that this process runs with; None with another C library."""
    try:
        name, _, stated = (os.confstr(_ASKED) or "").partition(" ")
    except (ValueError, OSError):
        return None
    return stated if name == "glibc" and stated else None


def _stated(content: mmap.mmap | bytes) -> str | None:
    """The version in the line by which glibc introduces itself when it is run."""
    place = content.find(_NAME)
    while place >= 0:
        line = bytes(content[place : place + _LINE]).partition(b"\n")[0]
        parts = line.partition(_RELEASE)[2].split(b".")
        if len(parts) > 1:
            minor = parts[1][: len(parts[1]) - len(parts[1].lstrip(b"0123456789"))]
            if parts[0].isdigit() and minor:
                return f"{parts[0].decode()}.{minor.decode()}"
        place = content.find(_NAME, place + 1)
    return None
