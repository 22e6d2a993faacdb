"""What it costs to read which GPU code a library holds, in terms of reading the file: torch's largest library."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import machine, process, progress, table
from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.source import Descriptor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WHEEL = "torch==2.14.1"
LIBRARY = "torch/lib/libtorch_cuda.so"
PLATFORM = "manylinux_2_28_x86_64"
PIECE = 1 << 20


def main() -> None:
    """Measures and prints a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scanning", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often everything is read (default: 9)")
    parser.add_argument("--wheel", default=WHEEL, help=f"the wheel whose library is read (default: {WHEEL})")
    parser.add_argument("--library", type=Path, help="read this file instead, and fetch nothing")
    parser.add_argument(
        "--command", default="sparkdoctor scan", help="the command to measure on the file (default: sparkdoctor scan)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = options.library or fetch(options.wheel, Path(folder))
        size = library.stat().st_size
        print(f"{library.name}, {size:,} bytes, in the page cache · {machine()}\n")
        print(table(["in one process", "× reading it once", "ms", "goal"], inside(library, options.rounds)))
        line = [*options.command.split(), str(library)]
        print(table(["whole command", "× `cat`", "ms", "goal"], commands(library, line, options.rounds, Path(folder))))


def fetch(wheel: str, folder: Path) -> Path:
    """The largest library of a wheel, which is fetched for it."""
    progress(f"fetching {wheel}")
    line = [sys.executable, "-m", "pip", "-qq", "download", "--no-deps", "--only-binary=:all:", f"--dest={folder}"]
    subprocess.run([*line, "--python-version=312", f"--platform={PLATFORM}", wheel], check=True)
    [path] = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        archive.extract(LIBRARY, folder)
    path.unlink()
    return folder / LIBRARY


def inside(library: Path, rounds: int) -> list[list[str]]:
    """CPU time of calls: each round reads the file once, then its GPU code, then searches the rest."""
    descriptor = os.open(library, os.O_RDONLY)
    buffer = bytearray(PIECE)

    def whole() -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        while os.readv(descriptor, [buffer]):
            pass

    def headers() -> None:
        contents(Descriptor(descriptor), search=False)

    def searched() -> None:
        contents(Descriptor(descriptor), search=True)

    whole()
    [once, read, search] = in_turns([whole, headers, searched], rounds)
    os.close(descriptor)
    return [
        [f"reading the file once, in pieces of {PIECE >> 10} KiB", "1.00", f"{once:.1f}", ""],
        ["which GPU code its sections hold", f"{read / once:.3f}", f"{read:.1f}", "0.1"],
        ["the rest of the file searched, too", f"{search / once:.2f}", f"{search:.1f}", ""],
    ]


def in_turns(works: Sequence[Callable[[], None]], rounds: int) -> list[float]:
    """The median of the milliseconds of each call; all take turns, and one round before the first isn't counted."""
    times: list[list[float]] = [[] for _ in works]
    for turn in range(-1, rounds):
        for work, taken in zip(works, times, strict=True):
            start = time.process_time()
            work()
            if turn >= 0:
                taken.append(1000 * (time.process_time() - start))
    return [statistics.median(taken) for taken in times]


def commands(library: Path, line: list[str], rounds: int, folder: Path) -> list[list[str]]:
    """CPU time of whole commands: `cat`, a bare start of Python, and the command its cache empty each time."""
    lines = {
        f"`cat {library.name}`": ["cat", str(library)],
        "`python -c pass`": [sys.executable, "-c", "pass"],
        f"`{' '.join(line[:-1])} {library.name}`": line,
    }
    taken: dict[str, list[float]] = {label: [] for label in lines}
    for turn in range(-1, rounds):
        for label, command in lines.items():
            home = folder / f"home{turn}"
            home.mkdir(exist_ok=True)
            env = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
            cost = 1000 * process(command, folder, env)
            if turn >= 0:
                taken[label].append(cost)
    medians = {label: statistics.median(costs) for label, costs in taken.items()}
    cat = next(iter(medians.values()))
    goals = ["", "", "0.5"]
    return [
        [label, f"{cost / cat:.2f}", f"{cost:.1f}", goal]
        for (label, cost), goal in zip(medians.items(), goals, strict=True)
    ]


if __name__ == "__main__":
    main()
