"""What a file was found to hold of GPU code: the answer of the readers, ready for JSON."""

from __future__ import annotations

from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Ptx(TypedDict):
        """PTX of one target: how many images, and the PTX ISA versions they are written in ("8.7"), ascending."""

        count: int
        isa: list[str]


class Code(Record):
    """GPU code of one kind of place.

    Targets are written as compilers write them, with the suffix that the entry states: "sm_80", "sm_121a",
    "compute_120f". `counted` holds what no GPU loads by itself and what isn't known: "lto_90" (LTO IR), "tile" (Tile
    IR), "kind0x40".

    `containers` says for how many containers, each of them one translation unit, these are all the targets it has, PTX
    with its ISA version: {("compute_120/8.7", "sm_120", "sm_80"): 476}. Containers that lack code by nature aren't
    in it: empty ones, and the ones that nvcc's linker adds without a kernel. Bare cubins are in no container.
    """

    cubins: dict[str, int] = {}
    ptx: dict[str, Ptx] = {}
    counted: dict[str, int] = {}
    containers: dict[tuple[str, ...], int] = {}

    @property
    def targets(self) -> list[str]:
        """Machine code and PTX, each target once, in the order of their numbers."""
        return [*self.cubins, *self.ptx]

    def __bool__(self) -> bool:
        return bool(self.cubins or self.ptx or self.counted)


class Contents(Record):
    """What one file holds.

    `format` is "elf", "archive", "cubin", "fatbin", "pe", or "other" for what none of these is. `machine` is the
    processor that the host code is for ("x86_64", "aarch64", or "machine 243"); None where there is none.

    `code` is what the CUDA runtime registers and loads; `relocatable` is input of the device linker: its machine code
    isn't loaded by itself, its PTX can be linked when the program runs; `outside_sections` was found by searching and
    is handed to the driver by the library itself. `sections` names the sections of device code that the file has,
    with or without something in them. `searched` says whether the rest of the file was searched, too.

    `error` says what is broken and at which offset of the file; what was read before that is in the other parts.
    """

    format: str = "other"
    machine: str | None = None
    code: Code = Code()
    relocatable: Code = Code()
    outside_sections: Code = Code()
    sections: tuple[str, ...] = ()
    searched: bool = False
    error: str | None = None

    @property
    def gpu_code(self) -> list[str]:
        """The targets that have a say in where the file runs, each once.

        That is all but the machine code of relocatable device code, which counts only where there is nothing else, as
        in an object file that is still to be linked.
        """
        relocatable = self.relocatable.ptx if self.code or self.outside_sections else self.relocatable.targets
        return list(dict.fromkeys([*self.code.targets, *self.outside_sections.targets, *relocatable]))

    def __bool__(self) -> bool:
        return bool(self.code or self.relocatable or self.outside_sections)
