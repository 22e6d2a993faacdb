"""Real wheels of the package index: up, down, with what they bring; and once a real torch for the CPU."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.fixes.apply import apply
from sparkdoctor.fixes.packages.installed import versions
from sparkdoctor.fixes.plan import UNDONE, VERIFIED
from sparkdoctor.fixes.undo import undo
from tests import books
from tests.fixes.patients import UV, pin_rule
from tests.fixes.situations import TOOL, Situation
from tests.fixes.trees import tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparkdoctor.fixes.place import Place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


def real(by: str, template: Path, folder: Path, placed: Callable[..., Place], *packages: str) -> tuple[Path, Place]:
    venv = folder / "venv"
    subprocess.run(["cp", "-a", template, venv], check=True)
    path = os.environ["PATH"] if by == "pip" else f"{Path(str(UV)).parent}:{os.environ['PATH']}"
    python = str(venv / "bin" / "python")
    words = [str(UV), "pip", "install", "-q", "--python", python] if by == "uv" else [python, "-m", "pip", "install"]
    done = subprocess.run([*words, *packages], capture_output=True, text=True, timeout=1200, check=False)
    if done.returncode != 0:
        pytest.skip(f"the package index can't be reached: {done.stderr[-300:]}")
    return venv, placed(venv, {**os.environ, "PATH": path})


@pytest.mark.parametrize("by", ["pip", "uv"])
@pytest.mark.parametrize(
    ("there", "when", "wanted", "new"),
    [
        (["jinja2==2.11.3", "markupsafe==2.0.1"], 'pkg.jinja2.version < "3"', "jinja2>=3.1.6", []),
        (["packaging==24.0"], 'pkg.packaging.version >= "24"', "packaging<24", []),
        (["rich==9.0.0"], 'pkg.rich.version < "13"', "rich>=13.9,<14", ["markdown-it-py", "mdurl"]),
    ],
)
def test_up_and_down_and_back(
    by: str,
    there: list[str],
    when: str,
    wanted: str,
    new: list[str],
    environments: dict[str, Path],
    tmp_path: Path,
    placed: Callable[..., Place],
) -> None:
    if by not in environments:
        pytest.skip("uv is missing")
    venv, place = real(by, environments[by], tmp_path, placed, *there)
    before, then = tree(venv), versions(place)
    broken = Situation(books.book(tmp_path / "rules", pin_rule(when, wanted)), place, dict(place.machine.environ))
    done = apply(broken.plan(unsafe=True), place, broken.examine, TOOL)
    assert (done.state, done.reason) == (VERIFIED, None)
    assert set(new) <= versions(place).keys() - then.keys()
    assert undo(place).state == UNDONE
    assert tree(venv) == before
    assert versions(place) == then


def test_a_real_torch(environments: dict[str, Path], tmp_path: Path, placed: Callable[..., Place]) -> None:
    """Without what it depends on: on Arm these releases are builds for the CPU, on x86-64 1 GB each."""
    if "uv" not in environments or shutil.disk_usage(tmp_path).free < 20 << 30:
        pytest.skip("uv or 20 GB of space are missing")
    venv, place = real("uv", environments["uv"], tmp_path, placed, "--no-deps", "torch==2.9.1")
    before, then = tree(venv), versions(place)
    rules = books.book(tmp_path / "rules", pin_rule('pkg.torch.version < "2.10"', "torch==2.10.0"))
    stack = tmp_path / "rules" / "stacks" / "torch.toml"
    stack.parent.mkdir()
    stack.write_text(STACK)
    broken = Situation(rules, place, dict(place.machine.environ))
    done = apply(broken.plan(unsafe=True), place, broken.examine, TOOL)
    assert (done.state, done.reason) == (VERIFIED, None)
    [site] = (venv / "lib").glob("python3*/site-packages")
    assert "2.10.0" in (site / "torch" / "version.py").read_text()
    assert undo(place).state == UNDONE
    assert tree(venv) == before
    assert versions(place) == then


STACK = """
[[stack]]
id = "torch-2.10.0"
packages = { torch = "2.10.0" }
cuda = "12.8"
python = ["3.10", "3.14"]
arch = ["aarch64", "x86_64"]
gpus = ["12.1"]
sources = [{ url = "pkg:pypi/torch@2.10.0", date = 2026-11-24, kind = "measured" }]
date = 2026-11-24
"""
