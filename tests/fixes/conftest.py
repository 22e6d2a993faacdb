"""Throw-away environments to fix and to break."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collectors.python import locate_named
from sparkdoctor.fixes import place
from sparkdoctor.machine import Machine
from tests.fixes.patients import UV, Patient, filled
from tests.fixes.wheelhouse import Index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sparkdoctor.fixes.place import Place


@pytest.fixture(scope="session")
def plain_venv_of_fixes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment as Python itself makes it, never changed: others are copies of it."""
    path = tmp_path_factory.mktemp("fixes") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", path], check=True, timeout=100)
    return path


@pytest.fixture
def venv(plain_venv_of_fixes: Path, tmp_path: Path) -> Path:
    """A virtual environment of this test's own."""
    return copied(plain_venv_of_fixes, tmp_path / "venv")


def copied(venv: Path, to: Path) -> Path:
    """A copy at another place, its scripts speaking of that one."""
    shutil.copytree(venv, to, symlinks=True)
    for script in (to / "bin").glob("[aA]ctivate*"):
        script.write_text(script.read_text().replace(str(venv), str(to)))
    return to


@pytest.fixture
def placed() -> Callable[[Path], Place]:
    """Gives the place of an environment."""

    def of(path: Path, environ: dict[str, str] | None = None) -> Place:
        machine = Machine("/", environ if environ is not None else {"PATH": os.environ["PATH"]})
        return place.of_environment(machine, locate_named(machine, str(path)))

    return of


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index on loopback with the distributions of patients.py."""
    found = Index(tmp_path_factory.mktemp("index"))
    filled(found)
    yield found
    found.close()


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An environment with pip, and one of uv's without: others are copies."""
    folder = tmp_path_factory.mktemp("environments")
    subprocess.run([sys.executable, "-m", "venv", folder / "pip"], check=True, timeout=100)
    made = {"pip": folder / "pip"}
    if UV is not None:
        command = [UV, "venv", "-q", "--python", sys.executable, str(folder / "uv")]
        subprocess.run(command, check=True, timeout=100, env={**os.environ, "UV_NO_CONFIG": "1"})
        made["uv"] = folder / "uv"
    return made


@pytest.fixture(params=["pip", "uv"])
def patient(request: pytest.FixtureRequest, environments: dict[str, Path], tmp_path: Path, index: Index) -> Patient:
    """An environment of this test's own, by pip and by uv."""
    if request.param not in environments:
        pytest.skip("uv is missing")
    return Patient(request.param, environments[request.param], tmp_path, index)
