"""Builds the project's distributions from a copy of its files, and installs what came of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.shipped import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

_SHIPPED = ("sparkdoctor", "rules", "tests", "benchmarks", "docs", "examples")
_NO_SOURCE = shutil.ignore_patterns("__pycache__")


def sources(folder: Path) -> Path:
    """Copies what a release is built from into `folder`, so that no change meanwhile gets between two builds."""
    folder.mkdir()
    for name in _SHIPPED:
        shutil.copytree(PROJECT / name, folder / name, ignore=_NO_SOURCE)
    named = [PROJECT / name for name in ("LICENSE", "pyproject.toml", ".gitignore", "bundle-requirements.txt")]
    for path in (*PROJECT.glob("*.md"), *PROJECT.glob("*.py"), *named):
        shutil.copy2(path, folder)
    return folder


def build(source: Path, target: Path, *options: str) -> list[Path]:
    """What `python -m build` makes of `source`, in the folder `target`: without options the sdist, and of it the wheel.

    Raises AssertionError with the builder's words where it fails.
    """
    command = [sys.executable, "-m", "build", "--installer", "uv", "--outdir", str(target), *options, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(path for path in target.iterdir() if path.suffix in (".whl", ".gz"))


def install(wheel: Path, folder: Path) -> Path:
    """Installs a wheel and what it requires into a virtual environment at `folder`; gives its `sparkdoctor`."""
    python = folder / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", f"--python={sys.executable}", str(folder)], check=True, timeout=100)
    subprocess.run([*uv, "pip", "install", f"--python={python}", str(wheel)], check=True, timeout=100)
    return python.with_name("sparkdoctor")


def bundle(source: Path, target: Path) -> Path:
    """What `bundle.py` of `source` builds, in the folder `target`.

    Raises AssertionError with its words where it fails.
    """
    command = [sys.executable, str(source / "bundle.py"), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target
