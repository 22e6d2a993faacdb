"""Fixtures that all tests share: stand-in machines, a stand-in NVML, and sparkdoctor as it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import building, standin
from tests.standin.nvml import COMPILER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def spark(tmp_path: Path) -> standin.Root:
    """A healthy DGX Spark in a folder of this test's own, free to be damaged."""
    return standin.healthy_spark(tmp_path / "spark")


@pytest.fixture(scope="session")
def fake_nvml(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Gives the folder of a stand-in NVML by behaviour, GPUs and load, each compiled once; skips without gcc."""
    if COMPILER is None:
        pytest.skip("gcc is missing: the stand-in NVML can't be compiled")
    compiled: dict[tuple[str, str, str], Path] = {}

    def folder(behaviour: str = "answers", gpus: str = "gb10", load: str = "idle") -> Path:
        key = behaviour, gpus, load
        if key not in compiled:
            compiled[key] = standin.fake_nvml(tmp_path_factory.mktemp("nvml"), *key)
        return compiled[key]

    return folder


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's files, which no change meanwhile gets into."""
    return building.sources(tmp_path_factory.mktemp("release") / "source")


@pytest.fixture(scope="session")
def wheel(release: Path) -> Path:
    """The wheel, with the compiled rulebook."""
    [built] = building.build(release, release.parent / "wheel", "--wheel")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `sparkdoctor` of a virtual environment into which the wheel alone was installed, far from the checkout."""
    return building.install(wheel, tmp_path_factory.mktemp("installed") / "venv")


@pytest.fixture(scope="session")
def bundled(release: Path) -> Path:
    """A folder with sparkdoctor as a folder and as a single file."""
    return building.bundle(release, release.parent / "bundle")
