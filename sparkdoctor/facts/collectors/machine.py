"""Which machine this is by its firmware: maker and product. Serial numbers and UUIDs are not read."""

from __future__ import annotations

from sparkdoctor.facts.values import Reading, absent, measured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_DMI = "/sys/class/dmi/id"
_DEVICE_TREE = "/proc/device-tree"
_MAKERS_WITH_THE_NAME_IN_THE_VERSION = ("LENOVO",)
"""Makers whose product_name is a machine type; product_version holds the name that people know."""
_PLACEHOLDERS = frozenset({
    "system product name", "system manufacturer", "system version", "to be filled by o.e.m.", "default string",
    "not specified", "not applicable", "unknown", "none", "o.e.m.", "sku 1",
})  # fmt: skip
"""What firmware states where its maker filled in nothing."""


def identity(exam: Examination) -> dict[str, Reading]:
    """`machine.vendor` and `machine.product`, blanks squeezed, the product without the vendor's name before it.

    From DMI, else from the device tree; Absent where neither states them. Raises FileNotFoundError without /sys.
    """
    machine = exam.machine
    vendor = _line(machine, f"{_DMI}/sys_vendor")
    if vendor is None and machine.exists(f"{_DEVICE_TREE}/model"):
        return _by_device_tree(machine)
    source = f"{_DMI}/product_name"
    if vendor in _MAKERS_WITH_THE_NAME_IN_THE_VERSION and _line(machine, f"{_DMI}/product_version"):
        source = f"{_DMI}/product_version"
    product = _line(machine, source)
    if vendor is None and product is None:
        machine.names("/sys/class")  # their absence says something only where the kernel tells its devices at all
    return {
        "machine.vendor": _stated(vendor, f"{_DMI}/sys_vendor"),
        "machine.product": _stated(_without_vendor(product, vendor), source),
    }


def _by_device_tree(machine: Machine) -> dict[str, Reading]:
    where = f"{_DEVICE_TREE}/model"
    model = _line(machine, where)
    vendor = model.split(" ")[0] if model and " " in model else None
    return {
        "machine.vendor": _stated(vendor, where),
        "machine.product": _stated(_without_vendor(model, vendor), where),
    }


def _line(machine: Machine, path: str) -> str | None:
    """The text of a file of one line; None where it isn't there, is blank, or is a placeholder."""
    try:
        text = machine.text(path)
    except FileNotFoundError:
        return None
    line = " ".join(text.replace("\0", " ").replace("_", " ").split())
    return None if line.lower() in _PLACEHOLDERS else line or None


def _without_vendor(product: str | None, vendor: str | None) -> str | None:
    if product and vendor and product.lower().startswith(f"{vendor.lower()} "):
        return product[len(vendor) + 1 :]
    return product


def _stated(value: str | None, where: str) -> Reading:
    return absent(where) if value is None else measured(value, where)
