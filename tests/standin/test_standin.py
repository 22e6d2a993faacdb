"""The stand-ins are held against what reads the real things."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distributions
from typing import TYPE_CHECKING

from tests import standin
from tests.standin.cuda import TARGETS_13_0

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TORCH = standin.Package("torch", "2.9.0+cu130", ("cp312-cp312-manylinux_2_28_aarch64",), ("triton==3.5.0",))
ML_PY = standin.Package("nvidia-ml-py", "13.615.71", installer="uv")


def test_an_environment_is_one_for_importlib(spark: standin.Root) -> None:
    site = standin.environment(spark, [TORCH, ML_PY])
    found = {dist.metadata["Name"]: dist for dist in distributions(path=[str(spark.at(site))])}
    assert {name: dist.version for name, dist in found.items()} == {"torch": "2.9.0+cu130", "nvidia-ml-py": "13.615.71"}
    assert found["torch"].requires == ["triton==3.5.0"]
    assert found["nvidia-ml-py"].read_text("INSTALLER") == "uv\n"
    for dist in found.values():
        recorded = [path for path in dist.files or () if path.name != "RECORD"]
        assert len(recorded) == 3
        assert all(path.hash and path.size == len(path.read_binary()) for path in recorded)


def test_an_assembler_states_its_version_and_targets(spark: standin.Root) -> None:
    folder = standin.toolkit(spark)
    assert folder == "/usr/local/cuda-13.0"
    content = spark.at("/usr/local/cuda/bin/ptxas").read_bytes()
    assert b"release 13.0, V13.0.88\0" in content
    assert all(target.encode() + b"\0" in content for target in TARGETS_13_0)


def test_a_damaged_spark_differs_in_what_was_damaged(tmp_path: Path) -> None:
    healthy, broken = standin.healthy_spark(tmp_path / "healthy"), standin.broken_spark(tmp_path / "broken")
    nic = "/sys/devices/pci0007:01/0007:01:00.0/driver"
    assert healthy.at(nic).readlink().name == "r8127"
    assert not broken.at(nic).is_symlink()
    assert broken.at("/proc/sys/kernel/osrelease").read_text() == "7.0.0-31-generic\n"


def test_the_library_answers_pynvml(fake_nvml: Callable[..., Path]) -> None:
    code = (
        "import pynvml as n; n.nvmlInit(); h = n.nvmlDeviceGetHandleByIndex(0)\n"
        "print(n.nvmlDeviceGetName(h), n.nvmlDeviceGetPciInfo(h).busId, n.nvmlDeviceGetCudaComputeCapability(h))\n"
        "try:\n    n.nvmlDeviceGetMemoryInfo(h)\nexcept n.NVMLError_NotSupported as error:\n    print(error)"
    )
    environ = {"LD_LIBRARY_PATH": str(fake_nvml())}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout == "NVIDIA GB10 0000000F:01:00.0 (12, 1)\nNot Supported\n"
