"""The engine, and roots into which the project's wheel is installed; what is missing here skips with the reason."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import building
from tests.containers import debian
from tests.containers.podman import SPARKDOCTOR, Podman

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian with Python and nothing else, free to be changed."""
    try:
        kept = debian.root()
    except debian.Unavailable as reason:
        pytest.skip(str(reason))
    folder = tmp_path_factory.mktemp("container")
    yield debian.copy(kept, folder / "root")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def podman(bare: Path) -> Iterator[Podman]:
    try:
        engine = Podman()
    except debian.Unavailable as reason:
        pytest.skip(str(reason))
    try:
        tried = engine.run(bare, "/bin/true")
        problem = " ".join(tried.stderr.splitlines()[-1:]) or f"exit code {tried.returncode}"
        runs = tried.returncode == 0
    except subprocess.TimeoutExpired:
        runs, problem = False, "it doesn't come to an end"
    if not runs:
        engine.close()
        pytest.skip(f"podman can't run a container here: {problem}")
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def wheels(bare: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project's wheel and those of all that it requires, for the Python of the root."""
    folder = tmp_path_factory.mktemp("wheels")
    [wheel] = building.build(building.sources(folder / "source"), folder / "built", "--wheel")
    minor = next(bare.glob("usr/lib/python3.*/os.py")).parent.name.removeprefix("python")
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", str(wheel)]
    options = [f"--dest={folder / 'all'}", "--only-binary=:all:", f"--python-version={minor}"]
    subprocess.run([*command, *options], check=True, timeout=300)
    return folder / "all"


@pytest.fixture(scope="session")
def installed(podman: Podman, bare: Path, wheels: Path) -> Path:
    """The Debian with the project's wheel in a virtual environment of its own, installed without a network."""
    prefix = SPARKDOCTOR.removesuffix("/bin/sparkdoctor")
    pip = f"{prefix}/bin/pip install --quiet --no-index --find-links /mnt sparkdoctor-gb10"
    made = podman.run(
        bare,
        *("sh", "-c", f"python3 -m venv {prefix} && {pip}"),
        options=[f"--volume={wheels}:/mnt:ro"],
    )
    assert made.returncode == 0, made.stderr
    return bare
