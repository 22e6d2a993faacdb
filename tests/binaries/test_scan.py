"""Looking at many files: by hash, from the cache, or read; and what carries GPU code by its name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.binaries import known
from sparkdoctor.binaries.cache import Cache, NoCache
from sparkdoctor.binaries.carriers import below, is_carrier
from sparkdoctor.binaries.record import carriers
from sparkdoctor.binaries.scan import EVERYTHING, HIDDEN, SECTIONS, Library, scan
from sparkdoctor.machine import Machine
from tests.standin.fatbin import container
from tests.standin.library import library

if TYPE_CHECKING:
    from pathlib import Path

    from sparkdoctor.binaries.contents import Contents

LIBRARY = library(container("sm_80", "sm_120"))
HIDING = library(data=container("sm_90"))
DIGEST = "d" * 43


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "libx.so"
    path.write_bytes(LIBRARY)
    return path


def one(
    file: Path, cache: Cache, depth: int = SECTIONS, digest: str | None = None, recorded: int = 0
) -> tuple[str, Contents | None]:
    entry = Library(str(file), file.name, digest=digest, recorded=recorded)
    [found] = scan(Machine(), [entry], cache, depth)
    return found.by, found.contents


def test_a_file_is_read_once(file: Path, tmp_path: Path) -> None:
    first, second = Cache(str(tmp_path / "cache")), Cache(str(tmp_path / "cache"))
    read = one(file, first)
    first.save()
    assert read[0] == "file"
    assert one(file, second) == ("cache", read[1])
    assert one(file, NoCache())[0] == "file"


@pytest.mark.parametrize(
    ("digest", "newer", "larger", "by"),
    [
        (DIGEST, False, False, "hash"),
        ("e" * 43, False, False, "file"),
        (None, False, False, "file"),
        (DIGEST, True, False, "file"),
        (DIGEST, False, True, "file"),
    ],
)
def test_a_known_file_isnt_opened_unless_it_was_changed(
    file: Path, monkeypatch: pytest.MonkeyPatch, digest: str | None, newer: bool, larger: bool, by: str
) -> None:
    entry = {DIGEST: [len(LIBRARY) - larger, {"format": "elf", "code": {"cubins": {"sm_75": 1}}}]}
    monkeypatch.setattr(known, "_table", lambda: entry)
    recorded = file.stat().st_mtime_ns - newer
    assert one(file, NoCache(), digest=digest, recorded=recorded)[0] == by
    assert one(file, NoCache(), EVERYTHING, digest=digest, recorded=recorded)[0] == "file"


def test_how_far_a_file_is_searched(tmp_path: Path) -> None:
    plain, cufft = tmp_path / "libx.so", tmp_path / "libcufft.so.12"
    for path in (plain, cufft):
        path.write_bytes(HIDING)
    found = {
        (path.name, depth): bool(one(path, NoCache(), depth)[1])
        for path in (plain, cufft)
        for depth in (SECTIONS, HIDDEN, EVERYTHING)
    }
    assert [place for place, held in found.items() if not held] == [("libx.so", SECTIONS)]


def test_one_file_of_many_names_is_looked_at_once(file: Path) -> None:
    link, hard = file.with_name("link.so"), file.with_name("hard.so")
    link.symlink_to(file)
    os.link(file, hard)
    libraries = [Library(str(path), path.name) for path in (file, link, hard)]
    assert len(list(scan(Machine(), libraries, NoCache()))) == 1


def test_what_cant_be_read_is_named_and_the_rest_goes_on(file: Path) -> None:
    pipe = file.with_name("pipe.so")
    os.mkfifo(pipe)
    folder = file.with_name("folder.so")
    folder.mkdir()
    paths = [file.with_name("gone.so"), pipe, folder, file]
    found = list(scan(Machine(), [Library(str(path), path.name) for path in paths], NoCache()))
    assert [one.unreadable for one in found] == [
        "No such file or directory",
        "not a regular file",
        "not a regular file",
        None,
    ]


@pytest.mark.parametrize(
    ("name", "carries"),
    [
        ("libx.so", True),
        ("libx.so.12", True),
        ("libx-a7a60d30.so.4.8.5", True),
        ("x.cpython-312-x86_64-linux-gnu.so", True),
        ("k.cubin", True),
        ("k.fatbin", True),
        ("libx.a", True),
        ("x.dll", True),
        ("x.pyd", True),
        ("x.so.py", False),
        ("libx.so.conf", False),
        ("x.sol", False),
        ("so", False),
        ("data", False),
    ],
)
def test_which_names_carry_code(name: str, carries: bool) -> None:
    assert is_carrier(name) is carries


def test_folders_are_walked_in_order_and_circles_end(tmp_path: Path) -> None:
    for name in ("b/x.so", "a/y.so.1", "a/deep/z.cubin", ".git/w.so", "a/readme"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "a" / "circle").symlink_to(tmp_path)
    found = [path[len(str(tmp_path)) + 1 :] for path in below(Machine(), str(tmp_path))]
    assert found == ["a/y.so.1", "a/deep/z.cubin", "b/x.so"]


def test_what_a_record_says() -> None:
    digest = "Aa0_-" + "b" * 38
    text = (
        f'torch/lib/libx.so,sha256={digest},123\r\n"odd, name.so.1",sha256={digest}=,9\n'
        "plain.so,,\nx.py,sha256=abc,1\nmd5.so,md5=abc,1\n../../../lib/y.cubin,,5\n"
    )
    assert [(entry.path, entry.digest) for entry in carriers(text)] == [
        ("torch/lib/libx.so", digest),
        ("odd, name.so.1", digest),
        ("plain.so", None),
        ("../../../lib/y.cubin", None),
    ]
