"""Short ways to ask a stand-in, and to ask in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import Reading, Unknown
from sparkdoctor.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.standin import Root

_PROJECT = Path(__file__).parents[3]


def examine(root: Root | Path, budgets: dict[int, float] | None = None) -> Examination:
    """The examination of a root folder, with nothing of our own environment in it."""
    path = root if isinstance(root, Path) else root.path
    return Examination(Machine(str(path), environ={}), budgets=budgets)


def reason(reading: Reading) -> str:
    """Why a reading is Unknown; fails where it isn't."""
    assert isinstance(reading.value, Unknown), reading
    return reading.value.reason


def in_process(code: str, environ: Mapping[str, str] | None = None, under: tuple[str, ...] = ()) -> Any:
    """What `code`, run by this Python in a new process, prints as JSON; `under` is a command to start it with."""
    run = subprocess.run(
        [*under, sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(_PROJECT), **(environ or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
