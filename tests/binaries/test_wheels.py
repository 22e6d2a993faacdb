"""Real wheels from the package index, held against what a reader of its own found in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.source import Descriptor
from sparkdoctor.binaries.verdict import judge

if TYPE_CHECKING:
    from sparkdoctor.binaries.contents import Code, Contents

MEASURED = json.loads(Path(__file__).with_name("measured.json").read_text())["wheels"]
MANYLINUX = ("2014", "_2_17", "_2_24", "_2_27", "_2_28", "_2_31", "_2_34")
ABIS = ("cp312", "abi3", "none")


def case(wheel: dict[str, Any]) -> Any:
    """One wheel; a large one under the marker."""
    marks = [] if wheel["small"] else [pytest.mark.slow]
    return pytest.param(wheel, id=f"{wheel['package']}-{wheel['version']}-{wheel['platform']}", marks=marks)


def fetch(wheel: dict[str, Any], folder: Path) -> Path:
    """Downloads a wheel for another Python and processor as well; skips, with pip's words, where it can't be had."""
    line = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", f"--dest={folder}"]
    line += ["--python-version=312", "--implementation=cp", *(f"--abi={abi}" for abi in ABIS)]
    line += [f"--platform=manylinux{version}_{wheel['platform']}" for version in MANYLINUX]
    done = subprocess.run(
        [*line, f"{wheel['package']}=={wheel['version']}"], capture_output=True, text=True, timeout=500, check=False
    )
    path: Path = folder / wheel["wheel"]
    if not path.exists():
        pytest.skip(f"the wheel can't be fetched: {(done.stderr.strip() or 'another one came').splitlines()[-1]}")
    return path


def read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> Contents:
    """Reads a member from a file of its own, the rest of it searched too."""
    path = folder / "member"
    with archive.open(member) as packed, path.open("wb") as unpacked:
        shutil.copyfileobj(packed, unpacked, 1 << 20)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return contents(Descriptor(descriptor), search=True)
    finally:
        os.close(descriptor)


def told(code: Code) -> dict[str, Any]:
    return {"cubins": code.cubins, "ptx": code.ptx}


def told_outside(code: Code) -> dict[str, Any]:
    ptx = {name: images["count"] for name, images in code.ptx.items()}
    return {"cubins": code.cubins, "ptx": ptx, "counted": code.counted}


NOTHING: dict[str, Any] = {"cubins": {}, "ptx": {}}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("wheel", [case(wheel) for wheel in MEASURED])
def test_a_wheel_holds_what_was_measured(wheel: dict[str, Any], tmp_path: Path) -> None:
    path = fetch(wheel, tmp_path)
    assert path.stat().st_size == wheel["bytes"]
    seen = set()
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                expected = wheel["files"].get(member.filename, {})
                with archive.open(member) as start:
                    if not expected and start.read(4) != b"\x7fELF":
                        continue
                found = read(archive, member, tmp_path)
                compare(found, expected, member.filename)
                seen.add(member.filename)
    finally:
        for left in tmp_path.iterdir():
            left.unlink()
    assert seen >= set(wheel["files"])


def compare(found: Contents, expected: dict[str, Any], name: str) -> None:
    """Asserts that a file holds what is expected: of one that isn't in the table, nothing."""
    assert found.error is None, name
    assert (found.format, found.machine is None) == ("elf", False), name
    assert told(found.code) == expected.get("code", NOTHING), name
    assert told(found.relocatable) == expected.get("relocatable", NOTHING), name
    assert told_outside(found.outside_sections) == expected.get("outside_sections", {**NOTHING, "counted": {}}), name
    if "units_on_12_1" in expected:
        assert judge(found, "12.1").containers == expected["units_on_12_1"], name
