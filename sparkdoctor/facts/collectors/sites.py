"""The folders that an environment imports packages from, in order, by the known layouts and simple .pth files."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sparkdoctor.machine import Machine

_PATH_FILE = 1 << 16
_MOST = 200
"""Folders that are taken at most; an environment with more is damaged or hostile."""


def below(machine: Machine, prefix: str, name: str) -> list[str]:
    """Where virtual environments, conda and plain installations keep packages; `name` is such as python3.12."""
    libraries = [f"{prefix}/lib64", f"{prefix}/lib"]
    if machine.real(libraries[0]) == machine.real(libraries[1]):
        del libraries[0]
    return [f"{library}/{name}/site-packages" for library in libraries]


def of_installation(machine: Machine, prefix: str, name: str) -> list[str]:
    """The folders of an installed Python; the distribution's own at /usr looks at /usr/local first."""
    if os.path.normpath(prefix) not in ("/usr", "/"):
        return below(machine, prefix, name)
    if machine.is_dir("/usr/lib/python3/dist-packages") or machine.is_file("/etc/debian_version"):
        return [
            f"/usr/local/lib/{name.rstrip('t')}/dist-packages",
            "/usr/lib/python3/dist-packages",
            f"/usr/lib/{name.rstrip('t')}/dist-packages",
        ]
    return [*below(machine, "/usr/local", name), *below(machine, "/usr", name)]


def of_user(variables: Mapping[str, str], name: str) -> list[str]:
    """The user's own folder, which comes before the installation's; none where it is switched off."""
    if variables.get("PYTHONNOUSERSITE"):
        return []
    home = variables.get("HOME") or "/root"
    base = variables.get("PYTHONUSERBASE") or f"{home}/.local"
    return [f"{base}/lib/{name}/site-packages"] if base.startswith("/") else []


def followed(machine: Machine, folders: Iterable[str]) -> list[str]:
    """Those of `folders` that are there, each once and followed by the folders that its .pth files name."""
    found: dict[str, str] = {}
    for folder in folders:
        for place in (folder, *_named_by_path_files(machine, folder)):
            if len(found) < _MOST and machine.is_dir(place):
                found.setdefault(machine.real(place), place)
    return list(found.values())


def _named_by_path_files(machine: Machine, folder: str) -> list[str]:
    """What the lines of .pth files name; lines that would run code are passed over."""
    try:
        files = [name for name in machine.names(folder) if name.endswith(".pth")]
    except OSError:
        return []
    named = []
    for file in files[:_MOST]:
        try:
            lines = machine.text(f"{folder}/{file}", _PATH_FILE).splitlines()
        except OSError:
            continue
        for line in map(str.rstrip, lines):
            if line and not line.startswith(("#", "import ", "import\t")) and "\0" not in line:
                named.append(os.path.normpath(os.path.join(folder, line)))
    return named[:_MOST]
