"""Broken and hostile files: named as broken, with the offset, after what could be read before it."""

from __future__ import annotations

import struct

import pytest

from sparkdoctor.binaries.broken import MOST_STEPS
from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.source import Buffer
from tests.standin.fatbin import CONTAINER, MAGIC, container, entry, row, together
from tests.standin.library import NOBITS, Section, archive, elf_file, library, windows

GOOD = container("sm_80", "sm_120")


def patched(content: bytes, offset: int, form: str, *values: int) -> bytes:
    size = struct.calcsize(form)
    return content[:offset] + struct.pack(form, *values) + content[offset + size :]


ONE = container(entry("sm_80"), entry("sm_121", identifier=b"kernel.cu"))
SECOND = 16 + 64 + 4096
TOGETHER = container(together("sm_80", "sm_121a", identifier=b"k.cu"))


@pytest.mark.parametrize(
    ("damaged", "offset", "words"),
    [
        (b"garbage!" + ONE, 0, "no container (67 61 72 62)"),
        (patched(ONE, 4, "<H", 2), 0, "version 2"),
        (patched(ONE, 6, "<H", 8), 0, "a header of 8 bytes"),
        (patched(ONE, 8, "<Q", 2**64 - 1), 0, "a container of 18446744073709551615 bytes, which runs past the end"),
        (patched(ONE, 8, "<Q", len(ONE)), 0, f"a container of {len(ONE)} bytes, which runs past the end"),
        (patched(ONE, SECOND + 4, "<I", 56), SECOND, "runs past the end of its container"),
        (patched(ONE, SECOND + 8, "<Q", 2**64 - 1), SECOND, "runs past the end of its container"),
        (patched(ONE, SECOND + 20, "<I", 2**32 - 1), SECOND, "options or identifier"),
        (patched(ONE, SECOND + 36, "<I", 2**32 - 1), SECOND, "options or identifier"),
        (patched(TOGETHER, 16 + 64, "<I", 1000), 16, "1000 images"),
        (patched(TOGETHER, 16 + 68, "<I", 2**32 - 1), 16, "4294967295 bytes"),
        (patched(TOGETHER, 16 + 68, "<I", 0), 16, "index of 0 bytes"),
        (patched(TOGETHER, 16 + 72 + 64 + 20, "<I", 2**31), 16 + 72 + 64, "options lie outside"),
        (patched(TOGETHER, 16 + 72 + 32, "<II", 2**31, 2**31), 16 + 72 + 2**32 + 8, "cut off"),
    ],
)
def test_where_a_row_of_containers_breaks(damaged: bytes, offset: int, words: str) -> None:
    content = library(GOOD, damaged)
    start = content.index(GOOD) + len(GOOD)
    found = contents(Buffer(content))
    assert found.error is not None
    assert found.error.endswith(f" at offset {start + offset:#x}")
    assert words in found.error
    assert found.code.cubins["sm_120"] == 1
    assert found.code.containers[("sm_80", "sm_120")] >= 1


@pytest.mark.parametrize(
    ("left", "offset", "words"),
    [
        (12, 0, "a container's header that is cut off"),
        (30, 16, "an entry's header that is cut off"),
        (SECOND - 1, 16, "an entry of 64 + 4096 bytes, which runs past the end of its container,"),
        (SECOND + 63, SECOND, "an entry's header that is cut off"),
        (len(ONE) - 1, SECOND, "which runs past the end of its container,"),
    ],
)
def test_where_a_cut_off_fat_binary_breaks(left: int, offset: int, words: str) -> None:
    found = contents(Buffer(GOOD + ONE[:left]))
    assert found.error is not None
    assert found.error.endswith(f" at offset {len(GOOD) + offset:#x}")
    assert words in found.error
    assert found.code.containers[("sm_80", "sm_120")] == 1


def test_what_stands_before_the_break_in_a_container_is_counted() -> None:
    found = contents(Buffer(library(patched(ONE, SECOND + 8, "<Q", 2**63))))
    assert found.error
    assert found.code.cubins == {"sm_80": 1}


def test_the_other_section_is_read_though_one_is_broken() -> None:
    found = contents(Buffer(library(GOOD, b"garbage!", relocatable=(container("sm_90"),))))
    assert found.error
    assert found.relocatable.cubins == {"sm_90": 1}


