"""A DGX Spark as public logs show it, and the machines of other makers with the same board."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.standin.host import Gpu, Host, PciDevice
from tests.standin.network import Port

if TYPE_CHECKING:
    from collections.abc import Mapping

SERIAL = "1984025001337"
"""Stands for every serial number; no report may show it."""
HOST_NAME = "spark-1a2b"
MAC = "4c:bb:47:a1:b2:c3"
PRODUCT_UUID = "c0ffee00-1234-4abc-9def-5e1f00d5c0de"
MACHINE_ID = "0123456789abcdef0123456789abcdef"

UBUNTU: Mapping[str, str] = {
    "PRETTY_NAME": "Ubuntu 24.04.4 LTS",
    "NAME": "Ubuntu",
    "VERSION_ID": "24.04",
    "VERSION_CODENAME": "noble",
    "ID": "ubuntu",
    "ID_LIKE": "debian",
}

DMI: Mapping[str, str] = {
    "sys_vendor": "NVIDIA",
    "product_name": "NVIDIA_DGX_Spark",
    "product_version": "A.7",
    "product_serial": SERIAL,
    "product_uuid": PRODUCT_UUID,
    "board_name": "P4242",
    "board_version": "A04",
    "board_serial": f"B{SERIAL}",
    "chassis_serial": f"C{SERIAL}",
    "bios_vendor": "AMI",
    "bios_version": "5.36_0ACUM023",
    "bios_date": "08/06/2025",
}

DEVICES = (
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

PORTS = (
    Port("enP7s7", "0007:01:00.0", MAC),
    Port("wlP9s9", "0009:01:00.0", "4c:bb:47:a1:b2:c4", speed=0),
    Port("enp1s0f0np0", "0000:01:00.0", "4c:bb:47:a1:b2:c5", 200000, up=False, rdma="rocep1s0f0"),
    Port("enp1s0f1np1", "0000:01:00.1", "4c:bb:47:a1:b2:c6", 200000, up=False, rdma="rocep1s0f1"),
    Port("enP2p1s0f0np0", "0002:01:00.0", "4c:bb:47:a1:b2:c7", 200000, up=False, rdma="roceP2p1s0f0"),
    Port("enP2p1s0f1np1", "0002:01:00.1", "4c:bb:47:a1:b2:c8", 200000, up=False, rdma="roceP2p1s0f1"),
)

CABLED = tuple(replace(port, up=True, mtu=9000) if port.rdma else port for port in PORTS)
"""The ports of a Spark that is connected to another one."""

DGX_RELEASE = f"""\
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

FASTOS_RELEASE = """\
NAME="DGX SPARK FASTOS"
DATE="2025-11-12T17:35:20+00:00"
VERSION="1.120.38"
BUILD_TYPE="customer"
"""

_PACKAGES = {
    "nvidia-driver-580-open": "580.159.03-0ubuntu0.24.04.1",
    "nvidia-container-toolkit": "1.19.0-1",
    "nv-docker-options": "25.05-1",
    "nv-docker-gpus": "25.08-1",
}
_DPKG = "".join(
    f"Package: {name}\nStatus: install ok installed\nArchitecture: arm64\nVersion: {version}\n\n"
    for name, version in _PACKAGES.items()
)

_MEMORY = {
    "MemTotal": 127509876,
    "MemFree": 98304000,
    "MemAvailable": 117440512,
    "Buffers": 524288,
    "Cached": 16777216,
    "SwapTotal": 16777212,
    "SwapFree": 16777212,
    "CmaTotal": 2097152,
    "CmaFree": 2040000,
}

_ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
enP7s7\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
enP7s7\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
"""

_KERNEL_LOG = f"""\
2026-11-24T08:00:00.000000+00:00 {HOST_NAME} kernel: [    0.000000] Linux version 6.17.0-1014-nvidia (buildd@builder)
2026-11-24T08:00:09.000000+00:00 {HOST_NAME} kernel: [    9.000000] NVRM: loading NVIDIA UNIX Open Kernel Module
"""

SCREEN = (
    bytes.fromhex("00ffffffffffff0010ac00004c334d300a1f0104a53c22783a0000000000000000000000")
    + bytes(18)
    + bytes.fromhex("023a801871382d40582c450056502100001e")
    + bytes(56)
)
"""What a screen of 1920x1080 at 60 Hz says of itself, its serial number included."""

SPARK = Host(
    arch="aarch64",
    kernel="6.17.0-1014-nvidia",
    version="#14-Ubuntu SMP PREEMPT_DYNAMIC Tue Mar 17 19:01:40 UTC 2026",
    cmdline=(
        "BOOT_IMAGE=/boot/vmlinuz-6.17.0-1014-nvidia root=UUID=5ca1ab1e-0000-4000-8000-00000000d15c ro init_on_alloc=0 "
        "iommu.passthrough=0 fsck.mode=skip fsck.repair=no crashkernel=1G-:0M console=ttyS0,921600 pci=pcie_bus_safe"
    ),
    os_release=UBUNTU,
    python="3.12",
    libc="2.39",
    gpus=(Gpu("000f:01:00.0", "10de:2e12", "NVIDIA GB10"),),
    devices=DEVICES,
    driver="580.159.03",
    modules=("r8127", "mlx5_core", "nvme", "mt7925e", "nvidia_uvm", "nvidia_drm", "nvidia_modeset"),
    dmi=DMI,
    dgx_release=DGX_RELEASE,
    meminfo_kib=_MEMORY,
    hostname=HOST_NAME,
    ports=PORTS,
    passes_gpus_on=True,
    files={
        "/etc/fastos-release": FASTOS_RELEASE,
        "/etc/machine-id": f"{MACHINE_ID}\n",
        "/etc/apt/sources.list.d/spark.sources": "Types: deb\nSuites: noble\n",
        "/etc/apt/sources.list.d/dgx.sources": "Types: deb\nSuites: noble\n",
        "/etc/docker/daemon.json": '{"runtimes": {"nvidia": {"args": [], "path": "nvidia-container-runtime"}}}\n',
        "/var/lib/dpkg/status": _DPKG,
        "/proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 "
        "avg300=0.00 total=0\n",
        "/usr/bin/dockerd": b"\x7fELF",
        "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": b"\6\0\0\0\1",
        "/sys/class/drm/card0-HDMI-A-1/status": "connected\n",
        "/sys/class/drm/card0-HDMI-A-1/edid": SCREEN,
        "/sys/class/drm/card0-Unknown-1/status": "connected\n",
        "/proc/net/route": _ROUTES,
        "/proc/1/limits": "Limit                     Soft Limit           Hard Limit           Units\n"
        "Max locked memory         8388608              8388608              bytes\n",
        "/proc/1/status": "Name:\tsystemd\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n",
        "/var/log/kern.log": _KERNEL_LOG,
        "/dev/nvidia0": "",
        "/dev/nvidiactl": "",
        "/dev/nvidia-uvm": "",
    },
)
"""A DGX Spark, Founders Edition, up to date."""

SIBLINGS: Mapping[str, Mapping[str, str]] = {
    "ASUS Ascent GX10": {
        "sys_vendor": "ASUSTeK COMPUTER INC.",
        "product_name": "GX10",
        "bios_version": "GX10DGX.0104.2026.0326.1657",
    },
    "HP ZGX Nano": {"sys_vendor": "HP", "product_name": "HP ZGX Nano G1n AI Station", "product_version": "A.7"},
    "Lenovo ThinkStation PGX": {
        "sys_vendor": "LENOVO",
        "product_name": "30KL0004FC",
        "product_version": "ThinkStation PGX",
        "product_sku": "LENOVO_MT_30KL_BU_Think_FM_ThinkStation PGX",
        "bios_version": "S0QKT0EA",
    },
    "Dell Pro Max with GB10": {
        "sys_vendor": "Dell  Inc.",
        "product_name": "Dell Pro Max with GB10 FCM1253",
        "board_vendor": "Dell Inc.",
        "bios_version": "5.36_3.0.0",
    },
    "MSI EdgeXpert": {"sys_vendor": "MSI", "product_name": "MS-C931 EdgeXpert", "bios_version": "5.36_1.6.0"},
    "Acer Veriton GN100": {"sys_vendor": "Acer", "product_name": "Veriton GN100"},
    "Gigabyte AI TOP ATOM": {"sys_vendor": "GIGABYTE", "product_name": "AI TOP ATOM", "bios_version": "5.36_0ACUM06"},
}
"""Other makers' machines with a GB10, by what their firmware states."""

_SIBLING_HOSTS = {"ASUS Ascent GX10": "gx10-3c4d", "Gigabyte AI TOP ATOM": "aitopatom-5e6f"}


def sibling_host(name: str) -> Host:
    """Another maker's machine with a GB10, by its name in SIBLINGS."""
    dmi = {**SIBLINGS[name], "product_serial": SERIAL, "product_uuid": PRODUCT_UUID}
    return replace(SPARK, dmi=dmi, hostname=_SIBLING_HOSTS.get(name, HOST_NAME))
