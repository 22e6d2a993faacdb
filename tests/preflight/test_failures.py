"""Whatever is wrong with the doctor, the command starts; with --strict it doesn't."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.preflight.conftest import setting
from tests.preflight.running import CAT, asleep, children, end, endless, preflight, run, started, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.timeout(400)  # the builder and the installer ask the package index

SAYS = ["/bin/echo", "started"]


def broken_index(folder: Path) -> dict[str, str]:
    folder.mkdir()
    (folder / "index.jsonl").write_text('{"version": ')
    return {"SPARKDOCTOR_RULEBOOK": str(folder)}


def no_rulebook(folder: Path) -> dict[str, str]:
    return {"SPARKDOCTOR_RULEBOOK": str(folder)}


def broken_environment(folder: Path) -> dict[str, str]:
    folder.mkdir()
    (folder / "pyvenv.cfg").write_bytes(b"\0home = /nowhere\n")
    return {"VIRTUAL_ENV": str(folder)}


def missing_environment(folder: Path) -> dict[str, str]:
    return {"VIRTUAL_ENV": str(folder)}


FAILURES = {
    "a hang": (endless, b"the examination wasn't finished: it took longer than 0.5 s"),
    "a damaged rulebook": (broken_index, b"the examination failed: InvalidRulebook: "),
    "no rulebook": (no_rulebook, b"the examination failed: "),
    "a broken environment": (broken_environment, b"neither its pyvenv.cfg nor its lib folder"),
    "an environment that isn't there": (missing_environment, b"VIRTUAL_ENV names what isn't there"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_it_starts_all_the_same(installed: Path, tmp_path: Path, failure: str) -> None:
    variables, words = FAILURES[failure]
    done = preflight(installed, SAYS, "--budget", "0.5" if failure == "a hang" else "60", env=variables(tmp_path / "x"))
    assert (done.returncode, done.stdout) == (0, b"started\n")
    assert words in done.stderr
    assert b"not started" not in done.stderr


@pytest.mark.parametrize("failure", FAILURES)
def test_strict_blocks(installed: Path, tmp_path: Path, failure: str) -> None:
    variables, words = FAILURES[failure]
    budget = "0.5" if failure == "a hang" else "60"
    done = preflight(installed, SAYS, "--strict", "--budget", budget, env=variables(tmp_path / "x"))
    assert (done.returncode, done.stdout) == (78, b"")
    assert words in done.stderr
    assert b"not started: the examination wasn't whole (--strict)" in done.stderr


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_crash_of_the_examination(installed: Path, tmp_path: Path, number: signal.Signals, strict: bool) -> None:
    options = ["--budget", "3600", *(["--strict"] if strict else [])]
    process = started(installed, *options, env=endless(tmp_path / "rules"))
    [child] = until(lambda: children(process.pid))
    os.kill(child, number)
    if strict:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 78
    else:
        until(lambda: asleep(process.pid))
        _, said = end(process, signal.SIGKILL)
    assert b"the examination wasn't finished: it crashed (signal %d)" % number in said


def test_what_was_found_before_a_hang_counts(
    installed: Path, rulebook: Callable[..., dict[str, str]], fake_nvml: Callable[..., Path]
) -> None:
    late = setting("TRI002", 'set = { LATE = "1" }').replace("present(os.arch)", 'driver.cuda_version >= "1.0"')
    env = {**rulebook(setting("TRI001", 'set = { EARLY = "1" }'), late), "LD_LIBRARY_PATH": str(fake_nvml("hangs"))}
    done = preflight(installed, [CAT, "/proc/self/environ"], "--budget", "3", env=env)
    assert done.returncode == 0
    assert b"EARLY=1" in done.stdout
    assert b"LATE=1" not in done.stdout


@pytest.mark.parametrize("strict", [(), ("--strict",)])
def test_a_report_that_cannot_be_written(installed: Path, tmp_path: Path, strict: tuple[str, ...]) -> None:
    env = {"VIRTUAL_ENV": ""}
    done = preflight(installed, SAYS, "--report", str(tmp_path / "no" / "folder"), *strict, "--budget", "60", env=env)
    assert done.returncode == (78 if strict else 0)
    assert b"the report can't be written" in done.stderr


@pytest.mark.parametrize("target", [None, "/dev/full"])
def test_standard_error_may_be_closed_or_full(installed: Path, target: str | None) -> None:
    redirect = "2>&-" if target is None else f"2>{target}"
    script = f"{installed} preflight -- /bin/echo started {redirect}"
    done = run(["/bin/sh", "-c", script])
    assert (done.returncode, done.stdout) == (0, b"started\n")
