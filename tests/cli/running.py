"""Runs the command as a user would, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.shipped import program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def sparkdoctor(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    cwd: Path | None = None,
    under: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """The finished process; `env` is laid over ours less VIRTUAL_ENV and CONDA_PREFIX, `under` starts the command."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    done = subprocess.run(
        [*under, sys.executable, str(program()), *map(str, arguments)],
        env={**inherited, "PYTHONUTF8": "1", **(env or {})},
        input=stdin,
        capture_output=True,
        cwd=cwd,
        timeout=100,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    )


def report(*arguments: str | Path, **how: Any) -> dict[str, Any]:
    """What `check --format json` says."""
    done = sparkdoctor("check", *arguments, "--format", "json", **how)
    assert done.returncode in (0, 1, 4), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
