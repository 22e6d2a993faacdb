"""Starts commands through pre-flight and without it, in processes whose every property the test decides."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

CAT = "/bin/cat"
SH = "/bin/sh"
HEEDING = ("/usr/bin/env", "--default-signal=INT,HUP,TERM")
"""Whoever runs the tests in the background has them ignore some signals, and so all that they start."""
HOPELESS = "an examination that never comes to an end"


def preflight(
    installed: Path,
    command: Sequence[str],
    *options: str,
    env: Mapping[str, str] | None = None,
    **how: Any,
) -> subprocess.CompletedProcess[bytes]:
    """The finished command behind a pre-flight with these options; `env` is the whole environment."""
    return run([str(installed), "preflight", *options, "--", *command], env=env, **how)


def run(line: Sequence[str], env: Mapping[str, str] | None = None, **how: Any) -> subprocess.CompletedProcess[bytes]:
    """The finished process."""
    how = {"stdin": subprocess.DEVNULL, "capture_output": True, **how}
    return subprocess.run(line, env=dict(env or {}), timeout=100, check=False, **how)


def started(installed: Path, *options: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A pre-flight in front of `sleep 100`, in a process group of its own."""
    return subprocess.Popen(
        [*HEEDING, str(installed), "preflight", *options, "--", "/bin/sleep", "100"],
        env=dict(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def until(seen: Callable[[], Any], seconds: float = 60) -> Any:
    """Waits for something to be so and gives it; fails where it takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = seen()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it didn't come to pass")


def children(process: int) -> list[int]:
    """The children of a process with one thread."""
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as handle:
        return list(map(int, handle.read().split()))


def asleep(process: int) -> bool:
    """Whether this is `sleep` already."""
    try:
        with open(f"/proc/{process}/comm", encoding="ascii") as handle:
            return handle.read() == "sleep\n"
    except OSError:
        return False


def gone(process: int) -> bool:
    """Whether there is no such process any more, or only what nobody has waited for."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as handle:
            return handle.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def endless(folder: Path) -> dict[str, str]:
    """Variables under which the examination hangs in the kernel: its rulebook is a pipe that nobody writes to."""
    folder.mkdir()
    os.mkfifo(folder / "rulebook.toml")
    return {"SPARKDOCTOR_RULEBOOK": str(folder)}


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, bytes]:
    """Sends the signal; exit code and what stood on standard error."""
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    return process.returncode, said
