"""The machines that tests examine, as public logs show them; `SERIAL` stands for what no report may show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.standin.host import Gpu, Host, PciDevice, build

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standin.root import Root

SERIAL = "1984025001337"

_UBUNTU = {
    "PRETTY_NAME": "Ubuntu 24.04.4 LTS",
    "NAME": "Ubuntu",
    "VERSION_ID": "24.04",
    "VERSION_CODENAME": "noble",
    "ID": "ubuntu",
    "ID_LIKE": "debian",
}

_SPARK_DMI = {
    "sys_vendor": "NVIDIA",
    "product_name": "NVIDIA_DGX_Spark",
    "product_version": "A.7",
    "product_serial": SERIAL,
    "board_name": "P4242",
    "bios_vendor": "AMI",
    "bios_version": "5.36_0ACUM023",
}

_SPARK_DEVICES = (
    PciDevice("0000:00:00.0", "10de:22ce", "0x060400", "pcieport"),
    PciDevice("0000:01:00.0", "15b3:1021", "0x020000", "mlx5_core"),
    PciDevice("0000:01:00.1", "15b3:1021", "0x020000", "mlx5_core"),
    PciDevice("0002:01:00.0", "15b3:1021", "0x020000", "mlx5_core"),
    PciDevice("0002:01:00.1", "15b3:1021", "0x020000", "mlx5_core"),
    PciDevice("0004:01:00.0", "1987:5027", "0x010802", "nvme"),
    PciDevice("0007:01:00.0", "10ec:8127", "0x020000", "r8127"),
    PciDevice("0009:01:00.0", "14c3:7925", "0x028000", "mt7925e"),
    PciDevice("000f:00:00.0", "10de:22d1", "0x060400", "pcieport"),
)

_DGX_RELEASE = f"""\
DGX_NAME="DGX Spark"
DGX_PRETTY_NAME="NVIDIA DGX Spark"
DGX_SWBUILD_DATE="2025-09-10-13-50-03"
DGX_SWBUILD_VERSION="7.2.3"
DGX_COMMIT_ID="833b4a7"
DGX_PLATFORM="DGX Server for KVM"
DGX_SERIAL_NUMBER="{SERIAL}"

DGX_OTA_VERSION="7.4.0"
DGX_OTA_DATE="Tue Feb  3 09:06:56 AM PST 2026"

DGX_OTA_VERSION="7.5.0"
DGX_OTA_DATE="Mon May  4 09:06:56 AM PDT 2026"
"""

SPARK = Host(
    arch="aarch64",
    kernel="6.17.0-1014-nvidia",
    cmdline="BOOT_IMAGE=/boot/vmlinuz-6.17.0-1014-nvidia ro init_on_alloc=0 iommu.passthrough=0 pci=pcie_bus_safe",
    os_release=_UBUNTU,
    gpus=(Gpu("000f:01:00.0", "10de:2e12", "NVIDIA GB10"),),
    devices=_SPARK_DEVICES,
    driver="580.159.03",
    modules=("r8127", "mlx5_core", "nvme", "mt7925e"),
    dmi=_SPARK_DMI,
    dgx_release=_DGX_RELEASE,
    meminfo_kib={
        "MemTotal": 127509876,
        "MemFree": 98304000,
        "MemAvailable": 117440512,
        "Buffers": 524288,
        "Cached": 16777216,
        "SwapTotal": 0,
        "SwapFree": 0,
    },
)
"""A DGX Spark, Founders Edition, up to date."""

SIBLINGS = {
    "ASUS Ascent GX10": ("ASUSTeK COMPUTER INC.", "GX10", ""),
    "HP ZGX Nano": ("HP", "HP ZGX Nano G1n AI Station", "A.7"),
    "Lenovo ThinkStation PGX": ("LENOVO", "30KL0004FC", "ThinkStation PGX"),
    "Dell Pro Max with GB10": ("Dell  Inc.", "Dell Pro Max with GB10 FCM1253", ""),
}
"""Other makers' machines with a GB10: sys_vendor, product_name, product_version as their firmware states them."""

RTX_5090_HOST = Host(
    arch="x86_64",
    kernel="7.0.0-31-generic",
    os_release=_UBUNTU,
    gpus=(Gpu("0000:01:00.0", "10de:2b85", "NVIDIA GeForce RTX 5090"),),
    devices=(PciDevice("0000:00:02.0", "8086:0001", "0x030000", "i915"),),
    driver="580.95.05",
    dmi={"sys_vendor": "ASUSTeK COMPUTER INC.", "product_name": "System Product Name"},
    meminfo_kib={"MemTotal": 65536000, "MemAvailable": 60000000, "Cached": 4000000, "SwapTotal": 0, "SwapFree": 0},
)

THOR = Host(
    arch="aarch64",
    kernel="6.8.12-tegra",
    os_release=_UBUNTU,
    device_tree={
        "model": b"NVIDIA Jetson AGX Thor Developer Kit\0",
        "compatible": b"nvidia,thor-board\0nvidia,tegra264\0",
    },
    driver="580.142",
    meminfo_kib={"MemTotal": 128790528, "MemAvailable": 120000000, "Cached": 4000000, "SwapTotal": 0, "SwapFree": 0},
)
"""A Jetson whose GPU is not on the PCI bus."""


def healthy_spark(path: Path, **changes: Any) -> Root:
    """A Spark with nothing to complain of; `changes` are fields of Host."""
    return build(path, replace(SPARK, **changes))


def broken_spark(path: Path, **changes: Any) -> Root:
    """A Spark on Ubuntu's generic kernel: no network driver, swap on, libraries of another driver than the module."""
    faults: dict[str, Any] = {
        "kernel": "7.0.0-31-generic",
        "cmdline": "BOOT_IMAGE=/boot/vmlinuz-7.0.0-31-generic ro",
        "devices": tuple(
            replace(device, driver=None) if device.driver == "r8127" else device for device in _SPARK_DEVICES
        ),
        "modules": ("mlx5_core", "nvme", "mt7925e"),
        "library": "580.142",
        "meminfo_kib": {**SPARK.meminfo_kib, "SwapTotal": 16777212, "SwapFree": 10485760},
    }
    return build(path, replace(SPARK, **{**faults, **changes}))


def sibling(path: Path, name: str, **changes: Any) -> Root:
    """Another maker's machine with a GB10, by its name in SIBLINGS."""
    vendor, product, version = SIBLINGS[name]
    dmi = {"sys_vendor": vendor, "product_name": product, "product_version": version, "product_serial": SERIAL}
    return build(path, replace(SPARK, **{"dmi": dmi, **changes}))


def rtx5090_host(path: Path, **changes: Any) -> Root:
    """A PC with an RTX 5090 beside the processor's own graphics."""
    return build(path, replace(RTX_5090_HOST, **changes))


def thor(path: Path, **changes: Any) -> Root:
    """A Jetson AGX Thor developer kit."""
    return build(path, replace(THOR, **changes))


def no_gpu(path: Path, **changes: Any) -> Root:
    """A PC without an NVIDIA GPU and driver."""
    return build(path, replace(RTX_5090_HOST, **{"gpus": (), "driver": None, **changes}))


def no_driver(path: Path, **changes: Any) -> Root:
    """A Spark whose GPU is on the bus, but no driver is loaded or installed."""
    return build(path, replace(SPARK, **{"driver": None, **changes}))
