"""The NVIDIA driver's two halves: the module in the kernel and the libraries in user space."""

from __future__ import annotations

import re

from sparkdoctor.facts.collectors.loader import nvml_in_sight
from sparkdoctor.facts.values import Reading, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_MODULE = "/sys/module/nvidia"
_NVRM = "/proc/driver/nvidia/version"
_STATEMENT = re.compile(
    r"NVRM version:\s+NVIDIA UNIX (?:(?P<open>Open) Kernel Module for \S+|\S+ Kernel Module)\s+(\S+)"
)
_VERSION = r"[0-9]+\.[0-9]+(\.[0-9]+)?"

_LIBRARY_FOLDERS = (
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/lib/wsl/lib",
)
_LIBRARY = re.compile(r"lib(?:cuda|nvidia-ml)\.so\.([0-9]{3,}\.[0-9]+(?:\.[0-9]+)?)")
"""A driver library's file name; three digits tell a driver version from an interface's (libcuda.so.1)."""


def module(exam: Examination) -> dict[str, Reading]:
    """`driver.version` and `driver.module` (open, proprietary) of the loaded kernel module; Absent without one."""
    machine = exam.machine
    try:
        statement = _STATEMENT.search(machine.text(_NVRM))
    except FileNotFoundError:
        statement = None
    try:
        version, where = machine.text(f"{_MODULE}/version").strip(), f"{_MODULE}/version"
    except FileNotFoundError:
        if statement is None:
            return _without_module(machine)
        version, where = statement[2], _NVRM
    number = (
        measured(version, where) if re.fullmatch(_VERSION, version) else unknown(f"{where}: {version!r} is no version")
    )
    if statement:
        return {"driver.version": number, "driver.module": measured(_kind(bool(statement["open"])), _NVRM)}
    return {"driver.version": number, "driver.module": _kind_by_taint(machine)}


def library(exam: Examination) -> dict[str, Reading]:
    """`driver.library_version`: of libcuda or libnvidia-ml as the loader finds them, by their file names."""
    unnumbered = None
    for folder in _LIBRARY_FOLDERS:
        try:
            present = exam.machine.names(folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for link in ("libcuda.so.1", "libnvidia-ml.so.1"):
            if link in present:
                unnumbered = f"{folder}/{link}"
                match = _LIBRARY.fullmatch(exam.machine.real(unnumbered).rpartition("/")[2])
                if match:
                    return {"driver.library_version": measured(match[1], unnumbered)}
        numbered = next(filter(None, map(_LIBRARY.fullmatch, present)), None)
        if numbered:
            return {"driver.library_version": measured(numbered[1], f"{folder}/{numbered[0]}")}
    if unnumbered:
        return {"driver.library_version": unknown(f"{unnumbered} doesn't tell its version")}
    return {"driver.library_version": absent("/usr/lib")}


def _without_module(machine: Machine) -> dict[str, Reading]:
    if not machine.is_dir("/sys/module"):
        version = kind = unknown("/sys/module isn't there: the loaded modules are out of sight")
    elif machine.exists("/dev/dxg"):
        from sparkdoctor.facts.collectors import nvml

        version, kind = nvml.driver_version(machine), unknown("under WSL the driver's module is in Windows")
    elif machine.exists(_MODULE):
        version, kind = unknown(f"{_MODULE} states no version"), _kind_by_taint(machine)
    else:
        version = kind = absent(_MODULE)
    return {"driver.version": version, "driver.module": kind}


def _kind(is_open: bool) -> str:
    return "open" if is_open else "proprietary"


def _kind_by_taint(machine: Machine) -> Reading:
    """The kernel marks a module with P whose licence isn't a free one."""
    where = f"{_MODULE}/taint"
    try:
        return measured(_kind("P" not in machine.text(where)), where)
    except FileNotFoundError:
        return unknown(f"neither {_NVRM} nor {where} is there")


def cuda(exam: Examination) -> dict[str, Reading] | Reading:
    """`driver.cuda_version`, from NVML, which is only loaded where there is one to ask."""
    if not nvml_in_sight(exam.machine):
        return unknown("no NVML library is in sight")
    from sparkdoctor.facts.collectors import nvml

    return nvml.cuda_version(exam)
