"""What is read of files laid out as CUDA's tools lay them out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.binaries.contents import Code, Contents
from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.source import Buffer, Descriptor
from tests.standin import elf
from tests.standin.fatbin import container, entry, row, together
from tests.standin.library import (
    COMPAT,
    NOBITS,
    OBJECT,
    PROGBITS,
    Section,
    archive,
    cubin,
    elf_file,
    library,
    windows,
)

if TYPE_CHECKING:
    from pathlib import Path

TORCH = ("sm_80", "sm_90", "sm_100a", "sm_103f", "sm_120", "compute_120/8.7")
LINKED = entry("sm_121", size=1664)


def read(content: bytes, search: bool | None = None) -> Contents:
    found = contents(Buffer(content), search)
    assert found.error is None
    return found


@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
def test_a_shared_library(arch: str) -> None:
    found = read(library(*[container(*TORCH)] * 3, container("sm_80", "sm_121a"), arch=arch))
    assert (found.format, found.machine, found.sections) == ("elf", arch, (".nv_fatbin",))
    assert found.code.cubins == {"sm_80": 4, "sm_90": 3, "sm_100a": 3, "sm_103f": 3, "sm_120": 3, "sm_121a": 1}
    assert found.code.ptx == {"compute_120": {"count": 3, "isa": ["8.7"]}}
    assert found.code.containers == {TORCH: 3, ("sm_80", "sm_121a"): 1}
    assert not found.relocatable
    assert not found.outside_sections


@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
@pytest.mark.parametrize("identifier", [b"", b"kernel.cu", b"sevenby"])
@pytest.mark.parametrize("compressed", [False, True])
def test_entries_of_any_form(arch: str, identifier: bytes, compressed: bool) -> None:
    targets = ("sm_75", "sm_90a", "sm_121a", "compute_90a/8.0", "compute_121f/9.5")
    entries = [entry(target, 1000 + 77 * number, compressed, identifier) for number, target in enumerate(targets)]
    found = read(library(container(*entries), container(*reversed(entries)), arch=arch))
    assert found.code.containers == {targets: 2}


@pytest.mark.parametrize("identifier", [b"", b"kernel.cu", b"sevenby"])
def test_images_compressed_together(identifier: bytes) -> None:
    targets = ("sm_80", "sm_90a", "sm_120f", "sm_121", "compute_80/9.5", "compute_121/9.5")
    found = read(library(container(together(*targets, identifier=identifier)), container("sm_80")))
    assert found.code.containers == {targets: 1, ("sm_80",): 1}


def test_relocatable_code_is_kept_apart() -> None:
    objects = (container("sm_90", "compute_90/8.0"), container("sm_120"))
    found = read(library(container("sm_120"), relocatable=objects))
    assert found.code.cubins == {"sm_120": 1}
    assert found.code.ptx == {}
    assert found.relocatable.cubins == {"sm_90": 1, "sm_120": 1}
    assert found.relocatable.ptx == {"compute_90": {"count": 1, "isa": ["8.0"]}}
    assert found.sections == (".nv_fatbin", "__nv_relfatbin")
    assert found.gpu_code == ["sm_120", "compute_90"]


def test_versions_of_the_ptx_isa_ascend() -> None:
    found = read(library(container("compute_80/10.1"), container("compute_80/8.7"), container("compute_80/9.0")))
    assert found.code.ptx == {"compute_80": {"count": 3, "isa": ["8.7", "9.0", "10.1"]}}


def test_what_no_gpu_loads_by_itself_is_counted_and_named() -> None:
    found = read(library(container("lto_90", "lto_120a", "tile_80", "kind0x40_0"), container("sm_80", "lto_90")))
    assert found.code.counted == {"lto_90": 2, "lto_120a": 1, "tile": 1, "kind0x40": 1}
    assert found.code.containers == {("sm_80", "lto_90"): 1}
    assert found.gpu_code == ["sm_80"]


@pytest.mark.parametrize(
    "lacking", [container(), container(LINKED, entry("sm_90", size=1552)), container(entry("sm_121", 1664, True))]
)
def test_containers_that_cannot_hold_kernels_lack_none(lacking: bytes) -> None:
    found = read(library(lacking, container("sm_80", "compute_80/9.5")))
    assert found.code.containers == {("sm_80", "compute_80/9.5"): 1}
    assert found.code.cubins["sm_80"] == 1


@pytest.mark.parametrize("kernel", [entry("sm_121", size=2856), entry("sm_121", 2856, compressed=True)])
def test_the_smallest_kernel_counts(kernel: bytes) -> None:
    assert read(library(container(kernel))).code.containers == {("sm_121",): 1}


def test_a_bare_fat_binary() -> None:
    found = read(container("sm_121a", "compute_120f/9.5"))
    assert (found.format, found.machine) == ("fatbin", None)
    assert found.code.containers == {("sm_121a", "compute_120f/9.5"): 1}


@pytest.mark.parametrize(
    ("content", "target"),
    [
        (cubin(90, "flags", abi=7), "sm_90a"),
        (cubin(90, abi=7), "sm_90"),
        (cubin(60, "flags", abi=7), "sm_60"),
        (cubin(120, "flags"), "sm_120a"),
        (cubin(121, "compat"), "sm_121a"),
        (cubin(121), "sm_121"),
        (cubin(80), "sm_80"),
    ],
)
def test_a_bare_cubin(content: bytes, target: str) -> None:
    found = read(content)
    assert found.format == "cubin"
    assert found.code == Code(cubins={target: 1}, ptx={}, counted={}, containers={})


def test_a_relocatable_cubin() -> None:
    found = read(cubin(121, type=OBJECT))
    assert not found.code
    assert found.relocatable.cubins == {"sm_121": 1}
    assert found.gpu_code == ["sm_121"]


@pytest.mark.parametrize("long_names", [False, True])
def test_a_static_archive(long_names: bool) -> None:
    objects = (
        library(container("sm_80"), type=OBJECT),
        b"int main;\n" + b"odd",
        library(relocatable=(container("sm_121", "compute_121/9.5"),), type=OBJECT, arch="x86_64"),
    )
    found = read(archive(*objects, long_names=long_names))
    assert (found.format, found.machine) == ("archive", "x86_64")
    assert found.code.cubins == {"sm_80": 1}
    assert found.relocatable.containers == {("sm_121", "compute_121/9.5"): 1}


def test_a_windows_library() -> None:
    found = read(windows(container(*TORCH), container(*TORCH), relocatable=(container("sm_75"),)))
    assert (found.format, found.machine) == ("pe", "x86_64")
    assert found.code.containers == {TORCH: 2}
    assert found.relocatable.cubins == {"sm_75": 1}
    assert found.sections == (".nv_fatbin", "__nv_relfatbin")


def test_an_elf_file_with_more_sections_than_its_header_can_count() -> None:
    code = Section(".nv_fatbin", row(container("sm_121")))
    found = read(elf_file([Section(".text.f", b"\xc3")] * 70000 + [code], type=OBJECT, extended=True))
    assert found.code.cubins == {"sm_121": 1}


def test_names_of_sections_may_share_their_ends() -> None:
    relocations = Section(".rela.nv_fatbin", b"\1" * 24, type=4)
    found = read(elf_file([relocations, Section(".nv_fatbin", row(container("sm_121")))]))
    assert found.code.cubins == {"sm_121": 1}


def test_a_section_without_bytes_in_a_debug_file_is_passed_over() -> None:
    found = read(elf_file([Section(".nv_fatbin", b"\1" * 512, NOBITS), Section(".debug_info", b"\2" * 64, PROGBITS)]))
    assert not found
    assert found.sections == (".nv_fatbin",)
    assert not found.searched


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (b"", "other"),
        (b"/* GNU ld script */ INPUT(-lcudart)", "other"),
        (b"MZ is how this text begins", "other"),
        (elf("aarch64"), "elf"),
        (library(), "elf"),
        (archive(), "archive"),
        (archive(b"text\n"), "archive"),
    ],
)
def test_files_without_gpu_code(content: bytes, format: str) -> None:
    found = read(content)
    assert (found.format, bool(found), found.sections, found.gpu_code) == (format, False, (), [])


def test_what_lies_outside_of_sections_is_searched_for_where_the_sections_hold_nothing() -> None:
    data = b"\7" * 13 + container("sm_90", "lto_90") + cubin(121, "compat") + b"\7" * 11 + container("compute_80/8.0")
    found = read(library(data=data))
    assert found.searched
    assert found.outside_sections.cubins == {"sm_90": 1, "sm_121a": 1}
    assert found.outside_sections.ptx == {"compute_80": {"count": 1, "isa": ["8.0"]}}
    assert found.outside_sections.counted == {"lto_90": 1}
    assert found.outside_sections.containers == {("sm_90", "lto_90"): 1, ("compute_80/8.0",): 1}
    assert found.gpu_code == ["sm_90", "sm_121a", "compute_80"]
    assert not read(library(data=data), search=False)


def test_the_search_adds_to_what_sections_hold_when_asked_for() -> None:
    content = library(container("sm_120"), data=container("sm_90"))
    assert not read(content).searched
    found = read(content, search=True)
    assert (found.code.cubins, found.outside_sections.cubins) == ({"sm_120": 1}, {"sm_90": 1})


def test_the_search_finds_what_lies_across_the_pieces_it_reads() -> None:
    piece = 1 << 20
    for shift in (0, 1, 4, 15, 16, 63, 64, 65):
        for image in (container("sm_90"), cubin(90)):
            data = bytes(piece - shift) + image
            found = read(library(data=data))
            assert found.outside_sections.cubins == {"sm_90": 1}, shift


def test_the_search_is_not_taken_in_by_likenesses() -> None:
    broken = bytearray(container("sm_90"))
    broken[8] ^= 1
    host = library()
    compressed_cubin = b"\xa2" + cubin(90)[:10] + b"\x11" * 200
    found = read(
        library(data=bytes(broken) + host + compressed_cubin + b"\x50\xed\x55\xba\1\0\x10\0" * 9 + container())
    )
    assert found.searched
    assert not found


def test_a_container_found_by_searching_hides_the_cubins_in_it() -> None:
    inside = container(entry("sm_90") + b"")
    content = inside[:80] + cubin(90)[: len(inside) - 80].ljust(len(inside) - 80, b"\0")
    assert read(library(data=content)).outside_sections.cubins == {"sm_90": 1}


def test_a_descriptor_reads_the_same(tmp_path: Path) -> None:
    content = library(container(*TORCH), data=cubin(80))
    path = tmp_path / "library.so"
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        assert contents(Descriptor(descriptor), search=True) == contents(Buffer(content), search=True)
    finally:
        os.close(descriptor)


def test_the_attribute_of_an_accelerated_cubin_is_found_among_others() -> None:
    def made(compat: bytes) -> list[str]:
        content = elf_file([Section(".nv.compat", compat, COMPAT)], 190, 2, 0x06007902, (0x41, 8))
        return list(read(content).code.cubins)

    assert made(bytes((4, 3, 2, 0, 2, 9, 2, 9, 1, 0))) == ["sm_121a"]
    assert made(bytes((4, 3, 4, 0, 2, 9, 1, 0))) == ["sm_121"]
    assert made(bytes((3, 9, 1, 0))) == ["sm_121a"]
    assert made(b"\2\x09") == ["sm_121"]
