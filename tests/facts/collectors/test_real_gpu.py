"""On a machine with an NVIDIA GPU: what we read is what nvidia-smi says."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.machine import Machine

pytestmark = pytest.mark.gpu


@pytest.fixture
def stated() -> list[list[str]]:
    """Name, compute capability and driver version of each GPU by nvidia-smi, in the order of the bus."""
    program = shutil.which("nvidia-smi")
    if program is None:
        pytest.skip("no nvidia-smi: no NVIDIA GPU to compare with")
    query = [program, "--query-gpu=name,compute_cap,driver_version", "--format=csv,noheader"]
    run = subprocess.run(query, capture_output=True, text=True, timeout=60, check=False)
    if run.returncode != 0:
        pytest.skip("nvidia-smi doesn't answer")
    return [line.split(", ") for line in run.stdout.splitlines()]


def test_what_we_read_is_what_nvidia_smi_says(stated: list[list[str]]) -> None:
    exam = Examination(Machine())
    known = [
        [exam.read(name, index).value for name in ("gpu.name", "gpu.compute_capability")]
        for index in range(exam.gpus())
        if exam.read("gpu.compute_capability", index).present
    ]
    assert known == [line[:2] for line in stated]
    version = exam.read("driver.version")
    assert not version.present or version.value == stated[0][2]
