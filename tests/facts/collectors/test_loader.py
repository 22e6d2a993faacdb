"""The loader's search, held against a cache that the real ldconfig wrote."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collectors.loader import found
from sparkdoctor.machine import Machine
from tests.standin.nvml import COMPILER

if TYPE_CHECKING:
    from pathlib import Path

NAME = "libsomething.so.1"
LDCONFIG = shutil.which("ldconfig", path="/usr/sbin:/sbin:/usr/bin")


def library(root: Path, folder: str) -> None:
    path = root / folder.lstrip("/") / NAME
    path.parent.mkdir(parents=True)
    source = path.with_suffix(".c")
    source.write_text("int something(void) { return 1; }\n")
    assert COMPILER is not None
    subprocess.run([COMPILER, "-shared", "-fPIC", f"-Wl,-soname,{NAME}", "-o", path, source], check=True, timeout=60)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    if COMPILER is None or LDCONFIG is None:
        pytest.skip("gcc or ldconfig is missing")
    (tmp_path / "etc").mkdir()
    return tmp_path


@pytest.mark.parametrize("order", [("/opt/one", "/srv/two"), ("/srv/two", "/opt/one")])
def test_the_folder_that_ldconfig_lists_first(root: Path, order: tuple[str, str]) -> None:
    for folder in ("/opt/one", "/srv/two"):
        library(root, folder)
    (root / "etc/ld.so.conf").write_text("".join(f"{folder}\n" for folder in order))
    subprocess.run([str(LDCONFIG), "-r", str(root)], check=True, capture_output=True, timeout=60)
    machine = Machine(str(root))
    assert found(machine, NAME) == f"{order[0]}/{NAME}"
    assert found(machine, NAME, f"/nowhere:{order[1]}") == f"{order[1]}/{NAME}"
    assert found(machine, "libother.so.1") is None


def test_an_entry_whose_file_is_gone(root: Path) -> None:
    library(root, "/opt/one")
    (root / "etc/ld.so.conf").write_text("/opt/one\n")
    subprocess.run([str(LDCONFIG), "-r", str(root)], check=True, capture_output=True, timeout=60)
    (root / "opt/one" / NAME).unlink()
    assert found(Machine(str(root)), NAME) is None


@pytest.mark.parametrize(
    "content", [b"", b"glibc-ld.so.cache1.1", b"glibc-ld.so.cache1.1" + b"\xff" * 60 + NAME.encode(), NAME.encode()]
)
def test_a_cache_that_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/ld.so.cache").write_bytes(content)
    assert found(Machine(str(tmp_path)), NAME) is None
