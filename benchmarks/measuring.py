"""CPU time of processes and of calls, and the machine on which it was measured."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


_CACHES = "/proc/sys/vm/drop_caches"


class Command(NamedTuple):
    """A command line and how it is to be run; `python` is the interpreter whose bare start it is held against.

    `variables` come on top of the environment. Where `cold` names folders, nothing is in the page cache before each
    run and each bare start, or, where only root may do that, no file below these.
    """

    label: str
    line: Sequence[str]
    python: Path
    goal: float | None = None
    variables: Mapping[str, str] = {}
    cold: Sequence[Path] = ()


class Cost(NamedTuple):
    """Medians over the rounds: CPU time in terms of a bare start of Python, and in milliseconds."""

    ratio: float
    milliseconds: float


def process(line: Sequence[str], cwd: Path, env: Mapping[str, str]) -> float:
    """CPU seconds (user and system) of one process with all children that it waited for."""
    started = subprocess.Popen(
        line, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(line)} ended with exit code {started.returncode}")
    return used.ru_utime + used.ru_stime


def processes(
    commands: Sequence[Command], rounds: int, cwd: Path, env: Mapping[str, str]
) -> tuple[dict[str, Cost], float]:
    """The cost of each command by its label, and the milliseconds of a bare start.

    The commands take turns, each after a bare start of its own, those with a cold cache after all others; two rounds
    before the first one aren't counted.
    """
    ratios: dict[str, list[float]] = {command.label: [] for command in commands}
    times: dict[str, list[float]] = {command.label: [] for command in commands}
    bare = []
    for among in ([one for one in commands if not one.cold], [one for one in commands if one.cold]):
        for turn in range(-2, rounds):
            for command in among:
                chill(command.cold)
                start = process([str(command.python), "-c", "pass"], cwd, env)
                chill(command.cold)
                whole = process(command.line, cwd, {**env, **command.variables})
                if turn < 0:
                    continue
                if not command.cold:
                    bare.append(start)
                ratios[command.label].append(whole / start)
                times[command.label].append(whole)
    costs = {
        command.label: Cost(statistics.median(ratios[command.label]), 1000 * statistics.median(times[command.label]))
        for command in commands
    }
    return costs, 1000 * statistics.median(bare)


def chill(folders: Sequence[Path]) -> None:
    """Empties the kernel's caches (proc_sys_vm(5)), if folders are given and root runs this.

    Else takes all files below these folders out of the page cache, as far as nobody else has them mapped.
    """
    if folders and os.access(_CACHES, os.W_OK):
        os.sync()
        with open(_CACHES, "w", encoding="ascii") as handle:
            handle.write("3")
        return
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as handle:
                    os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def call(work: Callable[[], object], rounds: int) -> float:
    """The median of the CPU milliseconds that a call takes in this process, after two that aren't counted."""
    times = []
    for turn in range(-2, rounds):
        start = time.process_time()
        work()
        if turn >= 0:
            times.append(time.process_time() - start)
    return 1000 * statistics.median(times)


def machine() -> str:
    """Where and when a figure was taken, in a line."""
    day = datetime.now(timezone.utc).date()
    return f"{processor()}, {os.cpu_count()} cores, {platform.machine()} · Python {platform.python_version()} · {day}"


def processor() -> str:
    """The kind of processor as the kernel names it; of Arm cores, their part numbers."""
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as handle:
        fields = [line.partition(":")[::2] for line in handle if ":" in line]
    for wanted in ("model name", "CPU part"):
        found = dict.fromkeys(value.strip() for name, value in fields if name.strip() == wanted)
        if found:
            return ", ".join(found) if wanted == "model name" else f"cores of part {', '.join(found)}"
    return "unnamed processor"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; all columns but the first are numbers."""
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def progress(text: str) -> None:
    """One line to standard error."""
    print(text, file=sys.stderr, flush=True)
