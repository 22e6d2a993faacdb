"""What the kernel wrote of GPU faults and of memory that ran out since the machine was started."""

from __future__ import annotations

import re

from sparkdoctor.facts.values import Reading, measured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_MESSAGES = "/dev/kmsg"
_FILES = ("/var/log/kern.log", "/var/log/dmesg")
_TAIL = 8 << 20
"""Bytes at the end of a log file that are read."""

_START = "] Linux version "
_XID = re.compile(r"NVRM: Xid \(PCI:[0-9a-fA-F:.]+\): (\d+)")
_KILLED = re.compile(r"Out of memory: Killed process \d+")
"""The whole machine ran out; a container at its own limit is "Memory cgroup out of memory"."""


def faults(exam: Examination) -> dict[str, Reading]:
    """`kernel.xids`, the numbers of the driver's fault messages, each once, and `kernel.oom_kills`.

    From the kernel's own memory, else from a log file, there since the last start. Raises OSError where neither can
    be read (most systems keep them for root).
    """
    text, where = _messages(exam.machine)
    xids = dict.fromkeys(_XID.findall(text))
    return {
        "kernel.xids": measured(tuple(xids), where),
        "kernel.oom_kills": measured(len(_KILLED.findall(text)), where),
    }


def _messages(machine: Machine) -> tuple[str, str]:
    try:
        return "\n".join(machine.kernel_messages()), _MESSAGES
    except OSError as error:
        first = error
    for path in _FILES:
        try:
            text = bytes(machine.mapped(path)[-_TAIL:]).decode("utf-8", "replace")
        except OSError:
            continue
        return text[max(text.rfind(_START), 0) :], path
    raise first
