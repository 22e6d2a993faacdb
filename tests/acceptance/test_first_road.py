"""Two environments: torch 2.9.1 with Triton 3.5.1 (CPU-only, too old), and torch 2.14 as pip resolves it (sound)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance import sites
from tests.cli.running import report, sparkdoctor

if TYPE_CHECKING:
    from pathlib import Path

NVIDIA_OF_TORCH_2_14 = {
    "nvidia-cublas": "13.1.1.3",
    "nvidia-cuda-cupti": "13.0.85",
    "nvidia-cuda-nvrtc": "13.0.88",
    "nvidia-cuda-runtime": "13.0.96",
    "nvidia-cudnn-cu13": "9.24.0.43",
    "nvidia-cufft": "12.0.0.61",
    "nvidia-cusparselt-cu13": "0.8.1",
    "nvidia-nccl-cu13": "2.30.7",
    "nvidia-nvshmem-cu13": "3.4.5",
    "cuda-toolkit": "13.0.3.0",
}


def both_troubles_are_named(site: Path) -> None:
    found = report("--python", site, "--target", "gb10")
    first, second = found["findings"][:2]
    assert first["causes"][0].startswith("torch-")
    assert "CPU build" in first["title"]
    assert "triton-bundled-ptxas-lacks-sm121" in second["causes"]
    assert sites.raised(found)[:2] == [(first["id"], "error"), (second["id"], "error")]
    assert any(fix["kind"] == "pin" and "torch" in fix["text"] for fix in first["fixes"])
    assert [fix["kind"] for fix in second["fixes"]][:1] in (["env"], ["pin"])
    assert all(evidence["origin"] in ("measured", "declared", "derived") for evidence in second["evidence"])
    assert found["summary"]["exit_code"] == 1


def nothing_is_raised(site: Path) -> None:
    done = sparkdoctor("check", "--python", site, "--target", "gb10")
    assert done.returncode == 0, done.stdout
    found: dict[str, Any] = report("--python", site, "--target", "gb10")
    assert sites.raised(found) == []
    assert ("nothing found" in done.stdout) is (not found["findings"])


def test_the_broken_one_cut_down(tmp_path: Path) -> None:
    site = tmp_path / "site"
    sites.torch(site, "2.9.1", cuda=None)
    sites.triton(site, "3.5.1", {"ptxas": ("12.8.93", sites.CUDA_12_8)})
    both_troubles_are_named(site)


def test_the_healthy_one_cut_down(tmp_path: Path) -> None:
    site = tmp_path / "site"
    sites.torch(site, "2.14.1", cuda="13.0")
    sites.triton(site, "3.8.0", {"ptxas": ("12.8.93", sites.CUDA_12_8), "ptxas-blackwell": ("13.1.80", sites.CUDA_13)})
    for name, version in NVIDIA_OF_TORCH_2_14.items():
        sites.dist_info(site, name, version)
    nothing_is_raised(site)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_broken_one_for_real(tmp_path: Path) -> None:
    site = tmp_path / "site"
    sites.install(site, "torch==2.9.1", "triton==3.5.1")
    both_troubles_are_named(site)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_healthy_one_for_real(tmp_path: Path) -> None:
    site = tmp_path / "site"
    sites.required(site, "torch==2.14.1", installed=("torch", "triton"))
    sites.install(site, "torch==2.14.1", "triton==3.8.0")
    nothing_is_raised(site)
