"""What the cache remembers, when it forgets, and that nothing in it or around it can do harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import pytest

from sparkdoctor.binaries import cache as caching
from sparkdoctor.binaries.cache import Cache
from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.source import Buffer
from tests.standin.fatbin import container
from tests.standin.library import library

if TYPE_CHECKING:
    from sparkdoctor.binaries.contents import Contents

PROJECT = Path(__file__).parents[2]
LIBRARY = library(*[container("sm_80", "sm_120", "compute_120/9.0")] * 3, relocatable=(container("sm_80"),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lib" / "libx.so"
    path.parent.mkdir()
    path.write_bytes(LIBRARY)
    return path


def read(search: bool = False) -> Contents:
    return contents(Buffer(LIBRARY), search)


def filled(folder: Path, file: Path, search: bool = False) -> None:
    cache = Cache(str(folder))
    cache.put(str(file), file.stat(), read(search))
    cache.save()


def got(folder: Path, file: Path, search: bool | None = False) -> Contents | None:
    return Cache(str(folder)).get(str(file), file.stat(), search)


def test_what_was_put_in_comes_back_in_another_process_s_cache(folder: Path, file: Path) -> None:
    filled(folder, file)
    assert got(folder, file) == read()


def test_nothing_is_written_before_it_is_saved(folder: Path, file: Path) -> None:
    Cache(str(folder)).put(str(file), file.stat(), read())
    assert not folder.exists()


@pytest.mark.parametrize("change", ["content", "time", "inode"])
def test_a_changed_file_is_not_known(folder: Path, file: Path, change: str) -> None:
    filled(folder, file)
    before = file.stat()
    if change == "content":
        file.write_bytes(LIBRARY + b"\0")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif change == "time":
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    else:
        other = file.with_name("other")
        other.write_bytes(LIBRARY)
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
        other.replace(file)
    assert got(folder, file) is None


def test_a_search_that_was_not_made_is_not_answered(folder: Path, file: Path) -> None:
    filled(folder, file)
    assert got(folder, file, True) is None
    assert got(folder, file, None) == read()  # its sections hold code, so nothing was to be searched
    filled(folder, file, search=True)
    assert got(folder, file, True) == read(True)
    assert got(folder, file, False) == read(True)


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'{"reader": 1}',
        b"[" * 100_000,
        b'{"reader": 0, "folder": "FOLDER", "files": {"libx.so": [[1,2,3,4], {}]}}',
        b'{"reader": 1, "folder": "/elsewhere", "files": {"libx.so": [[1,2,3,4], {}]}}',
        b'{"reader": 1, "folder": "FOLDER", "files": []}',
    ],
)
def test_a_damaged_cache_is_passed_over_and_heals(folder: Path, file: Path, damage: bytes) -> None:
    filled(folder, file)
    [kept] = folder.iterdir()
    kept.write_bytes(damage.replace(b"FOLDER", str(file.parent).encode()))
    assert got(folder, file) is None
    filled(folder, file)
    assert got(folder, file) == read()


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        [1, 2],
        ["STAMP"],
        ["STAMP", []],
        ["STAMP", {}],
        ["STAMP", {"format": 1}],
        ["STAMP", {"format": "elf", "code": []}],
        ["STAMP", {"format": "elf", "code": {"cubins": {"sm_80": "many"}}}],
        ["STAMP", {"format": "elf", "code": {"ptx": {"compute_80": []}}}],
        ["STAMP", {"format": "elf", "code": {"containers": [[]]}}],
        ["STAMP", {"format": "elf", "code": {"containers": [["x", "sm_80"]]}}],
    ],
)
def test_a_damaged_entry_is_passed_over(folder: Path, file: Path, entry: object) -> None:
    filled(folder, file)
    [kept] = folder.iterdir()
    stated = json.loads(kept.read_text())
    stamp = stated["files"]["libx.so"][0]
    if isinstance(entry, list):
        entry = [stamp if part == "STAMP" else part for part in entry]
    stated["files"]["libx.so"] = entry
    kept.write_text(json.dumps(stated))
    if entry == [stamp, {"format": "elf", "code": []}]:
        assert got(folder, file) != read()
    else:
        assert got(folder, file) is None


def test_a_cache_that_cant_be_written_costs_nothing(tmp_path: Path, file: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("no folder")
    filled(blocked, file)
    assert got(blocked, file) is None
    assert blocked.read_text() == "no folder"


def test_a_link_in_its_place_isnt_followed(folder: Path, file: Path, tmp_path: Path) -> None:
    filled(folder, file)
    [kept] = folder.iterdir()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for path in (kept, folder / f"{kept.name}.{os.getpid()}.tmp"):
        path.unlink(missing_ok=True)
        path.symlink_to(victim)
    filled(folder, file)
    assert victim.read_text() == "mine"


def test_entries_of_files_that_are_gone_are_dropped(folder: Path, file: Path) -> None:
    filled(folder, file)
    other = file.with_name("other.so")
    other.write_bytes(LIBRARY)
    file.unlink()
    filled(folder, other)
    [kept] = folder.iterdir()
    assert list(json.loads(kept.read_text())["files"]) == ["other.so"]


def test_the_folders_written_longest_ago_are_pruned(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "MOST_FOLDERS", 3)
    files = []
    for number in range(6):
        path = tmp_path / str(number) / "libx.so"
        path.parent.mkdir()
        path.write_bytes(LIBRARY)
        files.append(path)
        filled(folder, path)
        for kept in folder.iterdir():
            os.utime(kept, ns=(0, kept.stat().st_mtime_ns - 10**12))
    assert [got(folder, path) is not None for path in files] == [False, False, False, True, True, True]


def test_members_of_an_archive_are_told_apart(folder: Path, file: Path) -> None:
    cache = Cache(str(folder))
    cache.put(str(file), file.stat(), read(), "a.so")
    cache.save()
    again = Cache(str(folder))
    assert again.get(str(file), file.stat(), False, "a.so") == read()
    assert again.get(str(file), file.stat(), False, "b.so") is None
    assert again.get(str(file), file.stat(), False) is None


def test_processes_that_write_at_once_leave_a_whole_cache(folder: Path, tmp_path: Path) -> None:
    code = """
import sys, os
from sparkdoctor.binaries.cache import Cache
from sparkdoctor.binaries.contents import Code, Contents
folder, lib, own = sys.argv[1:]
for turn in range(40):
    path = f"{lib}/{own}{turn}.so"
    open(path, "w").write("x")
    cache = Cache(folder)
    cache.put(path, os.stat(path), Contents("elf", "x86_64", Code({f"sm_{number}": turn for number in range(60)})))
    cache.save()
"""
    lib = tmp_path / "lib"
    lib.mkdir()
    env = {**os.environ, "PYTHONPATH": str(PROJECT)}
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(folder), str(lib), own], env=env) for own in ("a", "b", "c")
    ]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    [kept] = folder.iterdir()
    stated = json.loads(kept.read_text())
    assert {"a39.so", "b39.so", "c39.so"} & set(stated["files"])
    assert all(len(entry) == 2 for entry in stated["files"].values())


def test_it_lies_in_the_user_s_cache_folder(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    cache = Cache()
    cache.put(str(file), file.stat(), read())
    cache.save()
    [kept] = (tmp_path / "xdg" / "sparkdoctor" / "libraries").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("value", [None, "", " ", "XDG"])
def test_its_folder_is_the_one_that_platformdirs_names(
    value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", value.replace("XDG", str(tmp_path)))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert caching._users_own() == platformdirs.user_cache_dir("sparkdoctor")
