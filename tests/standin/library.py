"""Files that carry fat binaries: shared libraries, objects, static archives, cubins, Windows libraries."""

from __future__ import annotations

import struct
from typing import NamedTuple

from tests.standin.elf import E_MACHINE
from tests.standin.fatbin import padded, row

SHARED, OBJECT = 3, 1
PROGBITS, STRTAB, NOBITS, COMPAT = 1, 3, 8, 0x70000086
_CUDA = 190
_SECTION = struct.Struct("<IIQQQQIIQQ")


class Section(NamedTuple):
    """A section of an ELF file."""

    name: str
    content: bytes
    type: int = PROGBITS
    align: int = 8


def library(
    *loaded: bytes,
    relocatable: tuple[bytes, ...] = (),
    data: bytes = b"",
    arch: str = "x86_64",
    type: int = SHARED,
) -> bytes:
    """A shared library or an object for `arch` with these containers; `data` is what its own data section holds."""
    align = 256 if arch == "aarch64" else 8
    sections = [Section(".text", b"\xc3" * 1000), Section(".data", data)]
    if loaded:
        sections.append(Section(".nv_fatbin", row(*loaded, align=align), align=align))
    if relocatable:
        sections.append(Section("__nv_relfatbin", row(*relocatable, align=align), align=align))
    return elf_file(sections, E_MACHINE[arch], type)


def elf_file(
    sections: list[Section],
    machine: int = E_MACHINE["x86_64"],
    type: int = SHARED,
    flags: int = 0,
    abi: tuple[int, int] = (0, 0),
    extended: bool = False,
) -> bytes:
    """A 64-bit little-endian ELF file of these sections, their names and headers after them.

    `extended` keeps the numbers of sections and of the names' section where files with too many of them have them.
    """
    names = b"\0" + b"".join(section.name.encode() + b"\0" for section in sections) + b".shstrtab\0"
    sections = [*sections, Section(".shstrtab", names, STRTAB, 1)]
    content, headers = bytearray(64), bytearray(64)
    for section in sections:
        content += bytes(-len(content) % section.align)
        at = names.index(section.name.encode() + b"\0")
        size = len(section.content)
        headers += _SECTION.pack(at, section.type, 2, 0, len(content), size, 0, 0, section.align, 0)
        if section.type != NOBITS:
            content += section.content
    content += bytes(-len(content) % 8)
    count, last = len(sections) + 1, len(sections)
    if extended:
        headers[:64] = _SECTION.pack(0, 0, 0, 0, 0, count, last, 0, 0, 0)
        count, last = 0, 0xFFFF
    ident = b"\x7fELF" + bytes((2, 1, 1, *abi)) + bytes(7)
    fields = (type, machine, 1, 0, 0, len(content), flags, 64, 56, 0, 64, count, last)
    content[:64] = ident + struct.pack("<HHIQQQIHHHHHH", *fields)
    return bytes(content + headers)


def cubin(number: int, accelerated: str = "", abi: int = 8, type: int = 2) -> bytes:
    """A cubin; `accelerated` says how it tells the suffix a: by its "flags", by its "compat" section, not at all."""
    compat = Section(".nv.compat", bytes((1, 7, 0, 0, 2, 9, accelerated == "compat", 0)), COMPAT)
    text = Section(".text.kernel", b"\0" * 128)
    if abi < 8:
        flags = number | 0x500 | number << 16 | (0x800 if accelerated == "flags" else 0)
        return elf_file([text], _CUDA, type, flags, (0x33, 7))
    flags = 0x06000002 | number << 8 | (0x8 if accelerated == "flags" else 0)
    return elf_file([text, compat], _CUDA, type, flags, (0x41, 8))


def archive(*members: bytes, long_names: bool = False) -> bytes:
    """A static archive; BSD's long names stand before the members' content."""
    content = b"!<arch>\n"
    for number, member in enumerate(members):
        name = f"member{number}.o/"
        if long_names:
            member = name.encode() + member
            name = f"#1/{len(name)}"
        content += f"{name:<16}{0:<12}{0:<6}{0:<6}{644:<8}{len(member):<10}`\n".encode() + padded(member, 2)
    return content


def windows(*loaded: bytes, relocatable: tuple[bytes, ...] = ()) -> bytes:
    """A Windows library: sections padded to 512 bytes, and 8 zero bytes between containers."""
    parts = [(b".text", b"\xc3" * 100), (b".nv_fatb", b"".join(one + bytes(8) for one in loaded))]
    if relocatable:
        parts.append((b"__nv_rel", b"".join(one + bytes(8) for one in relocatable)))
    start = bytearray(0x400)
    start[:2] = b"MZ"
    start[0x3C:0x40] = struct.pack("<I", 0x80)
    start[0x80:0x98] = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(parts), 0, 0, 0, 0xF0, 0x2022)
    content = bytearray()
    for number, (name, part) in enumerate(parts):
        at = 0x98 + 0xF0 + 40 * number
        size = len(padded(part, 512))
        start[at : at + 40] = struct.pack("<8sIIII16x", name, len(part), 0x1000 * number, size, 0x400 + len(content))
        content += padded(part, 512)
    return bytes(start + content)
