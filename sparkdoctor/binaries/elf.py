"""Reads as much of ELF as leads to sections: 64-bit, little-endian files, which hosts of NVIDIA GPUs and cubins are.

Layout: System V Application Binary Interface, ELF header and section header.
https://gabi.xinuos.com/elf/02-eheader.html
"""

from __future__ import annotations

from struct import Struct

from sparkdoctor.binaries.broken import Broken
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sparkdoctor.binaries.broken import Steps
    from sparkdoctor.binaries.source import Source

MAGIC = b"\x7fELF"
CUDA = 190
"""`e_machine` of a cubin."""
RELOCATABLE = 1
"""`e_type` of what is still to be linked."""
NO_BITS = 8
"""`sh_type` of a section that has no bytes in the file."""

_MACHINES = {62: "x86_64", 183: "aarch64", CUDA: "cuda", 243: "riscv64", 21: "ppc64le"}
_HEADER = Struct("<HHIQQQIHHHHHH")
_SECTION = Struct("<IIQQQQIIQQ")
_EXTENDED = 0xFFFF
_MOST_SECTIONS = 1 << 20
_MOST_NAMES = 1 << 10
_PIECE = 1024
_LONGEST_NAMES = 16 << 20


class Header(Record):
    """What stands in the first 64 bytes."""

    os_abi: int
    abi_version: int
    type: int
    machine: int
    flags: int
    sections_at: int
    section_size: int
    sections: int
    names: int

    @property
    def machine_name(self) -> str:
        """The processor, as Linux names it."""
        return _MACHINES.get(self.machine, f"machine {self.machine}")


class Section(Record):
    """Where a section lies in the file; `name` is empty where it wasn't asked for by name."""

    name: str
    type: int
    offset: int
    size: int


def header(source: Source) -> Header:
    """The header of an ELF file. Raises Broken where it is cut off, and for 32-bit and big-endian files."""
    head = source.read(0, 64)
    if len(head) > 5 and (head[4] != 2 or head[5] != 1):
        raise Broken(4, f"a {_kind(head[4], head[5])} ELF file, which isn't read,")
    if len(head) < 64:
        raise Broken(0, "an ELF header that is cut off")
    type_, machine, _, _, _, sections_at, flags, _, _, _, section_size, sections, names = _HEADER.unpack_from(head, 16)
    return Header(head[7], head[8], type_, machine, flags, sections_at, section_size, sections, names)


def _kind(width: int, order: int) -> str:
    bits = {1: "32-bit", 2: "64-bit"}.get(width, f"class {width}")
    return f"{bits} {({1: 'little-endian', 2: 'big-endian'}).get(order, f'byte order {order}')}"


def named(source: Source, elf: Header, names: Sequence[bytes], steps: Steps) -> Iterator[Section]:
    """The sections that have one of these names, in the order of the file.

    Raises Broken where the section headers, or their names, aren't where the ELF header says.
    """
    count, names_index = _counts(source, elf)
    if not count or not names_index:
        return
    if names_index >= count:
        raise Broken(62, f"an ELF header that looks for names in section {names_index} of {count}")
    steps.take(0, count // 16)
    place = elf.sections_at + 64 * names_index
    _, _, _, _, names_at, names_size, *_ = _SECTION.unpack(source.read(place, 64))
    if names_at + names_size > source.size:
        raise Broken(place, "a table of section names that lies past the end of the file, its header")
    if names_size > _LONGEST_NAMES:
        raise Broken(place, f"a table of section names of {names_size} bytes, which isn't read,")
    table = source.read(names_at, names_size)
    wanted = {offset: name.decode() for name in names for offset in _places(table, name + b"\0")}
    if not wanted:
        return
    for name, type_, offset, size in _sections(source, elf.sections_at, count):
        if name in wanted:
            yield Section(wanted[name], type_, offset, size)


def of_type(source: Source, elf: Header, wanted: int) -> Iterator[Section]:
    """The sections of one type. Raises Broken where the section headers aren't where the ELF header says."""
    count, _ = _counts(source, elf)
    for _, type_, offset, size in _sections(source, elf.sections_at, count):
        if type_ == wanted:
            yield Section("", type_, offset, size)


def _counts(source: Source, elf: Header) -> tuple[int, int]:
    """The number of section headers, and which of them leads to the names."""
    at, count, names = elf.sections_at, elf.sections, elf.names
    if not at:
        return 0, 0
    if elf.section_size != 64:
        raise Broken(58, f"an ELF header with section headers of {elf.section_size} bytes")
    if at + 64 > source.size:
        raise Broken(40, f"an ELF header whose section headers, at {at:#x}, lie past the end of the file,")
    if count == 0 or names == _EXTENDED:
        _, _, _, _, _, size, link, *_ = _SECTION.unpack(source.read(at, 64))
        count = count or size
        names = link if names == _EXTENDED else names
    if count > _MOST_SECTIONS or at + 64 * count > source.size:
        raise Broken(40, f"an ELF header whose {count} section headers run past the end of the file")
    return count, names


def _sections(source: Source, at: int, count: int) -> Iterator[tuple[int, int, int, int]]:
    """Of each section: offset of the name, type, offset, size."""
    for first in range(0, count, _PIECE):
        number = min(_PIECE, count - first)
        piece = source.read(at + 64 * first, 64 * number)
        for name, type_, _, _, offset, size, _, _, _, _ in _SECTION.iter_unpack(piece):
            yield name, type_, offset, size


def _places(table: bytes, text: bytes) -> Iterator[int]:
    at = table.find(text)
    for _ in range(_MOST_NAMES):
        if at < 0:
            return
        yield at
        at = table.find(text, at + 1)
