"""Where other environments may lie: beside the work, in conda's list, under the processes that use a GPU."""

from __future__ import annotations

import os

from sparkdoctor.facts.collectors import environ
from sparkdoctor.facts.collectors.environments import is_interpreter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.machine import Machine

_MOST_PROCESSES = 64
_MOST_FILES = 2000
_MOST_LISTED = 50
_TEXT = 1 << 20


def places(machine: Machine) -> list[str]:
    """Paths of environments or interpreters of a live machine, likely ones first; some may not be there any more."""
    work = environ.working_directory(machine)
    beside = [f"{work}/.venv", f"{work}/venv"] if work else []
    return [*beside, *_gpu_processes(machine), *_known_to_conda(machine)]


def _known_to_conda(machine: Machine) -> list[str]:
    home = environ.settings(machine).get("HOME")
    try:
        lines = machine.text(f"{home}/.conda/environments.txt", _TEXT).replace("\0", "").splitlines() if home else []
    except OSError:
        return []
    return [line.strip() for line in lines if line.startswith("/")][:_MOST_LISTED]


def _gpu_processes(machine: Machine) -> list[str]:
    """The interpreters of processes that have a GPU open, as far as /proc lets them be read."""
    found: list[str] = []
    looked_at = 0
    for process in _names(machine, "/proc"):
        if not process.isdigit() or int(process) == os.getpid() or looked_at >= _MOST_PROCESSES:
            continue
        folder = f"/proc/{process}"
        program = _link(machine, f"{folder}/exe")
        if not is_interpreter(os.path.basename(program)) or not _shares_our_files(machine, folder):
            continue
        looked_at += 1
        named = _as_named(machine, folder, program)
        if named not in found and _uses_gpu(machine, folder):
            found.append(named)
    return found


def _as_named(machine: Machine, folder: str, program: str) -> str:
    """What the process was started as: a virtual environment shows in that only, its program being the base's."""
    try:
        command = machine.text(f"{folder}/cmdline", _TEXT).split("\0")[0]
        started_in = dict(entry.partition("=")[::2] for entry in machine.text(f"{folder}/environ", _TEXT).split("\0"))
    except OSError:
        return program
    if "/" in command:
        return os.path.normpath(os.path.join(_link(machine, f"{folder}/cwd"), command))
    return started_in.get("VIRTUAL_ENV") or started_in.get("CONDA_PREFIX") or program


def _uses_gpu(machine: Machine, folder: str) -> bool:
    for number in _names(machine, f"{folder}/fd")[:_MOST_FILES]:
        if _link(machine, f"{folder}/fd/{number}").startswith("/dev/nvidia"):
            return True
    try:
        return "/libcuda.so" in machine.text(f"{folder}/maps")
    except OSError:
        return False


def _shares_our_files(machine: Machine, folder: str) -> bool:
    """Whether its paths mean what ours mean; those of a process in a container don't."""
    return _link(machine, f"{folder}/ns/mnt") == _link(machine, "/proc/self/ns/mnt")


def _link(machine: Machine, path: str) -> str:
    try:
        return machine.link(path)
    except OSError:
        return ""


def _names(machine: Machine, folder: str) -> list[str]:
    try:
        return machine.names(folder)
    except OSError:
        return []
