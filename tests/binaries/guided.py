"""Fuzzing guided by coverage, with atheris (`pip install atheris`, in an environment of Python 3.11 to 3.13).

`python -m tests.binaries.guided -runs=1000000` starts from the samples; other options are libFuzzer's.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sparkdoctor.binaries"]):
    from tests.binaries.mutations import hold, samples


def one(content: bytes) -> None:
    """Reads any bytes; whether the rest is searched hangs on their number."""
    hold(content, (None, False, True)[len(content) % 3])


def main() -> None:
    """Runs libFuzzer on a corpus of the samples."""
    with tempfile.TemporaryDirectory() as folder:
        for number, sample in enumerate(samples()):
            (Path(folder) / str(number)).write_bytes(sample)
        atheris.Setup([sys.argv[0], "-max_len=12000", *sys.argv[1:], folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
