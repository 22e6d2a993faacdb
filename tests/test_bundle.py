"""The folder and the single file: the same bytes each time, and a Python with nothing beside it runs them."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests import building
from tests.preflight.running import run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(400)  # the bundler asks the package index

FORMS = ("sparkdoctor/sparkdoctor", "sparkdoctor.pyz")
ALONE = ("-I", "-S")
"""No site-packages, no variables of Python's: the interpreter and its own library."""


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_the_same_sources_give_the_same_bytes(release: Path, bundled: Path, tmp_path: Path) -> None:
    again = building.bundle(release, tmp_path / "again")
    assert files(again) == files(bundled)


@pytest.mark.parametrize("form", FORMS)
def test_a_python_alone_runs_every_command(bundled: Path, form: str) -> None:
    def told(*arguments: str) -> bytes:
        done = run([sys.executable, *ALONE, str(bundled / form), *arguments], env={"PATH": "/usr/bin:/bin"})
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    assert told("preflight", "--strict", "--", "echo", "started") == b"started\n"
    assert json.loads(told("check", "--format", "json"))["tool"]["name"] == "sparkdoctor"
    assert told("check") == told("check", "--color", "never")
    assert json.loads(told("facts", "--format", "json"))["schema_version"] == "1.0"
    assert told("explain", "TRI001").startswith(b"TRI001  ")
    assert b"preflight" in told("--help")
    told("env")


def test_licences_lie_beside(bundled: Path) -> None:
    library, licences = bundled / "sparkdoctor" / "lib", bundled / "sparkdoctor" / "licenses"
    assert {path.name for path in library.iterdir()} == {
        *("annotated_doc", "distro", "packaging", "platformdirs", "pynvml.py", "shellingham", "sparkdoctor"),
        *("tomli", "typer"),
    }
    assert len(list(licences.iterdir())) == 9
    for folder in licences.iterdir():
        names = [path.name.upper() for path in folder.iterdir()]
        assert any("LICENSE" in name for name in names) or b"License: BSD" in (folder / "METADATA").read_bytes()


def test_nothing_inside_is_compiled_for_one_machine(bundled: Path) -> None:
    assert [path for path in files(bundled) if path.endswith((".so", ".pyd", ".pyc"))] == []


@pytest.mark.parametrize("form", FORMS)
def test_it_runs_where_nothing_can_be_written(bundled: Path, form: str) -> None:
    done = run([sys.executable, str(bundled / form), "preflight", "--", "/bin/true"], env={"HOME": "/proc/nowhere"})
    assert done.returncode == 0
    assert os.access(bundled / form, os.X_OK)
