"""What it costs to put an environment aside before packages change, in terms of listing it: 50 distributions."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import machine, table
from sparkdoctor.facts.collectors.python import locate_named
from sparkdoctor.fixes import place
from sparkdoctor.fixes.packages import aside, difference
from sparkdoctor.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparkdoctor.fixes.place import Place


def main() -> None:
    """Measures and prints a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often everything is done (default: 9)")
    parser.add_argument("--distributions", type=int, default=50, help="how many there are (default: 50)")
    parser.add_argument("--files", type=int, default=200, help="files of each distribution (default: 200)")
    parser.add_argument("--environment", help="an environment to measure instead; its folder gets a .sparkdoctor")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.environment or made(Path(folder) / "venv", options.distributions, options.files)
        found = Machine("/", {"PATH": os.environ["PATH"]})
        where = place.of_environment(found, locate_named(found, str(path)))
        place.made(where)
        print(measured(where, options.rounds))


def made(path: Path, distributions: int, files: int) -> Path:
    """An environment with distributions of small files."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(path)], check=True)
    [site] = (path / "lib").glob("python3*/site-packages")
    for number in range(distributions):
        package = site / f"package{number}"
        info = site / f"package{number}-1.0.dist-info"
        info.mkdir()
        for part in range(files):
            file = package / f"part{part // 20}" / f"module{part}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"value = {part}\n" * 40)
        for name in ("METADATA", "RECORD", "WHEEL", "INSTALLER"):
            (info / name).write_text("a line of metadata\n" * 40)
    return path


def measured(where: Place, rounds: int) -> str:
    """The table of medians over the rounds, all taking turns."""
    steps: dict[str, Callable[[], object]] = {
        "list it (os.walk and lstat)": lambda: listed(where.prefix),
        "put it aside": lambda: aside.put(where, "measured"),
        "compare": lambda: difference.found(where, "measured", difference.bounds(where)),
        "let go of it": lambda: aside.drop(where, "measured"),
    }
    times: dict[str, list[float]] = {label: [] for label in steps}
    for _ in range(rounds):
        for label, step in steps.items():
            start = time.perf_counter()
            step()
            times[label].append(time.perf_counter() - start)
    base = statistics.median(times["list it (os.walk and lstat)"])
    rows = [
        [label, f"{statistics.median(values) / base:.1f}", f"{statistics.median(values) * 1000:.0f}"]
        for label, values in times.items()
    ]
    return f"{machine()}\n\n{listed(where.prefix):,} files\n\n" + table(["what", "ratio", "ms"], rows)


def listed(folder: str) -> int:
    """How many files lie below a folder."""
    count = 0
    for path, _, names in os.walk(folder):
        for name in names:
            os.lstat(os.path.join(path, name))
            count += 1
    return count


if __name__ == "__main__":
    main()
