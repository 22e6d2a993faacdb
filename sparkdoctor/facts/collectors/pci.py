"""The NVIDIA GPUs on the PCI bus, as the kernel lists them and as the driver does."""

from __future__ import annotations

from sparkdoctor.facts.values import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.machine import Machine

PCI_DEVICES = "/sys/bus/pci/devices"
DRIVER_GPUS = "/proc/driver/nvidia/gpus"

_NVIDIA = "0x10de"
_DISPLAY_CLASSES = ("0x0300", "0x0302")
_HEX = frozenset("0123456789abcdefABCDEF")
_FUNCTIONS = tuple("01234567")


def addresses(machine: Machine) -> list[str]:
    """The PCI addresses of the GPUs in the order of all facts about each of them; empty where none is on the bus.

    Raises OSError where the bus can't be read.
    """
    return list(on_bus(machine)[0]) or listed_by_driver(machine)


def on_bus(machine: Machine) -> tuple[dict[str, str], Unknown | None]:
    """PCI address → id of each GPU; and why that there is none means nothing, if so."""
    try:
        entries = machine.names(PCI_DEVICES)
    except FileNotFoundError:
        return {}, None if machine.is_dir("/sys/bus") else Unknown("/sys/bus isn't there: the PCI bus is out of sight")
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


def listed_by_driver(machine: Machine) -> list[str]:
    """The addresses of the GPUs that the driver has taken; empty where it isn't loaded."""
    try:
        return _in_order(machine.names(DRIVER_GPUS))
    except FileNotFoundError:
        return []


def slot(address: str) -> tuple[int, ...]:
    """Domain, bus and device of a PCI address, however many digits they are written with.

    Raises ValueError where the text is no address.
    """
    place, _, function = address.rpartition(".")
    parts = place.split(":")
    lengths = [len(part) for part in parts]
    if len(parts) != 3 or not 4 <= lengths[0] <= 8 or lengths[1:] != [2, 2] or function not in _FUNCTIONS:
        raise ValueError(f"not a PCI address: {address!r}")
    if not _HEX.issuperset("".join(parts)):
        raise ValueError(f"not a PCI address: {address!r}")
    return tuple(int(part, 16) for part in parts)


def _in_order(names: list[str]) -> list[str]:
    known = {}
    for name in names:
        try:
            known[name] = slot(name)
        except ValueError:
            continue
    return sorted(known, key=lambda name: known[name])
