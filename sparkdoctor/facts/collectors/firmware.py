"""The firmware that started the machine, as it states itself (DMI). Serial numbers and UUIDs are not read."""

from __future__ import annotations

import re

from sparkdoctor.facts.values import Reading, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_DMI = "/sys/class/dmi/id"
_NUMBER = re.compile(r"[\w.()/+-]{1,64}")
_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})")


def stated(exam: Examination) -> dict[str, Reading]:
    """`firmware.version`, in its maker's own way of numbering, and `firmware.date` as year.month.day.

    Absent where DMI states none. Raises FileNotFoundError without /sys.
    """
    version = _line(exam.machine, "bios_version")
    date = _line(exam.machine, "bios_date")
    if version is None and date is None:
        exam.machine.names("/sys/class")  # their absence says something only where the kernel tells its devices at all
    return {
        "firmware.version": absent(f"{_DMI}/bios_version")
        if version is None
        else measured(version, f"{_DMI}/bios_version"),
        "firmware.date": _date(date),
    }


def _date(text: str | None) -> Reading:
    where = f"{_DMI}/bios_date"
    if text is None:
        return absent(where)
    match = _DATE.fullmatch(text)
    return measured(f"{match[3]}.{match[1]}.{match[2]}", where) if match else unknown(f"{where} states no date")


def _line(machine: Machine, name: str) -> str | None:
    """The first word of what the firmware states; what some makers write after it is free text."""
    try:
        words = machine.text(f"{_DMI}/{name}", 256).split()
    except FileNotFoundError:
        return None
    return words[0] if words and _NUMBER.fullmatch(words[0]) else None
