"""Reads as much of Windows libraries as leads to sections.

Layout: PE Format, COFF header and section table; names of sections are cut to 8 bytes.
https://learn.microsoft.com/en-us/windows/win32/debug/pe-format
"""

from __future__ import annotations

from struct import Struct

from sparkdoctor.binaries.broken import Broken
from sparkdoctor.binaries.elf import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.binaries.source import Source

MAGIC = b"MZ"
_SIGNATURE = b"PE\0\0"
_COFF = Struct("<HHIIIHH")
_SECTION = Struct("<8sIIII16x")
_MACHINES = {0x8664: "x86_64", 0xAA64: "aarch64", 0x14C: "i386"}


def sections(source: Source) -> tuple[str, list[Section]] | None:
    """The processor, and all sections; None for what begins like a Windows library but isn't one.

    Raises Broken where the section table is cut off.
    """
    at = int.from_bytes(source.read(0x3C, 4), "little")
    head = source.read(at, 24)
    if len(head) < 24 or head[:4] != _SIGNATURE:
        return None
    machine, count, _, _, _, optional, _ = _COFF.unpack_from(head, 4)
    at += 24 + optional
    table = source.read(at, count * _SECTION.size)
    if len(table) < count * _SECTION.size:
        raise Broken(at, "a section table that is cut off")
    found = [
        Section(name.rstrip(b"\0").decode("latin-1"), 1, offset, min(size, virtual) if virtual else size)
        for name, virtual, _, size, offset in _SECTION.iter_unpack(table)
    ]
    return _MACHINES.get(machine, f"machine {machine:#x}"), found
