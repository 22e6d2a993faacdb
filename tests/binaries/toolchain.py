"""NVIDIA's compiler and the readers that come with it, from the package index."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "13.5.37"
PACKAGES = (
    "nvidia-cuda-nvcc",
    "nvidia-cuda-crt",
    "nvidia-nvvm",
    "nvidia-cuda-runtime",
    "nvidia-cuda-cuobjdump",
)
_LISTED = re.compile(r"^(ELF|PTX) file +\d+: \S+?\.((?:sm)_\d+[af]?)\.(?:cubin|ptx)$", re.MULTILINE)
_NOTHING = "does not contain device code"
_VERSION = re.compile(r"^\.version (\d+\.\d+)$", re.MULTILINE)


class Unavailable(Exception):
    """The compiler can't be had here; says why."""


class Toolchain(NamedTuple):
    """The toolkit's folder."""

    path: Path

    def run(self, program: str, *arguments: object, cwd: Path, may_say: str = "\0") -> str:
        """What a program of the toolkit prints; raises AssertionError where it fails and doesn't say `may_say`."""
        line = [str(self.path / "bin" / program), *map(str, arguments)]
        env = {**os.environ, "PATH": f"{self.path / 'bin'}:{os.environ['PATH']}"}
        done = subprocess.run(line, cwd=cwd, env=env, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0 or may_say in done.stdout + done.stderr, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def nvcc(self, *arguments: object, cwd: Path) -> None:
        """Compiles."""
        self.run("nvcc", "-Xcompiler", "-fPIC", f"-L{self.path / 'lib'}", *arguments, cwd=cwd)

    def listed(self, path: Path) -> Counter[str]:
        """What cuobjdump lists of a file: sm_ and compute_ targets, each as often as it is there.

        It leaves out the suffix f of machine code.
        """
        printed = self.run("cuobjdump", "-all", "-lelf", "-lptx", path, cwd=path.parent, may_say=_NOTHING)
        return Counter(
            name if kind == "ELF" else name.replace("sm_", "compute_") for kind, name in _LISTED.findall(printed)
        )

    def isa_versions(self, path: Path) -> set[str]:
        """The versions of the PTX ISA that the PTX in a file names itself."""
        return set(_VERSION.findall(self.run("cuobjdump", "-ptx", path, cwd=path.parent)))


def install(folder: Path) -> Toolchain:
    """Installs the compiler into a folder. Raises Unavailable."""
    if platform.machine() != "x86_64" or platform.system() != "Linux":
        raise Unavailable("the compiler is fetched for x86-64 Linux alone")
    if not shutil.which("g++"):
        raise Unavailable("g++ is missing: nvcc needs a host compiler")
    line = [sys.executable, "-m", "uv", "--quiet", "pip", "install", f"--python={sys.executable}", f"--target={folder}"]
    done = subprocess.run(
        [*line, *(f"{name}=={VERSION}" for name in PACKAGES)], capture_output=True, text=True, timeout=110, check=False
    )
    if done.returncode:
        raise Unavailable(f"the compiler can't be installed: {done.stderr.strip()[-300:]}")
    return Toolchain(folder / "nvidia" / "cu13")
