"""fix, undo, history and env as a user calls them."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from sparkdoctor.reports.schemas import schema_text
from tests.cli.running import sparkdoctor
from tests.fixes.trees import tree
from tests.shipped import program

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

GB10 = ("--target", "gb10")
HOT = {"CUDA_CACHE_DISABLE": "1", "XDG_STATE_HOME": "/nonexistent"}
"""What VLL020 finds, and takes away."""


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A virtual environment with vLLM's name in it."""
    path = tmp_path / "llm env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", path], check=True, timeout=100)
    [site] = (path / "lib").glob("python3*/site-packages")
    (site / "vllm-0.30.0.dist-info").mkdir()
    (site / "vllm-0.30.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm\nVersion: 0.30.0\n")
    return path


def plans(*arguments: str | Path, code: int = 0, env: dict[str, str] | None = None) -> list[dict[str, Any]]:
    done = sparkdoctor(*arguments, "--format", "json", env={**HOT, **(env or {})})
    assert done.returncode == code, done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(schema_text("plans")))
    assert document["summary"]["exit_code"] == code
    found: list[dict[str, Any]] = document["plans"]
    return found


def test_from_the_plan_to_the_byte_as_before(venv: Path) -> None:
    before = tree(venv)
    [plan] = plans("fix", "--python", venv, *GB10)
    assert (plan["id"], plan["state"], plan["environment"]) == (None, "planned", str(venv))
    [step] = plan["steps"]
    assert (step["rules"], step["before"], step["after"]) == (
        ["VLL020"],
        "CUDA_CACHE_DISABLE=1",
        "CUDA_CACHE_DISABLE is not set",
    )
    assert tree(venv) == before
    [done] = plans("fix", "--python", venv, *GB10, "--apply")
    assert (done["state"], done["steps"][0]["state"]) == ("verified", "verified")
    checked = sparkdoctor("check", "--python", venv, *GB10, "--format", "json", env=HOT)
    assert "VLL020" not in checked.stdout
    assert plans("fix", "--python", venv, *GB10)[0]["steps"] == []
    [listed] = plans("history", "--python", venv)
    assert (listed["id"], listed["state"]) == (done["id"], "verified")
    [back] = plans("undo", "--python", venv)
    assert (back["id"], back["state"]) == (done["id"], "undone")
    assert tree(venv) == before
    assert plans("history", "--python", venv)[0]["state"] == "undone"


def test_the_text_says_what_is_reached_and_how_to_take_it_back(venv: Path) -> None:
    shown = sparkdoctor("fix", "--python", venv, *GB10, env=HOT)
    assert "- CUDA_CACHE_DISABLE=1\n   + CUDA_CACHE_DISABLE is not set" in shown.stdout
    assert f"To carry it out:  sparkdoctor fix --python '{venv}' --target gb10 --apply\n" in shown.stdout
    done = sparkdoctor("fix", "--python", venv, *GB10, "--apply", env=HOT)
    assert done.returncode == 0, done.stderr
    assert "1. done and verified: CUDA_CACHE_DISABLE is not set" in done.stdout
    assert f"source '{venv}/bin/activate'" in done.stdout
    for word in ("services", "notebooks", "uv run", "csh", "PowerShell"):
        assert word in done.stdout
    id = plans("history", "--python", venv)[0]["id"]
    assert f"To take it back:  sparkdoctor undo {id} --python '{venv}'" in done.stdout
    back = sparkdoctor("undo", id, "--python", venv)
    assert (back.returncode, back.stdout.splitlines()[0]) == (0, f"Plan {id}: taken back")


def test_a_shell_that_has_the_old_settings_is_told_apart(venv: Path) -> None:
    """The examined environment is as a new shell sees it, whatever this one was activated with."""
    active = {**HOT, "VIRTUAL_ENV": str(venv)}
    assert sparkdoctor("fix", *GB10, "--apply", "--python", venv, env=active).returncode == 0
    assert plans("fix", "--python", venv, *GB10, env=active)[0]["steps"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--root", "/", "--apply"], "--root is planned for, never changed"),
        (["--facts", "x.json", "--apply"], "--facts is planned for, never changed"),
        ([*GB10, "--apply"], "name the environment that is meant with --python"),
        (["--apply", "--write", "x.env"], "leave out --apply"),
        (["--format", "yaml"], "write text or json"),
        (["--write", "notes.docx"], "its name says no form"),
    ],
)
def test_what_can_not_be_asked_for(arguments: Sequence[str], said: str, tmp_path: Path) -> None:
    done = sparkdoctor("fix", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["undo"], "nothing that sparkdoctor did to"),
        (["undo", "2026-01-01-1"], "no plan 2026-01-01-1 was applied"),
        (["undo", "yesterday"], "is no id of a plan"),
        (["undo", "2026-01-01-1", "--pending"], "leave out the id"),
    ],
)
def test_what_can_not_be_taken_back(arguments: Sequence[str], said: str, venv: Path) -> None:
    done = sparkdoctor(*arguments, "--python", venv)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert said in done.stderr


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("\n", 1), ("y\n", 0)])
def test_a_terminal_is_asked(answer: str, code: int, venv: Path) -> None:
    before = tree(venv)
    said, status = _on_a_terminal(["fix", "--python", str(venv), *GB10, "--apply"], answer)
    assert "Carry out this step? [y/N]" in said
    assert status == code
    assert (tree(venv) == before) == (code == 1)


