"""The NVIDIA GPUs of the machine: how many, their PCI ids, their names, from files of the kernel and the driver."""

from __future__ import annotations

from sparkdoctor.facts.collectors.pci import DRIVER_GPUS, PCI_DEVICES, addresses, listed_by_driver, on_bus
from sparkdoctor.facts.values import Reading, Unknown, absent, measured, unknown
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_MODEL = r"(?m)^Model:[ \t]*(.*?)[ \t]*$"

_DEVICE_NODES = ("/dev/nvidia0", "/dev/dxg")
_DEVICE_TREE = "/proc/device-tree/compatible"
_SYSTEMS_WITH_A_GPU = b"nvidia,tegra"
"""How the device tree names NVIDIA's systems on a chip (tegra234: Orin, tegra264: Thor): their GPU is no PCI device."""


def devices(exam: Examination) -> dict[str, Any] | Reading:
    """`gpu.count` and the `gpu.pci_id` of each, in the order of the bus; without a driver, too."""
    machine = exam.machine
    found, problem = on_bus(machine)
    if found:
        return {
            "gpu.count": measured(len(found), PCI_DEVICES),
            "gpus": [{"gpu.pci_id": measured(pci_id, f"{PCI_DEVICES}/{at}")} for at, pci_id in found.items()],
        }
    listed = listed_by_driver(machine)
    if listed:
        return {
            "gpu.count": measured(len(listed), DRIVER_GPUS),
            "gpus": [{"gpu.pci_id": unknown(f"{PCI_DEVICES} doesn't show this GPU")} for _ in listed],
        }
    if _hinted_at(machine):
        return _told_by_nvml(machine)
    return Reading(problem) if problem else {"gpu.count": measured(0, PCI_DEVICES), "gpus": []}


def names(exam: Examination) -> dict[str, Any] | Reading:
    """`gpu.name` of each GPU as the driver's kernel module calls it (NVML, where the PCI bus shows no GPU)."""
    machine = exam.machine
    found = addresses(machine)
    if found:
        return {"gpus": [{"gpu.name": _model(machine, address)} for address in found]}
    from sparkdoctor.facts.collectors import nvml

    answer = nvml.asked(machine)
    return Reading(answer) if isinstance(answer, Unknown) else {"gpus": nvml.names(answer)}


def bound(exam: Examination) -> dict[str, Any] | Reading:
    """`gpu.kernel_driver` of each GPU: which of the kernel's drivers has taken it; Absent where none has."""
    machine = exam.machine
    found = addresses(machine)
    if not found:
        return unknown("the PCI bus shows no GPU")
    return {"gpus": [{"gpu.kernel_driver": _taken_by(machine, f"{PCI_DEVICES}/{address}/driver")} for address in found]}


def _taken_by(machine: Machine, where: str) -> Reading:
    if not machine.exists(where):
        return absent(where)
    return measured(machine.real(where).rpartition("/")[2], where)


def _hinted_at(machine: Machine) -> bool:
    """Whether something says that there is a GPU that the PCI bus doesn't show: WSL, Jetson, a sandbox."""
    if any(machine.exists(node) for node in _DEVICE_NODES):
        return True
    try:
        compatible = machine.read(_DEVICE_TREE).split(b"\0")
    except OSError:
        return False
    return any(system.startswith(_SYSTEMS_WITH_A_GPU) for system in compatible)


def _told_by_nvml(machine: Machine) -> dict[str, Any] | Reading:
    from sparkdoctor.facts.collectors import nvml

    answer = nvml.asked(machine)
    if isinstance(answer, Unknown):
        return Reading(answer)
    pci_ids = nvml.pci_ids(answer)
    return {"gpu.count": measured(len(pci_ids), "nvmlDeviceGetCount"), "gpus": pci_ids}


def _model(machine: Machine, address: str) -> Reading:
    where = f"{DRIVER_GPUS}/{address}/information"
    try:
        said = machine.text(where)
        match = re.search(_MODEL, said)
    except FileNotFoundError:
        if machine.exists("/proc/driver/nvidia"):
            return unknown("the driver doesn't list this GPU")
        loaded = machine.exists("/sys/module/nvidia")
        return unknown("/proc/driver/nvidia isn't in sight" if loaded else "the NVIDIA driver isn't loaded")
    except OSError as error:
        return unknown(f"{where}: {error.strerror or error}")
    if not match or match[1] in ("", "Unknown"):
        return unknown(f"{where} names no model")
    return measured(match[1], where)
