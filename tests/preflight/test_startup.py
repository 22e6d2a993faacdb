"""What a pre-flight loads: the parent next to nothing, the child what it examines with and nothing heavy."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import standin
from tests.cli.test_startup import HEAVY, PARSER, brought, within
from tests.preflight.running import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

pytestmark = pytest.mark.timeout(400)  # the builder and the installer ask the package index

KEEP_MODULES = """
import os, sys
folder = sys.argv[1]
sys.argv = ["sparkdoctor", "preflight", *sys.argv[2:]]
def keep(name):
    with open(os.path.join(folder, name), "w") as kept:
        kept.write("\\n".join(sys.modules))
leave, become = os._exit, os.execvpe
os._exit = lambda code: (keep("child"), leave(code))
os.execvpe = lambda *command: (keep("parent"), become(*command))
from sparkdoctor.cli.__main__ import main
main()
"""
"""A pre-flight that writes down which modules its child has loaded at its end, and which the parent when it leaves."""

COMMON = frozenset(["re", "json", "enum", "functools", "collections", "signal", "importlib"])
"""What nearly every Python program loads, and what costs nine tenths of a bare start."""
EXAMINING = frozenset(
    f"sparkdoctor.{name}" for name in ("facts", "rulebook", "diagnosis", "binaries", "machine", "reports")
)


def loaded(
    installed: Path, folder: Path, env: Mapping[str, str], under: Sequence[str] = ()
) -> tuple[set[str], set[str]]:
    """The modules of parent and child, less what the interpreter brings; `under` starts the command."""
    python = str(installed.with_name("python"))
    line = [*under, python, "-c", KEEP_MODULES, str(folder), "--budget", "60", "--", "/bin/true"]
    done = run(line, env={"PATH": str(folder / "nothing"), **env}, cwd=folder)
    assert done.returncode == 0, done.stderr
    found = [set((folder / name).read_text().split()) - brought(python, "sys") for name in ("parent", "child")]
    return found[0], found[1]


def without_toolkits() -> list[str]:
    """What starts a command where this machine's CUDA toolkits, which are looked at closer, are out of its sight."""
    toolkits = [str(path) for path in Path("/usr/local").glob("cuda*") if path.is_dir() and not path.is_symlink()]
    if not toolkits:
        return []
    hide = " && ".join(f"{shutil.which('mount')} -t tmpfs none {path}" for path in toolkits)
    line = [shutil.which("unshare") or "unshare", "--mount", "/bin/sh", "-c", f'{hide} && exec "$@"', "sh"]
    if subprocess.run([*line, "/bin/true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("a CUDA toolkit is here, and no mount namespace may be made that hides it")
    return line


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with plain releases of torch and triton that go together."""
    root = standin.Root(tmp_path / "root")
    packages = [standin.Package("torch", "2.9.0+cu130"), standin.Package("triton", "3.5.0")]
    standin.environment(root, [*packages, *(standin.Package(f"package-{number}", "1.0") for number in range(20))])
    return {"VIRTUAL_ENV": str(root.path / "opt" / "venv")}


def test_the_parent_loads_nothing_to_examine_with(installed: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    parent, _ = loaded(installed, tmp_path, environment)
    assert within(parent, HEAVY | PARSER | COMMON | EXAMINING) == []
    assert "sparkdoctor.preflight.run" in parent


def test_the_child_loads_nothing_heavy(installed: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    _, child = loaded(installed, tmp_path, environment)
    assert "sparkdoctor.diagnosis.diagnose" in child
    assert within(child, HEAVY | PARSER | {"platformdirs", "sparkdoctor.reports", "sparkdoctor.cli.app"}) == []


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="a GPU is here, which is looked at closer")
def test_the_child_loads_none_of_the_common_either_where_there_is_nothing_to_tell(
    installed: Path, tmp_path: Path
) -> None:
    root = standin.Root(tmp_path / "root")
    standin.environment(root, [standin.Package(f"package-{number}", f"1.{number}") for number in range(20)])
    _, child = loaded(installed, tmp_path, {"VIRTUAL_ENV": str(root.path / "opt" / "venv")}, under=without_toolkits())
    assert within(child, COMMON | {"packaging"}) == []


def test_skipped_it_loads_only_what_starts_a_command(installed: Path, tmp_path: Path) -> None:
    python = str(installed.with_name("python"))
    line = [python, "-c", KEEP_MODULES, str(tmp_path), "--", "/bin/true"]
    assert run(line, env={"SPARKDOCTOR_SKIP": "1"}, cwd=tmp_path).returncode == 0
    parent = set((tmp_path / "parent").read_text().split()) - brought(python, "sys")
    assert within(parent, HEAVY | PARSER | COMMON | EXAMINING) == []
