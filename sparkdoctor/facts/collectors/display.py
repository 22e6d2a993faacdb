"""Screens: whether one is connected, and the mode that it asks for. Its serial number is not read."""

from __future__ import annotations

import re

from sparkdoctor.facts.values import Reading, absent, measured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_CONNECTORS = "/sys/class/drm"
_CONNECTOR = re.compile(r"card\d+-(?!Unknown|Virtual|Writeback).+")
"""A connector that a screen can hang on; the kernel keeps an `Unknown` one for the frame buffer of the firmware."""

DESKTOP, HEADLESS = "desktop", "headless"

_EDID_START = b"\0\xff\xff\xff\xff\xff\xff\0"
_FIRST_TIMING = 54
_HZ_PER_UNIT = 10_000


def screens(exam: Examination) -> dict[str, Reading]:
    """`display.mode`: desktop with a connected screen, headless without; `display.preferred_modes` of the screens.

    A mode is written WIDTHxHEIGHT@HERTZ. Both are Absent where the kernel drives no display at all.
    """
    machine = exam.machine
    try:
        connectors = [name for name in machine.names(_CONNECTORS) if _CONNECTOR.fullmatch(name)]
    except FileNotFoundError:
        connectors = []
    if not connectors:
        return {"display.mode": absent(_CONNECTORS), "display.preferred_modes": absent(_CONNECTORS)}
    connected = [name for name in connectors if _read(machine, name, "status").strip() == b"connected"]
    modes = [_preferred(_read(machine, name, "edid")) for name in connected]
    return {
        "display.mode": measured(DESKTOP if connected else HEADLESS, f"{_CONNECTORS}/*/status"),
        "display.preferred_modes": measured(tuple(filter(None, modes)), f"{_CONNECTORS}/*/edid"),
    }


def _read(machine: Machine, connector: str, file: str) -> bytes:
    try:
        return machine.read(f"{_CONNECTORS}/{connector}/{file}", 1024)
    except OSError:
        return b""


def _preferred(edid: bytes) -> str | None:
    """The first detailed timing of a screen's self-description (VESA E-EDID, 3.10.2); None where it has none."""
    timing = edid[_FIRST_TIMING : _FIRST_TIMING + 18]
    if not edid.startswith(_EDID_START) or len(timing) < 18:
        return None
    clock = int.from_bytes(timing[0:2], "little") * _HZ_PER_UNIT
    width = timing[2] | (timing[4] & 0xF0) << 4
    height = timing[5] | (timing[7] & 0xF0) << 4
    across = width + (timing[3] | (timing[4] & 0x0F) << 8)
    down = height + (timing[6] | (timing[7] & 0x0F) << 8)
    if not (clock and width and height):
        return None
    return f"{width}x{height}@{round(clock / (across * down))}"
