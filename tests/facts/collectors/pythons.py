"""Real Python environments for tests: how they are made, and what they say of themselves when they are asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Mapping

_BESIDE_US = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
UV = shutil.which("uv", path=_BESIDE_US)

needs_uv = pytest.mark.skipif(UV is None, reason="uv is missing")

_BACKEND = """
import os, zipfile

def _wheel(folder, files):
    name = "tiny_project-1.5+cu130-py3-none-any.whl"
    info = "tiny_project-1.5+cu130.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = "Metadata-Version: 2.1\\nName: tiny-project\\nVersion: 1.5+cu130\\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: tiny\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[f"{info}/RECORD"] = "".join(f"{path},,\\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
    return name

def build_wheel(folder, settings=None, metadata=None):
    return _wheel(folder, {"tiny_project.py": "x = 1\\n"})

def build_editable(folder, settings=None, metadata=None):
    return _wheel(folder, {"_tiny_project.pth": os.path.join(os.getcwd(), "src") + "\\n"})

def get_requires_for_build_wheel(settings=None):
    return []

get_requires_for_build_editable = get_requires_for_build_wheel
"""


def tiny_project(folder: Path) -> Path:
    """A project that builds itself without anything from the index: tiny-project 1.5+cu130."""
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "tiny_project.py").write_text("x = 1\n")
    (folder / "tiny_backend.py").write_text(_BACKEND)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "tiny_backend"\nbackend-path = ["."]\n'
        '[project]\nname = "tiny-project"\nversion = "1.5+cu130"\n'
    )
    return folder


def command(*words: str | Path, cwd: Path | None = None) -> str:
    """The output of a command that must work."""
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    run = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, cwd=cwd, env=kept, timeout=100, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def uv(*words: str | Path) -> str:
    assert UV is not None
    return command(UV, *words)


def says(python: str | Path, code: str) -> Any:
    """What an interpreter answers in JSON; `code` assigns `answer`."""
    return json.loads(command(python, "-c", f"import json\n{code}\nprint(json.dumps(answer))", cwd=Path("/")))


def examined(
    python: str | Path | None = None, root: Path | str = "/", environ: Mapping[str, str] | None = None
) -> Examination:
    """The examination of one environment, with no variables of ours."""
    return Examination(Machine(str(root), environ or {}), None if python is None else str(python))


def values(exam: Examination, *names: str) -> list[Any]:
    return [exam.read(name).value for name in names]
