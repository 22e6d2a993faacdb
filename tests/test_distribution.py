"""What is uploaded and installed: the source distribution, the wheel, and the command that the wheel brings."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.rulebook import compiled
from tests import building
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.timeout(400)  # the builder and the installer ask the package index

SCHEMAS = tuple(f"sparkdoctor/reports/{name}.schema.json" for name in ("report", "snapshot", "scan", "plans", "rules"))
TABLES = tuple(f"sparkdoctor/_rulebook/tables/known-{kind}.json" for kind in ("assemblers", "libraries"))
RULES = [path.relative_to(PROJECT / "rules").as_posix() for path in sorted((PROJECT / "rules").rglob("*.toml"))]


@pytest.fixture(scope="module")
def built(release: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The wheel built from the files, the wheel built from the sdist, and the sdist."""
    again, sdist = building.build(release, tmp_path_factory.mktemp("distributions"))
    return wheel, again, sdist


def content(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_code_rules_types_and_schemas_and_no_more(built: tuple[Path, Path, Path]) -> None:
    held = content(built[0])
    assert {"sparkdoctor/py.typed", *SCHEMAS, *TABLES, *(f"sparkdoctor/_rulebook/{name}" for name in RULES)} <= set(
        held
    )
    assert {name.split("/")[0].partition("-")[0] for name in held} == {"sparkdoctor", "sparkdoctor_gb10"}
    assert {f"sparkdoctor/_rulebook/{name}" for name in (compiled.INDEX, compiled.DETAILS)} <= set(held)
    kinds = {name.rpartition(".")[2] for name in held if name.startswith("sparkdoctor/")}
    assert kinds == {"py", "toml", "json", "jsonl", "typed"}
    for schema in SCHEMAS:
        assert json.loads(held[schema])["$schema"]


def test_the_sdist_holds_what_the_wheel_is_built_and_tested_from(built: tuple[Path, Path, Path]) -> None:
    with tarfile.open(built[2]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"sparkdoctor/py.typed", *SCHEMAS, *(f"rules/{name}" for name in RULES)}
    wanted |= {
        "pyproject.toml",
        "hatch_build.py",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "tests/standin/nvml.c",
        "benchmarks/startup.py",
    }
    assert wanted <= names
    assert not [name for name in names if name.endswith(".pyc")]


def test_a_wheel_built_from_the_sdist_is_the_same(built: tuple[Path, Path, Path]) -> None:
    direct, by_sdist = content(built[0]), content(built[1])
    assert sorted(direct) == sorted(by_sdist)
    assert [name for name in direct if direct[name] != by_sdist[name]] == []
    assert built[0].name == built[1].name


@pytest.fixture
def command(installed: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the installed `sparkdoctor` in a folder of its own."""
    ours = ("PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX")
    env = {name: value for name, value in os.environ.items() if name not in ours}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [str(installed), *arguments]
        return subprocess.run(
            line, env=env, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
        )

    return run


def test_the_installed_command_tells_its_version(
    command: Callable[..., subprocess.CompletedProcess[str]], built: tuple[Path, Path, Path]
) -> None:
    done = command("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"sparkdoctor {built[0].name.split('-')[1]} · rulebook ")


def test_the_installed_command_checks_this_machine(
    command: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = command("check", "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout)["summary"]["exit_code"] == done.returncode


def test_the_installed_command_explains_a_rule(command: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = command("explain", "TRI001")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("TRI001 ")


@pytest.mark.parametrize(
    ("asked", "schema"), [("check", SCHEMAS[0]), ("facts", SCHEMAS[1]), ("scan", SCHEMAS[2]), ("fix", SCHEMAS[3])]
)
def test_the_installed_command_prints_its_schemas(
    command: Callable[..., subprocess.CompletedProcess[str]], built: tuple[Path, Path, Path], asked: str, schema: str
) -> None:
    assert json.loads(command(asked, "--schema").stdout) == json.loads(content(built[0])[schema])
