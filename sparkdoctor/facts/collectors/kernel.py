"""The running kernel: release, command line, whether it is Windows' own (WSL)."""

from __future__ import annotations

from sparkdoctor.facts.values import Reading, measured, unknown
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination

_RELEASE = "/proc/sys/kernel/osrelease"
_COMMAND_LINE = "/proc/cmdline"
_VERSION = "/proc/version"
_WSL_MARKS = ("/proc/sys/fs/binfmt_misc/WSLInterop", "/dev/dxg")
_WSL_WORDS = r"microsoft|\bwsl"


def release(exam: Examination) -> dict[str, Reading]:
    """`kernel.release`, as uname -r prints it. Raises OSError where /proc can't be read."""
    text = exam.machine.text(_RELEASE).strip()
    if text[:1] not in tuple("0123456789") or len(text.split()) > 1:
        return {"kernel.release": unknown(f"{_RELEASE}: {text!r} is no release")}
    return {"kernel.release": measured(text, _RELEASE)}


def cmdline(exam: Examination) -> dict[str, Reading]:
    """`kernel.cmdline`: what the boot loader gave the kernel. Raises OSError where /proc can't be read."""
    return {"kernel.cmdline": measured(exam.machine.text(_COMMAND_LINE).strip(), _COMMAND_LINE)}


def wsl(exam: Examination) -> dict[str, Reading]:
    """`wsl`: whether this is the Windows Subsystem for Linux. Raises OSError where /proc can't be read."""
    for mark in _WSL_MARKS:
        if exam.machine.exists(mark):
            return {"wsl": measured(True, mark)}
    return {"wsl": measured(_of_wsl(exam.machine.text(_VERSION).lower()), _VERSION)}


def _of_wsl(said: str) -> bool:
    return "microsoft" in said or ("wsl" in said and re.search(_WSL_WORDS, said) is not None)
