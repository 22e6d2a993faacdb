"""What the machine will start with next time: kernels on the disk, the driver's module for each, Secure Boot."""

from __future__ import annotations

import re

from sparkdoctor.facts.values import Reading, absent, measured, unknown
from sparkdoctor.facts.versions import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_MODULES = "/lib/modules"
_IMAGES = "/boot"
_REBOOT_MARKS = ("/run/reboot-required", "/var/run/reboot-required")
_SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_NVIDIA_MODULE = re.compile(rb"/nvidia\.ko(?:\.\w+)?:")
"""A line of modules.dep about the driver itself (nvidiafb.ko is the kernel's own)."""


def module(exam: Examination) -> dict[str, Reading]:
    """`driver.module_installed`: whether the running kernel's modules on the disk hold NVIDIA's driver.

    As depmod listed them, compressed or not, from whichever package or build. Raises OSError where no list is there.
    """
    release = exam.read("kernel.release")
    if not release.present:
        return {"driver.module_installed": release}
    where = _list_of_modules(str(release.value))
    return {"driver.module_installed": measured(_holds_driver(exam.machine, where), where)}


def newest(exam: Examination) -> dict[str, Reading]:
    """`kernel.newest_installed`, by its number, and `kernel.newest_has_driver`: what a boot loader takes by default.

    A kernel counts where both its modules and its image are on the disk; Absent where none is.
    """
    machine = exam.machine
    try:
        releases = [name for name in machine.names(_MODULES) if name[:1].isdigit() and _has_image(machine, name)]
    except FileNotFoundError:
        releases = []
    if not releases:
        reading = absent(f"{_MODULES}, {_IMAGES}")
        return {"kernel.newest_installed": reading, "kernel.newest_has_driver": reading}
    release = max(releases, key=fields)
    where = _list_of_modules(release)
    try:
        has_driver = measured(_holds_driver(machine, where), where)
    except FileNotFoundError:
        has_driver = unknown(f"{where} isn't there")
    return {
        "kernel.newest_installed": measured(release, f"{_MODULES}/{release}"),
        "kernel.newest_has_driver": has_driver,
    }


def reboot(exam: Examination) -> dict[str, Reading]:
    """`os.reboot_pending`: whether a package left the mark that a restart is wanted (Debian's, Ubuntu's, DGX OS's)."""
    for mark in _REBOOT_MARKS:
        if exam.machine.exists(mark):
            return {"os.reboot_pending": measured(True, mark)}
    return {"os.reboot_pending": absent(_REBOOT_MARKS[0])}


def secure_boot(exam: Examination) -> dict[str, Reading]:
    """`kernel.secure_boot`: whether the firmware enforces signatures; Absent where it has no such variable."""
    try:
        variable = exam.machine.read(_SECURE_BOOT, 16)
    except FileNotFoundError:
        return {"kernel.secure_boot": absent(_SECURE_BOOT)}
    if len(variable) != 5:  # four bytes of attributes, one of value (UEFI specification, 3.3)
        return {"kernel.secure_boot": unknown(f"{_SECURE_BOOT} has {len(variable)} bytes, not 5")}
    return {"kernel.secure_boot": measured(variable[4] == 1, _SECURE_BOOT)}


def _list_of_modules(release: str) -> str:
    return f"{_MODULES}/{release}/modules.dep"


def _holds_driver(machine: Machine, where: str) -> bool:
    return _NVIDIA_MODULE.search(machine.mapped(where)) is not None


def _has_image(machine: Machine, release: str) -> bool:
    return any(
        machine.exists(image)
        for image in (
            f"{_IMAGES}/vmlinuz-{release}",
            f"{_IMAGES}/vmlinux-{release}",
            f"{_MODULES}/{release}/vmlinuz",
        )
    )
