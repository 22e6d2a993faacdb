"""What check says of whole machines: nothing of healthy ones, the planted trouble first of broken ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests import standin
from tests.acceptance import sites
from tests.cli.running import report, sparkdoctor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENVIRON = b"VIRTUAL_ENV=/opt/venv\0PATH=/usr/local/bin:/usr/bin\0HOME=/root\0"
ONE_SCREEN = 24

HEALTHY: dict[str, Callable[[Path], standin.Root]] = {
    "DGX Spark": standin.healthy_spark,
    **{name: partial(standin.sibling, name=name) for name in standin.SIBLINGS},
    "RTX 5090": standin.rtx5090_host,
    "Jetson Thor": standin.thor,
    "no GPU": standin.no_gpu,
}


def equipped(root: standin.Root) -> standin.Root:
    """With CUDA 13, and torch 2.14 with its Triton in a virtual environment that a process of the machine uses."""
    standin.toolkit(root)
    site = root.path / standin.environment(root).lstrip("/")
    sites.torch(site, "2.14.1", cuda="13.0")
    assemblers = {"ptxas": ("12.8.93", sites.CUDA_12_8), "ptxas-blackwell": ("13.1.80", sites.CUDA_13)}
    sites.triton(site, "3.8.0", assemblers)
    root.write("/proc/1/environ", ENVIRON)
    return root


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("with_torch", [False, True], ids=["bare", "with torch"])
def test_healthy_machines_fit_on_a_screen_and_raise_nothing(name: str, with_torch: bool, tmp_path: Path) -> None:
    root = HEALTHY[name](tmp_path / "machine")
    if with_torch:
        equipped(root)
    done = sparkdoctor("check", "--root", root.path)
    assert done.returncode == 0, done.stdout
    assert sites.raised(report("--root", root.path)) == []
    assert len(done.stdout.splitlines()) <= ONE_SCREEN, done.stdout


def broken_driver(path: Path) -> standin.Root:
    return standin.broken_spark(path)


def without_driver(path: Path) -> standin.Root:
    return standin.no_driver(path)


def closed_module(path: Path) -> standin.Root:
    return standin.healthy_spark(path, open_module=False)


def old_driver(path: Path) -> standin.Root:
    return standin.healthy_spark(path, driver="570.124.06")


def generic_kernel(path: Path) -> standin.Root:
    return standin.healthy_spark(path, kernel="6.17.0-8-generic")


def old_toolkit(path: Path) -> standin.Root:
    root = standin.healthy_spark(path)
    standin.toolkit(root, "12.8.1", "12.8.93", sites.CUDA_12_8)
    return root


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        (broken_driver, "driver-library-version-mismatch"),
        (without_driver, "driver-module-missing-for-running-kernel"),
        (closed_module, "gb10-needs-open-kernel-module"),
        (old_driver, "gb10-driver-550-cuda12-stuck-at-5w"),
        (generic_kernel, "gb10-generic-kernel-instead-of-nvidia"),
        (old_toolkit, "nvcc-knows-sm121-from-12-9"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_the_planted_trouble_comes_first(broken: Callable[[Path], standin.Root], cause: str, tmp_path: Path) -> None:
    found: dict[str, Any] = report("--root", broken(tmp_path / "machine").path)
    assert cause in found["findings"][0]["causes"], [(item["id"], item["causes"]) for item in found["findings"]]
    assert found["findings"][0]["severity"] != "info"