def test_yes_is_not_asked(venv: Path) -> None:
    said, status = _on_a_terminal(["fix", "--python", str(venv), *GB10, "--apply", "--yes"], "")
    assert "Carry out" not in said
    assert "Step 1 of 1" in said
    assert status == 0


def _on_a_terminal(arguments: list[str], answer: str) -> tuple[str, int]:
    child, handle = pty.fork()
    if child == 0:
        environ = {**os.environ, **HOT}
        for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
            environ.pop(name, None)
        os.execve(sys.executable, [sys.executable, str(program()), *arguments], environ)
    os.write(handle, answer.encode())
    said = b""
    while True:
        try:
            read = os.read(handle, 4096)
        except OSError:
            break
        if not read:
            break
        said += read
    os.close(handle)
    return said.decode("utf-8", "replace"), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("name", ["spark.env", "Dockerfile.spark", "spark.sh", "constraints.txt"])
def test_a_plan_as_a_file(name: str, venv: Path, tmp_path: Path) -> None:
    done = sparkdoctor("fix", "--python", venv, *GB10, "--write", name, env=HOT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / name).read_text()
    assert ("CUDA_CACHE_DISABLE" in text) == (name != "constraints.txt")
    again = sparkdoctor("fix", "--python", venv, *GB10, "--write", name, env=HOT, cwd=tmp_path)
    assert (again.returncode, again.stderr) == (2, f"sparkdoctor: {name} is there already; --yes replaces it\n")
    assert sparkdoctor("fix", "--python", venv, *GB10, "--write", name, "--yes", env=HOT, cwd=tmp_path).returncode == 0


CASE = """
facts = { "gpu.compute_capability" = "12.1", "pkg.triton.version" = "3.5.0", "triton.ptxas_targets" = ["sm_120a"], \
"cuda.ptxas_path" = "/opt/it's $HOME/cuda/bin/ptxas", "cuda.ptxas_version" = "13.0.88", \
"cuda.ptxas_targets" = ["sm_121a"] }
env = { TRITON_PTXAS_PATH = { absent = true } }
"""


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash", "fish"])
def test_eval_of_env_sets_what_is_planned(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} isn't on this machine")
    (tmp_path / "case.toml").write_text(CASE)
    command = f"{sys.executable} {program()} env --facts case.toml"
    done = subprocess.run(
        [
            shell,
            "-c",
            f'eval "$({command})"; {sys.executable} -c "import os; print(os.environ[\'TRITON_PTXAS_PATH\'])"',
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("/opt/it's $HOME/cuda/bin/ptxas\n", "")


def test_env_gives_what_the_environment_sets_by_itself(venv: Path) -> None:
    sparkdoctor("fix", "--python", venv, *GB10, "--apply", env=HOT)
    done = sparkdoctor("env", "--python", venv, *GB10, "--format", "json", env=HOT)
    assert json.loads(done.stdout) == {"set": {}, "unset": ["CUDA_CACHE_DISABLE"]}
    wrong = sparkdoctor("env", "--format", "csh")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)


def test_what_was_broken_off_is_said_by_the_next_command_and_taken_back(venv: Path) -> None:
    before = tree(venv)
    script = (
        "import os, signal, sys\n"
        "from sparkdoctor.fixes import files\n"
        "files.put = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"sys.argv = ['sparkdoctor', 'fix', '--python', {str(venv)!r}, '--target', 'gb10', '--apply']\n"
        "from sparkdoctor.cli.__main__ import main\n"
        "main()\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **HOT, "PYTHONPATH": str(program().parent)},
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert killed.returncode == -9
    checked = sparkdoctor("check", "--python", venv, *GB10)
    assert "was broken off, so that this environment may be half changed" in checked.stdout
    fixed = sparkdoctor("fix", "--python", venv, *GB10, "--apply", env=HOT)
    assert (fixed.returncode, "sparkdoctor undo --pending" in fixed.stderr) == (2, True)
    [back] = plans("undo", "--pending", "--python", venv)
    assert back["state"] == "undone"
    assert tree(venv) == before
    assert plans("undo", "--pending", "--python", venv) == []
    assert "broken off" not in sparkdoctor("check", "--python", venv, *GB10).stdout
