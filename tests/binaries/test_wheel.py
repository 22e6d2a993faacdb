"""Libraries inside wheels: read without unpacking, whatever an archive claims of itself."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.binaries import wheel
from sparkdoctor.binaries.inflate import BrokenStream, Inflated
from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.source import Buffer
from sparkdoctor.binaries.wheel import Member, NotAWheel, Refused, members, opened
from tests.standin.fatbin import container
from tests.standin.library import library

if TYPE_CHECKING:
    from collections.abc import Mapping

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
LIBRARY = library(*[container("sm_80", "sm_120a", "compute_90/8.0")] * 40)


def archive(files: Mapping[str, bytes], method: int = DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as out:
        for name, content in files.items():
            out.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_a_member_holds_what_the_file_holds(method: int) -> None:
    source = Buffer(archive({"pkg/__init__.py": b"", "pkg/libx.so.1": LIBRARY}, method))
    [member] = members(source)
    assert (member.name, member.size) == ("pkg/libx.so.1", len(LIBRARY))
    assert contents(opened(source, member), True) == contents(Buffer(LIBRARY), True)


def test_any_piece_of_a_deflated_file_is_read_in_any_order() -> None:
    chance = random.Random(7)
    content = b"".join(chance.randbytes(700) + bytes(5000) for _ in range(4000))
    source = Buffer(archive({"x.so": content}))
    [member] = members(source)
    inflated = opened(source, member)
    assert isinstance(inflated, Inflated)
    for _ in range(150):
        offset, count = chance.randrange(len(content) + 10), chance.choice([0, 1, 64, 3000, 300_000])
        assert inflated.read(offset, count) == content[offset : offset + count]
    assert inflated.read(len(content) - 4, 100) == content[-4:]


def test_names_are_taken_as_names_only() -> None:
    names = ["../../etc/x.so", "/abs/x.so", "a\\b.so", "x\x1b[2J.so", "d.so/"]
    source = Buffer(archive(dict.fromkeys(names, LIBRARY)))
    assert {member.name for member in members(source)} == set(names) - {"d.so/"}


def test_the_last_member_of_a_name_counts() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as out:
        out.writestr("x.so", b"first")
        with pytest.warns(UserWarning, match="Duplicate"):
            out.writestr("x.so", b"second one")
    source = Buffer(written.getvalue())
    [member] = members(source)
    assert opened(source, member).read(0, 99) == b"second one"


def test_a_bomb_is_refused() -> None:
    source = Buffer(archive({"x.so": bytes(64 << 20)}))
    [member] = members(source)
    with pytest.raises(Refused, match="zip bomb"):
        opened(source, member)


def test_a_member_that_inflates_to_less_than_it_claims_is_broken() -> None:
    source = Buffer(archive({"x.so": LIBRARY}))
    [member] = members(source)
    longer = Member(member.name, member.size + 5000, member.method, member.packed, member.header)
    with pytest.raises(BrokenStream, match="ends too early"):
        opened(source, longer).read(member.size - 3, 9999)
    shorter = Member(member.name, 100, member.method, member.packed, member.header)
    assert opened(source, shorter).read(0, 9999) == LIBRARY[:100]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"header": 1 << 60}, "isn't at offset"),
        ({"header": 3}, "isn't at offset"),
        ({"packed": 1 << 50}, "breaks off"),
        ({"method": 12}, "method 12"),
        ({"method": STORED}, "contradict"),
        ({"encrypted": True}, "encrypted"),
    ],
)
def test_a_member_that_lies_is_refused(change: dict[str, int], said: str) -> None:
    source = Buffer(archive({"x.so": LIBRARY}))
    [member] = members(source)
    with pytest.raises(Refused, match=said):
        opened(source, Member(**{**member.__dict__, **change}))


def test_a_damaged_stream_is_broken_where_it_is_damaged() -> None:
    whole = bytearray(archive({"x.so": LIBRARY}))
    [member] = members(Buffer(bytes(whole)))
    whole[member.header + 60 : member.header + 200] = b"\xff" * 140
    with pytest.raises(BrokenStream):
        opened(Buffer(bytes(whole)), member).read(0, len(LIBRARY))


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", bytes(70000), archive({"x.so": LIBRARY})[:-30]])
def test_what_is_no_archive_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NotAWheel):
        members(Buffer(content))


def test_a_directory_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "LARGEST_DIRECTORY", 100_000)
    names = {f"{number:0100}.so": b"" for number in range(1000)}
    with pytest.raises(NotAWheel, match="directory is larger"):
        members(Buffer(archive(names)))


def test_flipped_bytes_in_the_directory_do_no_harm() -> None:
    whole = archive({"a.so": LIBRARY[:4000], "b/c.so.1": LIBRARY[:2000], "p-1.dist-info/RECORD": b"a.so,,\n"})
    start = whole.index(b"PK\x01\x02")
    chance = random.Random(11)
    for _ in range(3000):
        flipped = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            flipped[chance.randrange(start, len(whole))] = chance.randrange(256)
        source = Buffer(bytes(flipped))
        try:
            for member in members(source):
                contents(opened(source, member), False)
        except (NotAWheel, Refused, BrokenStream):
            continue


def test_hashes_come_from_the_record() -> None:
    digest = "a" * 43
    files = {"x.so": LIBRARY, "p-1.dist-info/RECORD": f"x.so,sha256={digest},{len(LIBRARY)}\n".encode()}
    [member] = members(Buffer(archive(files)))
    assert member.digest == digest


def test_sizes_of_more_than_four_gib_are_read_from_the_directory() -> None:
    whole = bytearray(archive({"x.so": b"abc"}, STORED))
    start = whole.index(b"PK\x01\x02")
    struct.pack_into("<I", whole, start + 24, 0xFFFFFFF0)
    [member] = members(Buffer(bytes(whole)))
    with pytest.raises(Refused):
        opened(Buffer(bytes(whole)), member)