ELF = library(GOOD)
HEADERS = struct.unpack_from("<Q", ELF, 40)[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (ELF[:40], "an ELF header that is cut off at offset 0x0"),
        (patched(ELF, 4, "B", 1), "a 32-bit little-endian ELF file, which isn't read, at offset 0x4"),
        (patched(ELF, 5, "B", 2), "a 64-bit big-endian ELF file, which isn't read, at offset 0x4"),
        (patched(ELF, 4, "BB", 9, 7), "a class 9 byte order 7 ELF file, which isn't read, at offset 0x4"),
        (ELF[:-1], "section headers run past the end of the file at offset 0x28"),
        (ELF[: HEADERS - 500], "lie past the end of the file, at offset 0x28"),
        (patched(ELF, 40, "<Q", 2**64 - 64), "lie past the end of the file, at offset 0x28"),
        (patched(ELF, 58, "<H", 40), "section headers of 40 bytes at offset 0x3a"),
        (patched(ELF, 62, "<H", 99), "looks for names in section 99 of 5 at offset 0x3e"),
        (patched(ELF, HEADERS + 4 * 64 + 24, "<Q", 2**63), f"at offset {HEADERS + 4 * 64:#x}"),
        (patched(patched(ELF, 60, "<H", 0), HEADERS + 32, "<Q", 2**40), "1099511627776 section headers"),
    ],
)
def test_where_an_elf_file_breaks(content: bytes, words: str) -> None:
    found = contents(Buffer(content))
    assert found.error is not None
    assert words in found.error
    assert not found
    assert not found.searched


def test_a_section_that_runs_past_the_end_of_the_file() -> None:
    content = bytearray(ELF)
    at = HEADERS + 3 * 64
    size = struct.unpack_from("<Q", ELF, at + 32)[0]
    struct.pack_into("<Q", content, at + 32, 2**62)
    found = contents(Buffer(bytes(content)))
    assert found.error
    assert found.code.containers == {("sm_80", "sm_120"): 1}
    assert size == len(GOOD)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive(ELF) + b"x" * 60, "header that isn't one"),
        (archive(ELF) + b"x" * 10, "header that isn't one"),
        (archive(ELF, b"x" * 100)[:-10], "an archive member of 100 bytes, which runs past the end of the file,"),
        (archive(ELF, ELF[:-1], ELF), "section headers run past the end of the file"),
    ],
)
def test_where_an_archive_breaks(content: bytes, words: str) -> None:
    found = contents(Buffer(content))
    assert found.error is not None
    assert words in found.error
    assert found.code.cubins["sm_120"] >= 1


def test_offsets_in_an_archive_are_those_of_the_file() -> None:
    content = archive(ELF, library(b"garbage!" * 2))
    found = contents(Buffer(content))
    assert found.error == f"no container (67 61 72 62) at offset {content.index(b'garbage!garbage!'):#x}"


def test_a_thin_archive_holds_nothing_itself() -> None:
    found = contents(Buffer(b"!<thin>\n" + archive(ELF)[8:68]))
    assert found.error == "a thin archive, whose members are files of their own, at offset 0x0"


def test_a_cut_off_windows_library() -> None:
    content = windows(GOOD)
    assert "a section table that is cut off" in str(contents(Buffer(content[:0x190])).error)
    found = contents(Buffer(content[: content.index(GOOD) + 200]))
    assert found.error
    assert not found.code.cubins.get("sm_120")


def test_a_file_of_endless_entries_ends() -> None:
    empty = entry("sm_80", size=0)
    count = MOST_STEPS + 10
    found = contents(Buffer(CONTAINER.pack(MAGIC, 1, 16, len(empty) * count) + empty * count))
    assert found.error == f"more than 1,000,000 parts: reading stopped at offset {16 + 64 * MOST_STEPS:#x}"
    assert found.code.cubins == {"sm_80": MOST_STEPS}


def test_a_file_of_endless_entries_without_images_ends() -> None:
    empty = together()
    count = MOST_STEPS // 2
    content = container(empty * count)
    assert contents(Buffer(content)).error is None
    found = contents(Buffer(row(content, content, content)))
    assert "reading stopped" in str(found.error)


def test_more_targets_than_there_can_be() -> None:
    found = contents(Buffer(row(*[container(f"sm_{number}") for number in range(1, 3000)])))
    assert "more than 1,024 different targets" in str(found.error)
    assert len(found.code.cubins) < 2000


def test_false_starts_of_a_search_are_bounded() -> None:
    found = contents(Buffer(library(data=container()[:8] * MOST_STEPS)))
    assert "reading stopped" in str(found.error)


def test_one_section_named_over_and_over_is_read_a_bounded_number_of_times() -> None:
    content = bytearray(elf_file([Section("x", bytes(1 << 20))] + [Section(".nv_fatbin", b"", NOBITS)] * 60000))
    headers = struct.unpack_from("<Q", content, 40)[0]
    data_at = struct.unpack_from("<Q", content, headers + 64 + 24)[0]
    for number in range(2, 60002):
        struct.pack_into("<I", content, headers + 64 * number + 4, 1)
        struct.pack_into("<QQ", content, headers + 64 * number + 24, data_at, 1 << 20)
    assert "reading stopped" in str(contents(Buffer(bytes(content))).error)
