"""What a machine shows in /proc, /sys and /etc, written from a description of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.standin.elf import elf
from tests.standin.network import Port, network
from tests.standin.root import Root
from tests.standin.venv import system_python

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class PciDevice:
    """One function on the PCI bus; `driver` is the module that is bound to it."""

    address: str
    pci_id: str
    class_code: str
    driver: str | None = None


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU; `name` is what the driver calls it, `uuid` what no report may show."""

    address: str
    pci_id: str
    name: str
    class_code: str = "0x030000"
    uuid: str = "GPU-7d0c9f1e-55aa-4b6e-9c1d-0123456789ab"


@dataclass(frozen=True)
class Host:
    """A machine by what its files say.

    `driver` None: no module is loaded. `library` None: that of the driver. `passes_gpus_on`: NVIDIA's container toolkit
    is installed. `python`: the distribution's own, such as 3.12; `libc`: the version of its glibc. `environ` None: no
    process shows its variables. `files` and `links` are written last, by their paths.
    """

    arch: str
    kernel: str
    cmdline: str = "BOOT_IMAGE=/boot/vmlinuz ro"
    os_release: Mapping[str, str] = field(default_factory=dict)
    gpus: tuple[Gpu, ...] = ()
    devices: tuple[PciDevice, ...] = ()
    driver: str | None = None
    open_module: bool = True
    library: str | None = None
    has_library: bool = True
    modules: tuple[str, ...] = ()
    dmi: Mapping[str, str] = field(default_factory=dict)
    device_tree: Mapping[str, bytes] = field(default_factory=dict)
    dgx_release: str | None = None
    meminfo_kib: Mapping[str, int] = field(default_factory=dict)
    container: str | None = None
    passes_gpus_on: bool = False
    hostname: str = "workstation-7f3a"
    ports: tuple[Port, ...] = ()
    version: str = "#1-Ubuntu SMP PREEMPT_DYNAMIC"
    python: str | None = None
    libc: str | None = None
    environ: Mapping[str, str] | None = None
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


def build(path: Path, host: Host) -> Root:
    """The machine in the folder `path`, which may be empty or not there yet."""
    root = Root(path)
    _system(root, host)
    _kernel(root, host)
    _buses(root, host)
    _firmware(root, host)
    _driver(root, host)
    network(root, host.hostname, host.ports)
    if host.container:
        root.write({"docker": "/.dockerenv", "podman": "/run/.containerenv"}[host.container], "")
    if host.environ is not None:
        root.write("/proc/1/environ", "".join(f"{name}={value}\0" for name, value in host.environ.items()))
    for name, content in host.files.items():
        root.write(name, content)
    for name, target in host.links.items():
        root.link(name, target)
    return root


def _system(root: Root, host: Host) -> None:
    for name in ("bin", "sbin", "lib"):
        root.folder(f"/usr/{name}")
        root.link(f"/{name}", f"usr/{name}")
    root.write("/usr/bin/dash", elf(host.arch), 0o755)
    if host.libc:
        said = f"GNU C Library (Ubuntu GLIBC {host.libc}) stable release version {host.libc}.\n"
        root.write(f"/usr/lib/{host.arch}-linux-gnu/libc.so.6", elf(host.arch, said.encode()))
    root.link("/usr/bin/sh", "dash")
    root.write("/usr/lib/os-release", "".join(f'{name}="{value}"\n' for name, value in host.os_release.items()))
    root.link("/etc/os-release", "../usr/lib/os-release")
    if host.dgx_release is not None:
        root.write("/etc/dgx-release", host.dgx_release)
    if host.python is not None:
        system_python(root, host.python, host.arch)


def _kernel(root: Root, host: Host) -> None:
    root.write("/proc/sys/kernel/osrelease", f"{host.kernel}\n")
    root.write("/proc/version", f"Linux version {host.kernel} (buildd@builder) {host.version}\n")
    root.write("/proc/cmdline", f"{host.cmdline}\n")
    root.write("/proc/1/cgroup", "0::/init.scope\n")
    lines = [f"{f'{name}:':<16}{kib:>8} kB\n" for name, kib in host.meminfo_kib.items()]
    root.write("/proc/meminfo", "".join(lines) + "HugePages_Total:       0\n")
    kernel_on_disk(root, host.kernel, bool(host.driver))
    root.folder("/sys/module")
    for module in host.modules:
        root.folder(f"/sys/module/{module}/parameters")


