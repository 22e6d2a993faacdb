"""The NVIDIA driver's two halves: the module in the kernel and the libraries in user space."""

from __future__ import annotations

from sparkdoctor.facts.collectors.loader import LOADER_FOLDERS, found, nvml_in_sight
from sparkdoctor.facts.values import Reading, absent, measured, unknown
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_MODULE = "/sys/module/nvidia"
_NVRM = "/proc/driver/nvidia/version"
_STATEMENT = r"NVRM version:\s+NVIDIA UNIX (?:(?P<open>Open) Kernel Module for \S+|\S+ Kernel Module)\s+(\S+)"
_VERSION = r"[0-9]+\.[0-9]+(\.[0-9]+)?"

_LIBRARY_FOLDERS = (
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/lib/wsl/lib",
)
_NAMES = ("libcuda.so.", "libnvidia-ml.so.")
_LINKS = ("libcuda.so.1", "libnvidia-ml.so.1")
_LIBRARY = r"lib(?:cuda|nvidia-ml)\.so\.([0-9]{3,}\.[0-9]+(?:\.[0-9]+)?)"
"""A driver library's file name; three digits tell a driver version from an interface's (libcuda.so.1)."""


def module(exam: Examination) -> dict[str, Reading]:
    """`driver.version` and `driver.module` (open, proprietary) of the loaded kernel module; Absent without one."""
    machine = exam.machine
    try:
        said = machine.text(_NVRM)
        statement = re.search(_STATEMENT, said)
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
        present = [name for name in present if name.startswith(_NAMES)]
        for link in _LINKS:
            if link in present:
                unnumbered = f"{folder}/{link}"
                match = re.fullmatch(_LIBRARY, exam.machine.real(unnumbered).rpartition("/")[2])
                if match:
                    return {"driver.library_version": measured(match[1], unnumbered)}
        numbered = next((match for name in present if (match := re.fullmatch(_LIBRARY, name))), None)
        if numbered:
            return {"driver.library_version": measured(numbered[1], f"{folder}/{numbered[0]}")}
    return {"driver.library_version": _elsewhere(exam, unnumbered)}


def _elsewhere(exam: Examination, unnumbered: str | None) -> Reading:
    """The version of a library that lies where LD_LIBRARY_PATH or the loader's cache says."""
    variable = exam.read("env.LD_LIBRARY_PATH")
    path = found(exam.machine, "libcuda.so.1", str(variable.value) if variable.present else "")
    match = re.fullmatch(_LIBRARY, exam.machine.real(path).rpartition("/")[2]) if path else None
    if path and match:
        return measured(match[1], path)
    unnumbered = unnumbered or path
    return unknown(f"{unnumbered} doesn't tell its version") if unnumbered else absent("/usr/lib")


def nodes(exam: Examination) -> dict[str, Reading]:
    """`driver.device_nodes`: the names of NVIDIA's devices in /dev. Raises OSError where /dev can't be read."""
    names = [name for name in exam.machine.names("/dev") if name.startswith("nvidia")]
    return {"driver.device_nodes": measured(tuple(names), "/dev")}


def linking(exam: Examination) -> dict[str, Reading]:
    """`driver.libcuda_linkable`: whether a linker finds libcuda by its plain name (-lcuda), which has no number.

    Looked for beside the libcuda.so.1 of the loader and where compilers look by themselves. Absent without libcuda.
    """
    machine = exam.machine
    variables = [exam.read(f"env.{name}") for name in ("LD_LIBRARY_PATH", "LIBRARY_PATH")]
    of_loader, of_linker = (str(reading.value) if reading.present else "" for reading in variables)
    library = found(machine, "libcuda.so.1", of_loader)
    if library is None:
        return {"driver.libcuda_linkable": absent("LD_LIBRARY_PATH, /etc/ld.so.cache, /usr/lib")}
    folders = [library.rpartition("/")[0], *filter(None, of_linker.split(":")), *LOADER_FOLDERS]
    there = any(machine.exists(f"{folder}/libcuda.so") for folder in folders)
    return {"driver.libcuda_linkable": measured(there, library)}


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
