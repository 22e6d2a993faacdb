"""What a start loads, module by module, and that `check` says the same with and without an option parser.

Start-up is a matter of what is imported; so these tests hold the set of modules, not a time. They run the installed
wheel: a checkout reads its rulebook from TOML.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests import standin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.timeout(400)  # the builder and the installer ask the package index

KEEP_MODULES = """
import atexit, sys
kept = sys.argv.pop(1)
del sys.argv[0]
atexit.register(lambda: open(kept, "w").write("\\n".join(sys.modules)))
exec(compile(open(sys.argv[0]).read(), sys.argv[0], "exec"))
"""
"""Runs the script that the arguments name, and at its end writes down which modules are loaded in this process."""

HEAVY = frozenset(
    [
        "rich",
        "pygments",
        "jinja2",
        "markupsafe",
        "requests",
        "urllib3",
        "tuf",
        "pip_api",
        "tomli",
        "tomllib",
        "distro",
        "pynvml",
        "importlib.metadata",
        "packaging.specifiers",
        "packaging.requirements",
        "packaging.tags",
        "logging",
        "email",
        "zipfile",
        "http",
        "socket",
        "ssl",
        "asyncio",
        "multiprocessing",
        "concurrent",
        "sqlite3",
        "xml",
    ]
)
"""What no command needs that only examines, tells or explains; pynvml is for the child that asks the driver."""

PARSER = frozenset(
    [
        "typer",
        "click",
        "argparse",
        "dataclasses",
        "inspect",
        "typing",
        "subprocess",
        "pathlib",
        "ast",
        "shutil",
        "tempfile",
        "difflib",
        "gettext",
        "platform",
        "threading",
        "contextvars",
        "datetime",
        "traceback",
        "textwrap",
        "string",
        "random",
        "uuid",
        "copy",
        "pickle",
    ]
)
"""What comes with an option parser, or costs as much."""

EXAMINING = frozenset(
    [
        "sparkdoctor.machine",
        "sparkdoctor.binaries",
        "sparkdoctor.facts",
        "sparkdoctor.rulebook",
        "sparkdoctor.diagnosis",
    ]
)
REPORTING = frozenset(["sparkdoctor.reports.text", "sparkdoctor.reports.as_json", "sparkdoctor.reports.report", "json"])
COMMANDS = frozenset(f"sparkdoctor.cli.{name}" for name in ("check", "check_command", "facts", "explain", "examine"))

BROKEN = (
    standin.Package("torch", "2.9.0+cu130", ("cp312-cp312-manylinux_2_28_x86_64",), ("triton==3.5.0",)),
    standin.Package("triton", "3.5.0", ("cp312-cp312-manylinux_2_28_x86_64",)),
    standin.Package("vllm", "0.11.0", ("cp38-abi3-manylinux1_x86_64",), ("torch==2.8.0",)),
)
"""An environment with something to find on every machine: a vLLM for CUDA 12 beside a torch for CUDA 13."""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The folder of that environment."""
    root = standin.Root(tmp_path / "root")
    standin.environment(root, BROKEN)
    return root.path / "opt" / "venv"