def kernel_on_disk(root: Root, release: str, has_driver: bool = True) -> None:
    """A kernel that the boot loader offers, with or without the modules of NVIDIA's driver."""
    root.write(f"/boot/vmlinuz-{release}", b"MZ")
    driver = ["kernel/nvidia-580-open/nvidia.ko:", "kernel/nvidia-580-open/nvidia-uvm.ko: nvidia.ko"]
    lines = ["kernel/drivers/nvme/host/nvme.ko.zst: kernel/drivers/nvme/host/nvme-core.ko.zst", *driver * has_driver]
    root.write(f"/usr/lib/modules/{release}/modules.dep", "".join(f"{line}\n" for line in lines))


def _buses(root: Root, host: Host) -> None:
    root.folder("/sys/bus/pci/devices")
    driver = "nvidia" if host.driver else None
    for gpu in host.gpus:
        _pci(root, PciDevice(gpu.address, gpu.pci_id, gpu.class_code, driver))
    for device in host.devices:
        _pci(root, device)


def _pci(root: Root, device: PciDevice) -> None:
    bus = device.address.rpartition(":")[0]
    folder = f"/sys/devices/pci{bus}/{device.address}"
    vendor, product = device.pci_id.split(":")
    root.write(f"{folder}/vendor", f"0x{vendor}\n")
    root.write(f"{folder}/device", f"0x{product}\n")
    root.write(f"{folder}/class", f"{device.class_code}\n")
    root.link(f"/sys/bus/pci/devices/{device.address}", f"../../../devices/pci{bus}/{device.address}")
    if device.driver:
        root.folder(f"/sys/bus/pci/drivers/{device.driver}")
        root.link(f"{folder}/driver", f"../../../bus/pci/drivers/{device.driver}")


def _firmware(root: Root, host: Host) -> None:
    root.folder("/sys/class")
    for name, value in host.dmi.items():
        root.write(f"/sys/class/dmi/id/{name}", f"{value}\n")
    for name, content in host.device_tree.items():
        root.write(f"/sys/firmware/devicetree/base/{name}", content)
    if host.device_tree:
        root.link("/proc/device-tree", "/sys/firmware/devicetree/base")


def _driver(root: Root, host: Host) -> None:
    library = host.library or host.driver
    if library and host.has_library:
        folder = f"/usr/lib/{host.arch}-linux-gnu"
        for name in ("libcuda.so", "libnvidia-ml.so"):
            root.write(f"{folder}/{name}.{library}", elf(host.arch))
            root.link(f"{folder}/{name}.1", f"{name}.{library}")
            root.link(f"{folder}/{name}", f"{name}.1")
    if library and host.passes_gpus_on:
        root.write("/usr/bin/nvidia-ctk", elf(host.arch), 0o755)
        mount = f"  - hostPath: /usr/lib/{host.arch}-linux-gnu/libcuda.so.{library}\n"
        root.write("/var/run/cdi/nvidia.yaml", f"containerEdits:\n  mounts:\n{mount}")
    if host.driver is None:
        return
    kind = f"Open Kernel Module for {host.arch}" if host.open_module else f"{host.arch} Kernel Module"
    root.write(
        "/proc/driver/nvidia/version",
        f"NVRM version: NVIDIA UNIX {kind}  {host.driver}  Release Build  (builder)  Tue Mar  3 19:08:06 UTC 2026\n"
        "GCC version:  gcc version 13.3.0 (Ubuntu 13.3.0-6ubuntu2~24.04.1)\n",
    )
    root.write("/sys/module/nvidia/version", f"{host.driver}\n")
    root.write("/sys/module/nvidia/taint", "OE\n" if host.open_module else "POE\n")
    for gpu in host.gpus:
        root.write(
            f"/proc/driver/nvidia/gpus/{gpu.address}/information",
            f"Model: \t\t {gpu.name}\nGPU UUID: \t {gpu.uuid}\nBus Type: \t PCIe\nBus Location: \t {gpu.address}\n",
        )
