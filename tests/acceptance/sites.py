"""Folders of distributions for aarch64, made as `pip install --target` makes them, on any machine."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.standin.cuda import assembler

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

FOREIGN = [
    "--only-binary=:all:",
    "--python-version=3.12",
    "--implementation=cp",
    "--platform=manylinux2014_aarch64",
    *(f"--platform=manylinux_2_{minor}_aarch64" for minor in range(17, 40)),
]
"""pip's options for wheels of aarch64 and CPython 3.12."""

CUDA_12_8 = ("sm_75", "sm_80", "sm_90", "sm_90a", "sm_100", "sm_100a", "sm_101", "sm_101a", "sm_120", "sm_120a")
CUDA_13 = (*CUDA_12_8[:6], "sm_103", "sm_103a", "sm_110", "sm_110a", "sm_120", "sm_120a", "sm_121", "sm_121a")


def pip(*arguments: str) -> None:
    """Runs this Python's pip."""
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True)


def install(site: Path, *requirements: str) -> None:
    """Places real wheels of aarch64, without what they require."""
    pip("install", "--no-deps", "--no-compile", *FOREIGN, f"--target={site}", *requirements)


def required(site: Path, requirement: str, installed: Sequence[str]) -> None:
    """Places the dist-infos of all that pip's resolver finds for `requirement`, but for those installed already."""
    report = site.parent / "report.json"
    pip("install", "--dry-run", "--ignore-installed", f"--report={report}", *FOREIGN, f"--target={site}", requirement)
    for item in json.loads(report.read_text())["install"]:
        metadata = item["metadata"]
        if metadata["name"].lower() not in installed:
            dist_info(site, metadata["name"], metadata["version"], metadata.get("requires_dist", ()))


def dist_info(site: Path, name: str, version: str, requires: Iterable[str] = ()) -> None:
    """The metadata of one distribution and none of its code."""
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    lines = [f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"]
    lines += [f"Requires-Dist: {requirement}\n" for requirement in requires]
    (folder / "METADATA").write_text("".join(lines))
    (folder / "WHEEL").write_text("Wheel-Version: 1.0\nTag: cp312-cp312-manylinux_2_28_aarch64\n")
    (folder / "INSTALLER").write_text("pip\n")


def torch(site: Path, version: str, cuda: str | None) -> None:
    """What tells torch's build: its dist-info and torch/version.py."""
    dist_info(site, "torch", version)
    (site / "torch").mkdir()
    stated = "None" if cuda is None else f"'{cuda}'"
    (site / "torch" / "version.py").write_text(f"__version__ = '{version}'\ncuda: Optional[str] = {stated}\n")


def triton(site: Path, version: str, assemblers: Mapping[str, tuple[str, Sequence[str]]]) -> None:
    """Triton's dist-info and its assemblers: file name → version and targets."""
    dist_info(site, "triton", version)
    folder = site / "triton" / "backends" / "nvidia" / "bin"
    folder.mkdir(parents=True)
    for name, (build, targets) in assemblers.items():
        (folder / name).write_bytes(assembler(build, targets))
        (folder / name).chmod(0o755)


def raised(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Id and severity of the findings at warning or error."""
    return [(item["id"], item["severity"]) for item in report["findings"] if item["severity"] != "info"]
