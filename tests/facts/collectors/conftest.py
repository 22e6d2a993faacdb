"""Real Python environments, each made once for all tests that only look at them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.facts.collectors import pythons

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def plain_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by venv, without pip."""
    folder = tmp_path_factory.mktemp("plain") / "env"
    pythons.command(sys.executable, "-m", "venv", "--without-pip", folder)
    return folder


@pytest.fixture(scope="session")
def pip_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by venv, with pip; tiny-project is installed from its folder."""
    folder = tmp_path_factory.mktemp("pip") / "env"
    pythons.command(sys.executable, "-m", "venv", folder)
    project = pythons.tiny_project(tmp_path_factory.mktemp("project") / "tiny")
    pythons.command(folder / "bin/python", "-m", "pip", "install", "-q", "--no-index", project)
    return folder


@pytest.fixture(scope="session")
def uv_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by uv; tiny-project is installed as editable."""
    if pythons.UV is None:
        pytest.skip("uv is missing")
    folder = tmp_path_factory.mktemp("uv") / "env"
    pythons.uv("venv", "-q", "--python", sys.executable, folder)
    project = pythons.tiny_project(tmp_path_factory.mktemp("project") / "tiny")
    pythons.uv("pip", "install", "-q", "--no-index", "--python", folder / "bin/python", "-e", project)
    return folder


@pytest.fixture(scope="session")
def sharing_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that also sees the packages of its base."""
    folder = tmp_path_factory.mktemp("sharing") / "env"
    pythons.command(sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", folder)
    return folder


@pytest.fixture(scope="session")
def target_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare folder that pip installed six and packaging into, from real wheels."""
    folder = tmp_path_factory.mktemp("target") / "packages"
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            str(folder),
            "six==1.17.0",
            "packaging",
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=False,
    )
    if run.returncode:
        pytest.skip(f"no wheels to be had: {run.stderr.strip().splitlines()[-1:]}")
    return folder
