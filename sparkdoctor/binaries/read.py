"""The way in: what does this file hold of GPU code?"""

from __future__ import annotations

from sparkdoctor.binaries import archive, cubin, elf, fatbin, pe
from sparkdoctor.binaries.broken import Broken, Steps
from sparkdoctor.binaries.contents import Contents
from sparkdoctor.binaries.search import search as search_outside
from sparkdoctor.binaries.source import Window
from sparkdoctor.binaries.tally import Tally

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sparkdoctor.binaries.elf import Section
    from sparkdoctor.binaries.source import Source

LOADED = ".nv_fatbin"
"""The section of containers that the CUDA runtime registers and loads."""
RELOCATABLE = "__nv_relfatbin"
"""The section of containers that the device linker takes."""
_ELF_NAMES = (LOADED.encode(), RELOCATABLE.encode())
_PE_NAMES = {LOADED[:8]: LOADED, RELOCATABLE[:8]: RELOCATABLE}


def contents(file: Source, search: bool | None = None) -> Contents:
    """Reads which GPU code a file holds: of any format, on any machine, without decompressing or running anything.

    `search` is whether what lies outside the sections for device code is searched for it as well, which means reading
    the whole file: True always, False never, None only where an ELF file's sections hold nothing.

    A broken file is no exception: see `Contents.error`. OSError comes from the source alone.
    """
    reading = _Reading()
    reading.file(file)
    if search or (search is None and reading.format == "elf" and reading.nothing):
        reading.search(file)
    return reading.contents()


class _Reading:
    """What has been read of a file so far."""

    def __init__(self) -> None:
        self.format = "other"
        self.machine: str | None = None
        self.code = Tally()
        self.relocatable = Tally()
        self.outside = Tally()
        self.sections: dict[str, None] = {}
        self.known: list[tuple[int, int]] = []
        self.steps = Steps()
        self.stripped = False
        self.searched = False
        self.error: str | None = None

    @property
    def nothing(self) -> bool:
        """Whether an intact file had no section of device code, or only empty ones."""
        return not (self.error or self.stripped or self.code.images or self.relocatable.images)

    def contents(self) -> Contents:
        return Contents(
            format=self.format,
            machine=self.machine,
            code=self.code.code(),
            relocatable=self.relocatable.code(),
            outside_sections=self.outside.code(),
            sections=tuple(self.sections),
            searched=self.searched,
            error=self.error,
        )

    def file(self, source: Source) -> None:
        """Reads a whole file."""
        start = source.read(0, 8)
        if start == archive.MAGIC:
            self.format = "archive"
            self.archive(source)
        elif start == archive.THIN:
            self.format = "archive"
            self.broken(0, Broken(0, "a thin archive, whose members are files of their own,"))
        else:
            self.format = self.object(source, start)

    def object(self, source: Source, start: bytes, base: int = 0) -> str:
        """Reads a file, or a member of an archive that begins at `base`; gives its format."""
        if start.startswith(elf.MAGIC):
            return self.elf(source, base)
        if start.startswith(fatbin.MAGIC):
            self.row(source, 0, source.size, self.code, base)
            return "fatbin"
        if start.startswith(pe.MAGIC):
            return self.pe(source, base)
        return "other"

    def elf(self, source: Source, base: int) -> str:
        try:
            header = elf.header(source)
            if header.machine == elf.CUDA:
                tally = self.relocatable if header.type == elf.RELOCATABLE else self.code
                tally.image(cubin.key(source, header), 0)
                self.known.append((base, base + source.size))
                return "cubin"
            self.machine = self.machine or header.machine_name
            self.in_sections(source, elf.named(source, header, _ELF_NAMES, self.steps), base)
        except Broken as broken:
            self.broken(base, broken)
        return "elf"

    def pe(self, source: Source, base: int) -> str:
        try:
            found = pe.sections(source)
            if found is None:
                return "other"
            self.machine = self.machine or found[0]
            named = (
                elf.Section(_PE_NAMES[one.name], one.type, one.offset, one.size)
                for one in found[1]
                if one.name in _PE_NAMES
            )
            self.in_sections(source, named, base)
        except Broken as broken:
            self.broken(base, broken)
        return "pe"

    def archive(self, source: Source) -> None:
        try:
            for offset, size in archive.members(source, self.steps):
                member = Window(source, offset, size)
                self.object(member, member.read(0, 8), offset)
        except Broken as broken:
            self.broken(0, broken)

    def in_sections(self, source: Source, sections: Iterable[Section], base: int) -> None:
        for section in sections:
            self.steps.take(section.offset)
            self.sections[section.name] = None
            if section.type == elf.NO_BITS:
                self.stripped = True
                continue
            tally = self.code if section.name == LOADED else self.relocatable
            end = section.offset + section.size
            self.row(source, section.offset, min(end, source.size), tally, base)
            if end > source.size:
                self.broken(
                    base, Broken(section.offset, f"a section {section.name} that runs past the end of the file,")
                )

    def row(self, source: Source, start: int, end: int, tally: Tally, base: int) -> None:
        try:
            fatbin.row(source, start, end, tally, self.steps)
        except Broken as broken:
            self.broken(base, broken)
            end = broken.offset
        if start < end:
            self.known.append((base + start, base + end))

    def broken(self, base: int, broken: Broken) -> None:
        self.error = self.error or str(Broken(base + broken.offset, broken.text))

    def search(self, source: Source) -> None:
        self.searched = True
        try:
            search_outside(source, self.known, self.outside, self.steps)
        except Broken as broken:
            self.broken(0, broken)
