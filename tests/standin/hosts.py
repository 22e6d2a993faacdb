"""The machines that tests examine, built in folders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.standin.host import build
from tests.standin.relatives import NO_GPU, RTX_5090_HOST, THOR
from tests.standin.spark import DEVICES, SERIAL, SIBLINGS, SPARK, sibling_host

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standin.root import Root

__all__ = ["RTX_5090_HOST", "SERIAL", "SIBLINGS", "SPARK", "THOR"]


def healthy_spark(path: Path, **changes: Any) -> Root:
    """A Spark with nothing to complain of; `changes` are fields of Host."""
    return build(path, replace(SPARK, **changes))


def broken_spark(path: Path, **changes: Any) -> Root:
    """A Spark on Ubuntu's generic kernel: no network driver, swap on, libraries of another driver than the module."""
    faults: dict[str, Any] = {
        "kernel": "7.0.0-31-generic",
        "cmdline": "BOOT_IMAGE=/boot/vmlinuz-7.0.0-31-generic ro",
        "devices": tuple(replace(device, driver=None) if device.driver == "r8127" else device for device in DEVICES),
        "modules": ("mlx5_core", "nvme", "mt7925e"),
        "library": "580.142",
        "meminfo_kib": {**SPARK.meminfo_kib, "SwapTotal": 16777212, "SwapFree": 10485760},
    }
    return build(path, replace(SPARK, **{**faults, **changes}))


def sibling(path: Path, name: str, **changes: Any) -> Root:
    """Another maker's machine with a GB10, by its name in SIBLINGS."""
    return build(path, replace(sibling_host(name), **changes))


def rtx5090_host(path: Path, **changes: Any) -> Root:
    """A PC with an RTX 5090 beside the processor's own graphics."""
    return build(path, replace(RTX_5090_HOST, **changes))


def thor(path: Path, **changes: Any) -> Root:
    """A Jetson AGX Thor developer kit."""
    return build(path, replace(THOR, **changes))


def no_gpu(path: Path, **changes: Any) -> Root:
    """A PC without an NVIDIA GPU and driver."""
    return build(path, replace(NO_GPU, **changes))


def no_driver(path: Path, **changes: Any) -> Root:
    """A Spark whose GPU is on the bus, but no driver is loaded or installed."""
    files = {name: content for name, content in SPARK.files.items() if not name.startswith("/dev/")}
    return build(path, replace(SPARK, **{"driver": None, "files": files, **changes}))
