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

_SOURCE = Path(__file__).with_name("nvml.c")


def fake_nvml(folder: Path, behaviour: str = "answers", rtx_5090_too: bool = False) -> Path:
    """Compiles libnvidia-ml.so.1 into `folder`, which goes into LD_LIBRARY_PATH.

    With `rtx_5090_too` an RTX 5090 at 0000:01:00.0 comes after the GB10, against the order of the bus. Raises
    FileNotFoundError where gcc is missing.
    """
    if COMPILER is None:
        raise FileNotFoundError("gcc")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            COMPILER,
            "-shared",
            "-fPIC",
            f"-DINITIALISE={BEHAVIOURS[behaviour]}",
            f"-DGPUS={2 if rtx_5090_too else 1}",
            "-o",
            str(folder / "libnvidia-ml.so.1"),
            str(_SOURCE),
        ],
        check=True,
        timeout=60,
    )
    return folder
