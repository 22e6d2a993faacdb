"""Reading an assembler's own bytes, held against what real ones print when they run."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.facts.collectors.assembler import assembler, targets, version
from sparkdoctor.machine import Machine
from tests.standin.cuda import TARGETS_12_8, TARGETS_13_0
from tests.standin.cuda import assembler as stand_in

WHEELS = {
    ("nvidia-cuda-nvcc-cu12", "12.8.93"): TARGETS_12_8,
    ("nvidia-cuda-nvcc", "13.0.88"): TARGETS_13_0,
}


@pytest.mark.parametrize("expected", [TARGETS_12_8, TARGETS_13_0])
def test_targets_are_told_from_oldest_to_newest(expected: list[str]) -> None:
    assert targets(stand_in("13.0.88", list(reversed(expected)))) == tuple(expected)


def test_names_of_gpus_that_it_no_longer_serves_are_no_targets() -> None:
    assert targets(b"\0sm_50\0compute_50\0sm_90\0lto_90\0compute_90\0") == ("sm_90",)


def test_a_name_that_is_the_end_of_a_longer_string_counts() -> None:
    assert targets(b"\0sm_121a\0emit_lto_121a\0") == ("sm_121a",)


@pytest.mark.parametrize("content", [b"", b"lto_121a", b"lto_121b\0", b"lto_1\0", b"lto_12100\0", b"release 13, V13"])
def test_what_looks_like_it_is_neither_a_target_nor_a_version(content: bytes) -> None:
    assert (targets(content), version(content)) == (None, None)


@given(st.binary())
def test_any_bytes_are_read(content: bytes) -> None:
    assert targets(content) is None or version(content) is None


@pytest.mark.slow
@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
@pytest.mark.parametrize(("package", "build"), list(WHEELS))
def test_a_real_assembler_says_of_itself_what_it_prints(
    package: str, build: str, arch: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = downloaded(package, build, arch, tmp_path_factory.mktemp("wheel"))
    found = assembler(Machine(), str(path))
    assert (found.version, found.targets) == (build, tuple(WHEELS[package, build]))
    if arch == platform.machine():
        assert set(found.targets or ()) == offered(path)


def downloaded(package: str, build: str, arch: str, folder: Path) -> Path:
    """The ptxas of a wheel of the package index; skips where the index can't be reached."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
    for tag in ("manylinux_2_17", "manylinux_2_12"):
        command += ["--platform", f"{tag}_{arch}"]
    run = subprocess.run([*command, "-d", str(folder), f"{package}=={build}"], capture_output=True, check=False)
    if run.returncode:
        pytest.skip("the package index gave no wheel")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        member = next(name for name in wheel.namelist() if name.endswith("/bin/ptxas"))
        path = Path(wheel.extract(member, folder))
    path.chmod(0o755)
    return path


def offered(path: Path) -> set[str]:
    """The names that `ptxas --help` allows for --gpu-name."""
    text = subprocess.run([str(path), "--help"], capture_output=True, text=True, check=True).stdout
    start = text.index("--gpu-name")
    return set(re.findall(r"'(sm_\w+)'", text[start : start + 2500]))
