"""A stop ends the whole at once, during the examination and after it, and leaves no process behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.preflight.conftest import setting
from tests.preflight.running import asleep, children, end, endless, gone, started, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.timeout(400)  # the builder and the installer ask the package index


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stop_during_the_examination(installed: Path, tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = started(installed, "--budget", "3600", env=endless(tmp_path / "rules"))
    [child] = until(lambda: children(process.pid))
    assert end(process, number) == (code, b"")
    until(lambda: gone(child))


EARLY = """
import os, signal, time
from sparkdoctor.preflight import ending
from sparkdoctor.preflight.apart import apart

os.register_at_fork(
    after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM), after_in_child=lambda: time.sleep(100)
)
ending.install()
apart(lambda send: None, 100, print)
"""
"""A stop that comes before the child has done anything; as long as the child lives, it holds standard output."""


def test_a_stop_right_after_the_fork() -> None:
    done = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, timeout=60, check=False)
    assert done.returncode == 143


def test_a_stop_takes_the_child_of_the_child_along(
    installed: Path, rulebook: Callable[..., dict[str, str]], fake_nvml: Callable[..., Path]
) -> None:
    asks = setting("TRI001", 'set = { X = "1" }').replace("present(os.arch)", 'driver.cuda_version >= "1.0"')
    env = {**rulebook(asks), "LD_LIBRARY_PATH": str(fake_nvml("hangs"))}
    process = started(installed, "--budget", "3600", env=env)
    [child] = until(lambda: children(process.pid) or process.poll())
    [grandchild] = until(lambda: children(child) or asleep(process.pid))
    code, _ = end(process, signal.SIGTERM)
    assert code == 143
    until(lambda: gone(child) and gone(grandchild))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_of_the_command(installed: Path, number: signal.Signals) -> None:
    process = started(installed)
    until(lambda: asleep(process.pid))
    assert end(process, number)[0] == -number


def test_no_child_is_left_to_the_command(installed: Path, tmp_path: Path) -> None:
    process = started(installed, "--budget", "0.3", env=endless(tmp_path / "rules"))
    until(lambda: asleep(process.pid))
    assert children(process.pid) == []
    end(process, signal.SIGKILL)
