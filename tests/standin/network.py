"""A machine's names and network interfaces, as /etc, /proc and /sys show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.standin.root import Root


@dataclass(frozen=True)
class Port:
    """One network interface of a PCI function; `rdma` is its InfiniBand name, `speed` in Mbit/s, `lanes` of PCIe."""

    name: str
    address: str
    mac: str
    speed: int = 10000
    mtu: int = 1500
    up: bool = True
    rdma: str | None = None
    lanes: int = 4


def network(root: Root, hostname: str, ports: Iterable[Port]) -> None:
    """Writes the machine's name wherever Linux keeps it, and what the kernel tells of each interface."""
    root.write("/etc/hostname", f"{hostname}\n")
    root.write("/proc/sys/kernel/hostname", f"{hostname}\n")
    root.write("/etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {hostname}\n")
    root.folder("/sys/class/net")
    for port in ports:
        _port(root, port)


def _port(root: Root, port: Port) -> None:
    device = f"/sys/devices/pci{port.address.rpartition(':')[0]}/{port.address}"
    folder = f"{device}/net/{port.name}"
    stated = {
        "address": port.mac,
        "mtu": str(port.mtu),
        "operstate": "up" if port.up else "down",
        "carrier": str(int(port.up)),
        "speed": str(port.speed if port.up else -1),
        "type": "1",
    }
    for name, value in stated.items():
        root.write(f"{folder}/{name}", f"{value}\n")
    root.write(f"{device}/current_link_width", f"{port.lanes}\n")
    root.link(f"{folder}/device", "../..")
    root.link(f"/sys/class/net/{port.name}", f"../..{folder.removeprefix('/sys')}")
    if port.rdma:
        _rdma(root, port, f"{device}/infiniband/{port.rdma}")


def _rdma(root: Root, port: Port, folder: str) -> None:
    stated = {
        "ports/1/state": "4: ACTIVE" if port.up else "1: DOWN",
        "ports/1/phys_state": "5: LinkUp" if port.up else "3: Disabled",
        "ports/1/rate": f"{port.speed // 1000} Gb/sec (4X NDR)" if port.up else "2.5 Gb/sec (1X SDR)",
        "ports/1/link_layer": "Ethernet",
        "fw_ver": "28.45.4028",
        "board_id": "NVD0000000087",
        "node_guid": "4cbb:4703:00a1:b2c3",
    }
    for name, value in stated.items():
        root.write(f"{folder}/{name}", f"{value}\n")
    root.link(f"{folder}/device", "../..")
    root.link(f"/sys/class/infiniband/{port.rdma}", f"../..{folder.removeprefix('/sys')}")
