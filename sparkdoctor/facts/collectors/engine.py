"""Docker and NVIDIA's container toolkit on the host: what is installed, and what they are told about GPUs."""

from __future__ import annotations

import json
import re

from sparkdoctor.facts.collectors import dpkg
from sparkdoctor.facts.values import Reading, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination

_DAEMONS = ("/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd")
_SNAP = "/snap/bin/docker"
_SETTINGS = "/etc/docker/daemon.json"
_TOOLKIT = ("nvidia-container-toolkit", "nvidia-container-toolkit-base")
_TOOL = "/usr/bin/nvidia-ctk"
_DEVICE_LISTS = ("/var/run/cdi", "/etc/cdi")
"""Folders with descriptions of devices (CDI), the one that counts more first."""
_LIBRARY = re.compile(rb"libcuda\.so\.(\d{3,}\.\d+(?:\.\d+)?)")


def docker(exam: Examination) -> dict[str, Reading]:
    """`container.docker`: whether Docker's daemon came as a snap or as a package; Absent where there is none."""
    for path in (*_DAEMONS, _SNAP):
        if exam.machine.exists(path):
            return {"container.docker": measured("snap" if path == _SNAP else "package", path)}
    return {"container.docker": absent(_DAEMONS[0])}


def runtimes(exam: Examination) -> dict[str, Reading]:
    """`container.docker_runtimes`: the names of runtimes that Docker's settings add; Absent without settings."""
    try:
        settings = json.loads(exam.machine.text(_SETTINGS))
    except FileNotFoundError:
        return {"container.docker_runtimes": absent(_SETTINGS)}
    except (ValueError, RecursionError):
        return {"container.docker_runtimes": unknown(f"{_SETTINGS} is no JSON")}
    stated = settings.get("runtimes") if isinstance(settings, dict) else None
    names = sorted(map(str, stated)) if isinstance(stated, dict) else []
    return {"container.docker_runtimes": measured(tuple(names), _SETTINGS)}


def toolkit(exam: Examination) -> dict[str, Reading]:
    """`container.toolkit_version`: of NVIDIA's container toolkit, from the list of Debian packages."""
    for package in _TOOLKIT:
        version = dpkg.version(exam.machine, package)
        if version:
            return {"container.toolkit_version": measured(dpkg.upstream(version), f"{dpkg.STATUS} {package}")}
    if exam.machine.exists(_TOOL):
        return {"container.toolkit_version": unknown(f"{_TOOL} is no Debian package's")}
    return {"container.toolkit_version": absent(f"{dpkg.STATUS}, {_TOOL}")}


def device_lists(exam: Examination) -> dict[str, Reading]:
    """`container.cdi_driver_version`: of which driver the list of devices for containers (CDI) names the libraries.

    Absent where there is no list of NVIDIA's.
    """
    for folder in _DEVICE_LISTS:
        try:
            names = exam.machine.names(folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for name in names:
            if "nvidia" in name and name.endswith((".yaml", ".yml", ".json")):
                path = f"{folder}/{name}"
                found = _LIBRARY.search(exam.machine.read(path))
                told = measured(found[1].decode(), path) if found else unknown(f"{path} names no libcuda")
                return {"container.cdi_driver_version": told}
    return {"container.cdi_driver_version": absent(", ".join(_DEVICE_LISTS))}
