"""The command gets its process exactly as it was started, but for the planned variables."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.preflight.conftest import setting
from tests.preflight.running import CAT, SH, preflight, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = pytest.mark.timeout(400)  # the builder and the installer ask the package index

STATUS = [CAT, "/proc/self/status"]
ENVIRONMENT = [CAT, "/proc/self/environ"]
KEPT = ("SigIgn", "SigBlk", "SigCgt", "SigPnd", "ShdPnd", "Umask", "Groups", "NoNewPrivs", "Seccomp")


def state(said: bytes) -> dict[str, str]:
    """The lines of /proc/PID/status that a command inherits."""
    lines = (line.partition(":") for line in said.decode().splitlines())
    return {name: value.strip() for name, _, value in lines if name in KEPT}


def block() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGALRM, signal.SIGTERM})


def ignore() -> None:
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)


def mask() -> None:
    os.umask(0o137)


@pytest.mark.parametrize("before", [None, block, ignore, mask], ids=lambda before: getattr(before, "__name__", "plain"))
def test_signals_and_umask_are_the_same(installed: Path, before: Callable[[], None] | None) -> None:
    without, with_ = run(STATUS, preexec_fn=before), preflight(installed, STATUS, preexec_fn=before)
    assert with_.returncode == 0, with_.stderr
    assert state(with_.stdout) == state(without.stdout)
    assert len(state(with_.stdout)) >= 6


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"LANG": "C"},
        {"LANG": "POSIX", "B": "2", "A": "1"},
        {"LC_CTYPE": "C"},
        {"LC_CTYPE": "C.UTF-8"},
        {"LC_ALL": "C"},
        {"LANG": "C.UTF-8", "PYTHONCOERCECLOCALE": "0"},
        {"EMPTY": "", "LINES": "a\nb", "BYTES": os.fsdecode(b"\xff\xfe")},
    ],
    ids=str,
)
def test_the_environment_is_the_same(installed: Path, env: dict[str, str]) -> None:
    without, with_ = run(ENVIRONMENT, env=env), preflight(installed, ENVIRONMENT, env=env)
    assert (with_.returncode, with_.stdout) == (0, without.stdout)


def test_only_the_planned_variables_are_changed(installed: Path, rulebook: Callable[..., dict[str, str]]) -> None:
    variables = rulebook(
        setting("TRI001", 'set = { TORCH_CUDA_ARCH_LIST = "12.1a" }'), setting("TRI002", 'unset = ["OLD"]')
    )
    env = {"OLD": "1", "KEPT": "yes", **variables}
    done = preflight(installed, ENVIRONMENT, "--override", "OLD", env=env)
    left = {name: value for name, value in env.items() if name != "OLD"}
    assert read(done.stdout) == {**left, "TORCH_CUDA_ARCH_LIST": "12.1a"}


def read(environ: bytes) -> Mapping[str, str]:
    entries = (entry.partition("=") for entry in environ.decode().split("\0") if entry)
    return {name: value for name, _, value in entries}


@pytest.mark.parametrize("closed", [(), (0,), (1, 2), (0, 1, 2)], ids=str)
def test_descriptors_umask_and_folder_are_the_same(installed: Path, tmp_path: Path, closed: tuple[int, ...]) -> None:
    kept = os.open(tmp_path, os.O_RDONLY)
    out = tmp_path / "out"

    def close() -> None:
        for number in closed:
            os.close(number)

    def told(before: list[str]) -> list[str]:
        line = [*before, SH, "-c", f"exec >{out}; ls -l /proc/self/fd; umask; pwd"]
        subprocess.run(line, env={}, cwd=tmp_path, pass_fds=[kept], preexec_fn=close, timeout=100, check=True)
        return [entry.partition(":")[2][3:] or entry for entry in out.read_text().splitlines() if "/proc/" not in entry]

    try:
        without, with_ = told([]), told([str(installed), "preflight", "--"])
    finally:
        os.close(kept)
    assert with_ == without
    assert f"{kept} -> {tmp_path}" in with_


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ([SH, "-c", "exit 7"], 7),
        (["nothing-of-that-name"], 127),
        (["/nothing/of/that/name"], 127),
        (["/etc/passwd/x"], 127),
        (["/etc/passwd"], 126),
        (["/etc"], 126),
        ([""], 127),
    ],
    ids=str,
)
def test_exit_codes_are_those_of_a_shell(installed: Path, command: list[str], code: int) -> None:
    done = preflight(installed, command, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == code
    assert (b"sparkdoctor: " + command[0].encode() + b": ").replace(b"/bin/sh: ", b"") in done.stderr


def test_a_broken_pipe_ends_the_command_as_it_always_did(installed: Path) -> None:
    script = f"{installed} preflight -- yes | head -1; echo ${{PIPESTATUS[0]}}"
    done = run(["/bin/bash", "-c", script], env={"PATH": "/usr/bin:/bin"})
    assert done.stdout.split() == [b"y", b"141"]


def test_the_command_line_is_not_looked_at(installed: Path) -> None:
    done = preflight(installed, ["/bin/echo", "--strict", "--help", "--", "-h"])
    assert done.stdout == b"--strict --help -- -h\n"
