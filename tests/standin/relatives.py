"""Other machines with an NVIDIA GPU, or none: relatives of the DGX Spark, and those that only look like one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.standin.host import Gpu, Host, PciDevice
from tests.standin.spark import DGX_RELEASE, PRODUCT_UUID, SERIAL, SPARK, UBUNTU

if TYPE_CHECKING:
    from collections.abc import Mapping

_GIB = 1 << 20


def _memory(gib: int) -> Mapping[str, int]:
    return {
        "MemTotal": gib * _GIB,
        "MemFree": gib * _GIB * 3 // 4,
        "MemAvailable": gib * _GIB * 9 // 10,
        "Cached": gib * _GIB // 10,
        "SwapTotal": 8 * _GIB,
        "SwapFree": 8 * _GIB,
    }


def _dmi(vendor: str, product: str) -> Mapping[str, str]:
    return {
        "sys_vendor": vendor,
        "product_name": product,
        "product_serial": SERIAL,
        "product_uuid": PRODUCT_UUID,
    }


RTX_5090_HOST = Host(
    arch="x86_64",
    kernel="7.0.0-31-generic",
    os_release=UBUNTU,
    python="3.12",
    libc="2.39",
    gpus=(Gpu("0000:01:00.0", "10de:2b85", "NVIDIA GeForce RTX 5090"),),
    devices=(PciDevice("0000:00:02.0", "8086:0001", "0x030000", "i915"),),
    driver="580.95.05",
    dmi=_dmi("ASUSTeK COMPUTER INC.", "System Product Name"),
    meminfo_kib=_memory(64),
)

RTX_PRO_6000_HOST = replace(
    RTX_5090_HOST,
    kernel="6.17.0-29-generic",
    gpus=(Gpu("0000:41:00.0", "10de:2bb1", "NVIDIA RTX PRO 6000 Blackwell Workstation Edition"),),
    driver="580.159.03",
    dmi=_dmi("ACME", "Workstation"),
    meminfo_kib=_memory(256),
)

TWO_GPUS = replace(
    RTX_5090_HOST,
    gpus=(
        Gpu("0000:01:00.0", "10de:2b85", "NVIDIA GeForce RTX 5090"),
        Gpu("0000:21:00.0", "10de:2684", "NVIDIA GeForce RTX 4090", uuid="GPU-8e1dfa20-66bb-4c7f-8d2e-123456789abc"),
    ),
)
"""A PC with two different GPUs."""

THOR = Host(
    arch="aarch64",
    kernel="6.8.12-tegra",
    os_release=UBUNTU,
    python="3.12",
    libc="2.39",
    device_tree={
        "model": b"NVIDIA Jetson AGX Thor Developer Kit\0",
        "compatible": b"nvidia,thor-board\0nvidia,tegra264\0",
        "serial-number": SERIAL.encode() + b"\0",
    },
    driver="580.142",
    meminfo_kib=_memory(122),
    files={"/etc/nv_tegra_release": "# R38 (release), REVISION: 4.0, GCID: 43443517, BOARD: generic, EABI: aarch64\n"},
)
"""A Jetson whose GPU is not on the PCI bus."""

THOR_ON_THE_BUS = replace(THOR, gpus=(Gpu("0000:01:00.0", "10de:2b00", "NVIDIA Thor"),))
"""The same where the kernel lists the GPU as a PCI device; pci.ids calls its die GB10B."""

ORIN = replace(
    THOR,
    kernel="5.15.148-tegra",
    os_release={**UBUNTU, "PRETTY_NAME": "Ubuntu 22.04.5 LTS", "VERSION_ID": "22.04", "VERSION_CODENAME": "jammy"},
    python="3.10",
    libc="2.35",
    device_tree={
        "model": b"NVIDIA Jetson AGX Orin Developer Kit\0",
        "compatible": b"nvidia,p3737-0000+p3701-0005\0nvidia,tegra234\0",
    },
    driver="540.4.0",
    meminfo_kib=_memory(61),
    files={"/etc/nv_tegra_release": "# R36 (release), REVISION: 4.7, BOARD: generic\n"},
)

H100_SERVER = Host(
    arch="x86_64",
    kernel="6.8.0-85-generic",
    os_release=UBUNTU,
    python="3.12",
    libc="2.39",
    gpus=tuple(
        Gpu(f"0000:{bus:02x}:00.0", "10de:2330", "NVIDIA H100 80GB HBM3", "0x030200")
        for bus in (0x18, 0x2A, 0x3A, 0x5D, 0x9A, 0xAB, 0xBA, 0xDB)
    ),
    driver="580.95.05",
    open_module=False,
    dmi=_dmi("Dell Inc.", "PowerEdge XE9680"),
    meminfo_kib=_memory(2015),
)

B200_SERVER = replace(
    H100_SERVER,
    gpus=tuple(
        Gpu(f"0000:{bus:02x}:00.0", "10de:2901", "NVIDIA B200", "0x030200")
        for bus in (0x1B, 0x43, 0x52, 0x61, 0x9D, 0xC3, 0xD1, 0xDF)
    ),
    open_module=True,
    dmi=_dmi("ACME", "HGX server"),
)

GH200 = Host(
    arch="aarch64",
    kernel="6.14.0-1015-nvidia-64k",
    os_release=UBUNTU,
    python="3.12",
    libc="2.39",
    gpus=(Gpu("0009:01:00.0", "10de:2342", "NVIDIA GH200 480GB", "0x030200"),),
    driver="580.95.05",
    dmi=_dmi("ACME", "Grace server"),
    meminfo_kib=_memory(573),
)

GB200 = replace(
    GH200,
    gpus=tuple(
        Gpu(address, "10de:2941", "NVIDIA GB200", "0x030200")
        for address in ("0008:01:00.0", "0009:01:00.0", "0018:01:00.0", "0019:01:00.0")
    ),
    driver="580.159.03",
)

DGX_STATION = replace(
    GH200,
    kernel="6.17.0-1014-nvidia-64k",
    gpus=(Gpu("0009:01:00.0", "10de:31c2", "NVIDIA GB300", "0x030200"),),
    driver="595.45.04",
    dmi=_dmi("NVIDIA", "NVIDIA DGX Station GB300"),
    dgx_release=DGX_RELEASE.replace('DGX_NAME="DGX Spark"', 'DGX_NAME="DGX GB300WS"')
    .replace("NVIDIA DGX Spark", "NVIDIA DGX Station")
    .replace("DGX Server for KVM", "DGX Server for GALAXY-GB300"),
    meminfo_kib=_memory(490),
)

N1X_LAPTOP = replace(
    SPARK,
    kernel="7.0.0-1015-nvidia",
    gpus=(Gpu("000f:01:00.0", "10de:2e2a", "NVIDIA JMJWOA-Generic-GPU"),),
    devices=(),
    ports=(),
    passes_gpus_on=False,
    driver="615.54",
    dmi=_dmi("ACME", "SKU 1"),
    dgx_release=None,
    files={"/etc/fastos-release": 'NAME="N1x FASTOS"\nVERSION="1.25.0"\n'},
)
"""A laptop with the client part of the same die, which boots the same kind of system."""

AMPERE_WORKSTATION = replace(
    RTX_5090_HOST,
    arch="aarch64",
    kernel="6.17.0-29-generic",
    devices=(),
    dmi=_dmi("ACME", "Arm workstation"),
)
"""An Arm machine with a discrete GPU."""

MEDIATEK_BOARD = Host(
    arch="aarch64",
    kernel="6.8.0-1012-mtk",
    os_release=UBUNTU,
    python="3.12",
    libc="2.39",
    device_tree={"model": b"MediaTek Genio-1200 EVK\0", "compatible": b"mediatek,mt8395-evk\0mediatek,mt8395\0"},
    meminfo_kib=_memory(8),
)

NO_GPU = replace(RTX_5090_HOST, gpus=(), driver=None)

WSL = Host(
    arch="x86_64",
    kernel="6.6.87.2-microsoft-standard-WSL2",
    version="(gcc) #1 SMP PREEMPT_DYNAMIC",
    os_release=UBUNTU,
    python="3.12",
    libc="2.39",
    meminfo_kib=_memory(32),
    files={
        "/dev/dxg": "",
        "/proc/sys/fs/binfmt_misc/WSLInterop": "enabled\n",
        "/usr/lib/wsl/lib/libcuda.so.1": b"\x7fELF",
        "/usr/lib/wsl/lib/libnvidia-ml.so.1": b"\x7fELF",
        "/usr/lib/wsl/lib/nvidia-smi": b"\x7fELF",
    },
)

SELF_INSTALLED = replace(
    SPARK,
    dgx_release=None,
    files={path: content for path, content in SPARK.files.items() if "fastos" not in path and "sources" not in path},
)
"""A DGX Spark with a plain Ubuntu and the -nvidia kernel, without DGX OS."""

CONTAINER = replace(
    SPARK,
    container="docker",
    passes_gpus_on=False,
    dgx_release=None,
    ports=(),
    hostname="8f3c2b1a0d9e",
    environ={"PATH": "/usr/local/bin:/usr/bin", "HOME": "/root", "NVIDIA_VISIBLE_DEVICES": "all"},
    files={"/dev/nvidia0": "", "/dev/nvidiactl": "", "/dev/nvidia-uvm": ""},
)
"""A container on a DGX Spark that was given the GPU."""

CONTAINER_WITHOUT_GPU = replace(
    CONTAINER, has_library=False, environ={"PATH": "/usr/local/bin:/usr/bin", "HOME": "/root"}, files={}
)
"""The same without --gpus: the kernel's files show the GPU and its driver, but nothing of it was passed in."""