def run(
    command: list[str], cwd: Path, env: Mapping[str, str], stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    """Runs it with no Python on PATH and none active, but for what `env` says."""
    ours = ("PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "CONDA_PREFIX", "PATH")
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        command,
        env={**inherited, "PATH": str(cwd / "nothing"), **env},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=100,
        check=False,
    )


def loaded(installed: Path, arguments: list[str], folder: Path, env: Mapping[str, str] | None = None) -> set[str]:
    """The modules that one run of the installed command has loaded at its end, less what the interpreter brings.

    packaging.version may be loaded by any command; what comes with it on this Python doesn't count either.
    """
    kept = folder / "modules"
    python = str(installed.with_name("python"))
    done = run([python, "-c", KEEP_MODULES, str(kept), str(installed), *arguments], folder, env or {})
    assert done.returncode in (0, 1), done.stderr.decode()
    assert done.stderr == b""
    found = set(kept.read_text().split())
    free = "packaging.version" if "packaging.version" in found else "sys"
    return found - brought(python, free)


@cache
def brought(python: str, module: str) -> frozenset[str]:
    code = f"import sys, atexit, {module}; print(*sys.modules)"
    return frozenset(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def within(found: set[str], unwanted: frozenset[str]) -> list[str]:
    """Which of `found` are among the unwanted modules or inside them."""
    return sorted(name for name in found if any(name == one or name.startswith(f"{one}.") for one in unwanted))


def test_check_without_options_loads_no_option_parser(installed: Path, tmp_path: Path) -> None:
    found = loaded(installed, ["check"], tmp_path)
    assert "sparkdoctor.rulebook.compiled" in found
    assert within(found, HEAVY | PARSER) == []
    assert within(found, frozenset({"sparkdoctor.rulebook.source", "sparkdoctor.rulebook.expression"})) == []
    assert within(found, frozenset({"sparkdoctor.cli.app", "sparkdoctor.cli.check_command"})) == []


def test_check_without_options_loads_none_where_it_has_findings_to_tell(
    installed: Path, tmp_path: Path, broken: Path
) -> None:
    found = loaded(installed, ["check"], tmp_path, {"VIRTUAL_ENV": str(broken)})
    assert "sparkdoctor.diagnosis.findings" in found
    assert within(found, HEAVY | PARSER) == []


@pytest.mark.parametrize("options", [["--color", "never"], ["-v"], ["--format", "json"], ["--target", "gb10"]])
def test_check_with_options_loads_the_option_parser_and_nothing_heavy(
    installed: Path, tmp_path: Path, broken: Path, options: list[str]
) -> None:
    found = loaded(installed, ["check", "--python", str(broken), *options], tmp_path)
    assert {"typer", "sparkdoctor.diagnosis.findings"} <= found
    assert within(found, HEAVY) == []


def test_a_project_file_that_does_not_speak_of_sparkdoctor_is_not_parsed(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    found = loaded(installed, ["check"], tmp_path, {"XDG_CONFIG_HOME": str(tmp_path)})
    assert within(found, HEAVY | PARSER) == []


def test_settings_load_their_reader_where_there_are_some_and_no_option_parser(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.sparkdoctor]\nfail-on = 'never'\n")
    found = loaded(installed, ["check"], tmp_path)
    assert {"tomli", "sparkdoctor.cli.settings_file"} <= found
    assert within(found, HEAVY - {"tomli", "tomllib"} | {"typer", "sparkdoctor.cli.app"}) == []


def test_check_of_another_root_loads_nothing_heavy(installed: Path, tmp_path: Path) -> None:
    spark = standin.broken_spark(tmp_path / "spark")
    site = standin.environment(spark, BROKEN)
    assert within(loaded(installed, ["check", "--root", str(spark.path), "--python", site], tmp_path), HEAVY) == []


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_help_loads_no_command(installed: Path, tmp_path: Path, arguments: list[str]) -> None:
    found = loaded(installed, arguments, tmp_path)
    assert "typer" in found
    assert within(found, HEAVY | EXAMINING | REPORTING | COMMANDS) == []


@pytest.mark.parametrize("command", ["check", "facts", "explain"])
def test_help_of_a_command_loads_that_command_and_examines_nothing(
    installed: Path, tmp_path: Path, command: str
) -> None:
    found = loaded(installed, [command, "--help"], tmp_path)
    others = frozenset({"check_command", "facts", "explain"} - {command, f"{command}_command"})
    unwanted = frozenset({"sparkdoctor.machine", "sparkdoctor.facts.collect", "sparkdoctor.rulebook"})
    assert within(found, HEAVY | REPORTING | unwanted | {f"sparkdoctor.cli.{name}" for name in others}) == []


def test_explain_reads_rules_and_no_machine(installed: Path, tmp_path: Path) -> None:
    found = loaded(installed, ["explain", "TRI001"], tmp_path)
    unwanted = {"sparkdoctor.machine", "sparkdoctor.facts.collect", "sparkdoctor.diagnosis"}
    assert "sparkdoctor.rulebook.compiled" in found
    assert within(found, HEAVY | unwanted) == []


@pytest.mark.parametrize("options", [[], ["--format", "json"]])
def test_facts_judges_nothing(installed: Path, tmp_path: Path, options: list[str]) -> None:
    found = loaded(installed, ["facts", *options], tmp_path)
    assert "sparkdoctor.facts.inventory" in found
    assert within(found, HEAVY | {"sparkdoctor.diagnosis.diagnose", "sparkdoctor.diagnosis.judge"}) == []


def test_the_list_of_rules_needs_no_machine(installed: Path, tmp_path: Path) -> None:
    found = loaded(installed, ["rules", "list"], tmp_path)
    assert "sparkdoctor.rulebook.compiled" in found
    unwanted = {"sparkdoctor.machine", "sparkdoctor.facts.collect", "sparkdoctor.diagnosis.judge"}
    assert within(found, HEAVY | unwanted | {"sparkdoctor.rulebook.source"}) == []


def test_the_version_needs_no_machine(installed: Path, tmp_path: Path) -> None:
    found = loaded(installed, ["--version"], tmp_path)
    assert within(found, HEAVY | COMMANDS | {"sparkdoctor.machine", "sparkdoctor.facts", "sparkdoctor.diagnosis"}) == []


Run = tuple[int, bytes, bytes]
"""Exit code, output, standard error."""


def same(installed: Path, cwd: Path, env: Mapping[str, str], *options: str) -> tuple[Run, Run]:
    """`check`, then the same through the option parser; anew where the machine's own memory changed in between."""
    for _ in range(3):
        runs = [run([str(installed), *line], cwd, env) for line in (["check"], ["check", *options])]
        direct, parsed = ((done.returncode, done.stdout, done.stderr) for done in runs)
        if direct == parsed:
            break
    return direct, parsed


@pytest.mark.parametrize(
    "options", [("--color", "auto"), ("--format", "text"), ("--fail-on", "error"), ("--select", "")], ids=" ".join
)
def test_check_says_the_same_with_an_option_that_changes_nothing(
    installed: Path, tmp_path: Path, broken: Path, options: tuple[str, ...]
) -> None:
    direct, parsed = same(installed, tmp_path, {"VIRTUAL_ENV": str(broken)}, *options)
    assert direct == parsed
    assert (direct[0], direct[2]) == (1, b"")
    assert b"VLL001" in direct[1]


@pytest.mark.parametrize(
    "env",
    [{}, {"NO_COLOR": "1"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}, {"VIRTUAL_ENV": "gone"}],
    ids=str,
)
def test_check_says_the_same_whatever_the_environment(installed: Path, tmp_path: Path, env: dict[str, str]) -> None:
    direct, parsed = same(installed, tmp_path, env, "--color", "auto")
    assert direct == parsed
    assert direct[1]


def test_check_says_the_same_beside_an_environment_of_the_working_directory(
    installed: Path, tmp_path: Path, broken: Path
) -> None:
    (tmp_path / ".venv").symlink_to(broken)
    direct, parsed = same(installed, tmp_path, {}, "--color", "auto")
    assert direct == parsed


def test_check_says_the_same_with_settings(installed: Path, tmp_path: Path, broken: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.sparkdoctor]\nfail-on = 'never'\nworkload = 'inference'\ntarget = 'gb10'\n"
        "[[tool.sparkdoctor.suppress]]\nrule = 'VLL001'\nreason = 'known'\n"
    )
    direct, parsed = same(installed, tmp_path, {"VIRTUAL_ENV": str(broken)}, "--color", "auto")
    assert direct == parsed
    assert (direct[0], direct[2]) == (0, b"")
    assert b"1 suppressed" in direct[1]
    assert b"WKL001" in direct[1]


@pytest.mark.parametrize("options", [[], ["--color", "auto"]], ids=["direct", "parsed"])
def test_check_colours_on_a_terminal(installed: Path, tmp_path: Path, broken: Path, options: list[str]) -> None:
    code, shown = on_terminal([str(installed), "check", *options], tmp_path, broken)
    plain = run([str(installed), "check"], tmp_path, {"VIRTUAL_ENV": str(broken)})
    assert code == plain.returncode
    assert b"\x1b[" in shown
    assert b"\x1b[" not in plain.stdout


def on_terminal(command: list[str], cwd: Path, environment: Path) -> tuple[int, bytes]:
    """Exit code and all that a terminal of 100 columns receives."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 100, 0, 0))
    env = {"PATH": str(cwd / "nothing"), "VIRTUAL_ENV": str(environment), "TERM": "xterm", "PYTHONUTF8": "1"}
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=theirs) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # what a terminal answers whose last writer is gone
            while part := os.read(ours, 1 << 16):
                shown += part
        os.close(ours)
    return process.returncode, shown


def test_check_ends_the_same_where_its_output_has_no_room(installed: Path, tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        runs = [run([str(installed), "check", *options], tmp_path, {}, full.fileno()) for options in ([], ["-q"])]
    direct, parsed = ((done.returncode, done.stderr) for done in runs)
    assert direct == parsed
    assert direct[0] not in (0, 1)
