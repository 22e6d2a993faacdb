"""The NVIDIA GPUs of the machine: how many, their PCI ids, their names, from files of the kernel and the driver."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sparkdoctor.facts.values import Reading, Unknown, measured, unknown

if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

PCI_DEVICES = "/sys/bus/pci/devices"
DRIVER_GPUS = "/proc/driver/nvidia/gpus"

_NVIDIA = "0x10de"
_DISPLAY_CLASSES = ("0x0300", "0x0302")
_ADDRESS = re.compile(r"([0-9a-fA-F]{4,8}):([0-9a-fA-F]{2}):([0-9a-fA-F]{2})\.[0-7]")
_MODEL = re.compile(r"^Model:[ \t]*(.*?)[ \t]*$", re.MULTILINE)

_DEVICE_NODES = ("/dev/nvidia0", "/dev/dxg")
_DEVICE_TREE = "/proc/device-tree/compatible"
_SYSTEMS_WITH_A_GPU = (b"nvidia,tegra264",)
"""Chips whose GPU need not be on the PCI bus, as the device tree names them."""


def devices(exam: Examination) -> dict[str, Any] | Reading:
    """`gpu.count` and the `gpu.pci_id` of each, in the order of the bus; without a driver, too."""
    machine = exam.machine
    on_bus, problem = _looked_for_on_bus(machine)
    if on_bus:
        return {
            "gpu.count": measured(len(on_bus), PCI_DEVICES),
            "gpus": [{"gpu.pci_id": measured(pci_id, f"{PCI_DEVICES}/{at}")} for at, pci_id in on_bus.items()],
        }
    listed = _listed_by_driver(machine)
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


def addresses(machine: Machine) -> list[str]:
    """The PCI addresses of the GPUs in the order of all facts about each of them; empty where none is on the bus.

    Raises OSError where the bus can't be read.
    """
    return list(_looked_for_on_bus(machine)[0]) or _listed_by_driver(machine)


def slot(address: str) -> tuple[int, ...]:
    """Domain, bus and device of a PCI address, however many digits they are written with.

    Raises ValueError where the text is no address.
    """
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise ValueError(f"not a PCI address: {address!r}")
    return tuple(int(part, 16) for part in match.groups())


def _in_order(names: list[str]) -> list[str]:
    return sorted((name for name in names if _ADDRESS.fullmatch(name)), key=slot)


def _looked_for_on_bus(machine: Machine) -> tuple[dict[str, str], Unknown | None]:
    """PCI address → id of each GPU; and why that there is none means nothing, if so."""
    try:
        entries = machine.names(PCI_DEVICES)
    except FileNotFoundError:
        return {}, None if machine.is_dir("/sys/bus") else Unknown("/sys isn't there: the PCI bus is out of sight")
    found = {}
    for address in _in_order(entries):
        folder = f"{PCI_DEVICES}/{address}"
        try:
            vendor = machine.text(f"{folder}/vendor").strip()
            if vendor == _NVIDIA and machine.text(f"{folder}/class").strip().startswith(_DISPLAY_CLASSES):
                found[address] = f"{vendor[2:]}:{machine.text(f'{folder}/device').strip()[2:]}"
        except FileNotFoundError:  # a device that was unplugged meanwhile
            continue
    return found, None


def _listed_by_driver(machine: Machine) -> list[str]:
    try:
        return _in_order(machine.names(DRIVER_GPUS))
    except FileNotFoundError:
        return []


def _hinted_at(machine: Machine) -> bool:
    """Whether something says that there is a GPU that the PCI bus doesn't show: WSL, Jetson, a sandbox."""
    if any(machine.exists(node) for node in _DEVICE_NODES):
        return True
    try:
        compatible = machine.read(_DEVICE_TREE).split(b"\0")
    except OSError:
        return False
    return any(system in compatible for system in _SYSTEMS_WITH_A_GPU)


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
        match = _MODEL.search(machine.text(where))
    except FileNotFoundError:
        loaded = machine.exists("/proc/driver/nvidia")
        return unknown("the driver doesn't list this GPU" if loaded else "the NVIDIA driver isn't loaded")
    except OSError as error:
        return unknown(f"{where}: {error.strerror or error}")
    if not match or match[1] in ("", "Unknown"):
        return unknown(f"{where} names no model")
    return measured(match[1], where)
