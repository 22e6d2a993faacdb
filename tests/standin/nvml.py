"""A management library that answers as that of a GB10 does, or not at all, compiled when a test needs it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

COMPILER = shutil.which("gcc")

BEHAVIOURS = {
    "answers": "return 0;",
    "hangs": "for (;;) pause();",
    "crashes": "raise(SIGSEGV); return 0;",
    "shouts": 'puts("shouting"); fflush(stdout); return 0;',
    "unloaded": "return 9;",
    "mismatched": "return 18;",
}
"""What the library does when it is initialised; numbers are error codes of NVML."""

GPUS = {"gb10": (0, 1), "rtx5090": (1, 1), "both": (0, 2)}
"""Of the library's list, which GPU is the first and how many there are."""

LOADS = {
    "idle": {"MHZ": 208, "PERCENT": 0, "MILLIWATTS": 4500, "REASONS": 1},
    "busy": {"MHZ": 2405, "PERCENT": 97, "MILLIWATTS": 82000, "REASONS": 0},
    "wedged": {"MHZ": 507, "PERCENT": 97, "MILLIWATTS": 11900, "REASONS": 0},
}
"""What the GPUs do: clock, utilisation, power and the reasons why the clock isn't higher (1: idle)."""

_SOURCE = Path(__file__).with_name("nvml.c")


def fake_nvml(folder: Path, behaviour: str = "answers", gpus: str = "gb10", load: str = "idle") -> Path:
    """Compiles libnvidia-ml.so.1 into `folder`, which goes into LD_LIBRARY_PATH.

    `gpus` and `load` are of GPUS and LOADS. With both GPUs the RTX 5090 at 0000:01:00.0 comes after the GB10, against
    the order of the bus. Raises FileNotFoundError where gcc is missing.
    """
    if COMPILER is None:
        raise FileNotFoundError("gcc")
    folder.mkdir(parents=True, exist_ok=True)
    first, count = GPUS[gpus]
    numbers = {"FIRST": first, "GPUS": count, **LOADS[load]}
    subprocess.run(
        [
            COMPILER,
            "-shared",
            "-fPIC",
            f"-DINITIALISE={BEHAVIOURS[behaviour]}",
            *(f"-D{name}={number}" for name, number in numbers.items()),
            "-o",
            str(folder / "libnvidia-ml.so.1"),
            str(_SOURCE),
        ],
        check=True,
        timeout=60,
    )
    return folder
