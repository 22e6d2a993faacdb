"""Follows the scripts that pyenv and asdf put before interpreters to the interpreter that they would start."""

from __future__ import annotations

import os

from sparkdoctor.facts.collectors import environ
from sparkdoctor.facts.collectors.environments import is_interpreter
from sparkdoctor.facts.environment import NoSuchEnvironment
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sparkdoctor.machine import Machine

_TEXT = 1 << 16
_SYSTEM = "system"
_STARTERS = ("asdf", "pyenv")


def is_shim(machine: Machine, path: str) -> bool:
    """Whether `path`, in a folder of shims, only looks like an interpreter: a script, or another program's link."""
    if not is_interpreter(os.path.basename(machine.real(path))):
        return True
    try:
        return machine.read(path, 2) == b"#!"
    except OSError:
        return True


def follow(machine: Machine, path: str) -> str | None:
    """The interpreter that the shim at `path` would start; None where it leaves that to the rest of PATH.

    Raises NoSuchEnvironment where no version file settles it.
    """
    try:
        script = machine.text(path, _TEXT)
    except OSError:
        script = ""
    root = os.path.dirname(os.path.dirname(path))
    name = os.path.basename(path)
    starter = next((tool for tool in _STARTERS for mark in ("", "'", '"') if f"{tool}{mark} exec " in script), None)
    if starter == "asdf":
        tool, choices, installed = "asdf", _asdf_choices(machine, root), f"{_data(machine, root)}/installs/python"
    elif starter:
        root = environ.settings(machine).get("PYENV_ROOT") or _stated_root(script) or root
        tool, choices, installed = "pyenv", _pyenv_choices(machine, root), f"{root}/versions"
    else:
        raise NoSuchEnvironment(f"{path}: a shim, which only starts another Python; name that one with --python")
    stated = ((list(filter(None, names)), source) for names, source in choices)
    versions, where = next((choice for choice in stated if choice[0]), ([_SYSTEM], ""))
    for version in versions:
        if version == _SYSTEM:
            return None
        folder = _folder(machine, installed, version)
        for wanted in (name, "python3", "python"):
            if folder and machine.executable(f"{folder}/bin/{wanted}"):
                return f"{folder}/bin/{wanted}"
    raise NoSuchEnvironment(
        f"{path}: a shim of {tool}, and what it would start isn't installed: {', '.join(versions)} (from {where}); "
        "name an interpreter with --python"
    )


def _pyenv_choices(machine: Machine, root: str) -> Iterator[tuple[list[str], str]]:
    """Versions in the order that pyenv asks for them, each list with its source."""
    yield environ.settings(machine).get("PYENV_VERSION", "").split(":"), "PYENV_VERSION"
    for file in [*_upward(machine, ".python-version"), f"{root}/version"]:
        yield [line.split("#")[0].strip() for line in _lines(machine, file)], file


def _asdf_choices(machine: Machine, root: str) -> Iterator[tuple[list[str], str]]:
    settings = environ.settings(machine)
    yield settings.get("ASDF_PYTHON_VERSION", "").split(), "ASDF_PYTHON_VERSION"
    home = settings.get("HOME") or os.path.dirname(root)
    for file in [*_upward(machine, ".tool-versions"), f"{home}/.tool-versions"]:
        for line in _lines(machine, file):
            words = line.split("#")[0].split()
            if words[:1] == ["python"]:
                yield words[1:], file


def _upward(machine: Machine, name: str) -> list[str]:
    """Files of that name from the working directory upwards."""
    folder = environ.working_directory(machine)
    found = []
    while folder:
        found.append(os.path.join(folder, name))
        folder = os.path.dirname(folder) if folder != "/" else None
    return [file for file in found if machine.is_file(file)]


def _lines(machine: Machine, file: str) -> list[str]:
    try:
        return machine.text(file, _TEXT).replace("\0", "").splitlines()
    except OSError:
        return []


def _stated_root(script: str) -> str | None:
    for line in script.splitlines():
        root, quote, _ = line.removeprefix('export PYENV_ROOT="').partition('"')
        if quote and root and line.startswith("export PYENV_ROOT=") and "$" not in root:
            return root
    return None


def _data(machine: Machine, root: str) -> str:
    return environ.settings(machine).get("ASDF_DATA_DIR") or root


def _folder(machine: Machine, installed: str, version: str) -> str | None:
    """The folder of a version; of one that is only begun ("3.12") that of the newest that is installed."""
    if version.startswith("path:"):
        return os.path.expanduser(version[5:]) if machine.live else version[5:]
    if ".." in version.split("/") or version.startswith("/"):
        return None
    for exact in (version, version.removeprefix("python-")):
        if exact and machine.is_dir(f"{installed}/{exact}"):
            return f"{installed}/{exact}"
    begun = re.compile(re.escape(version.removeprefix("python-")) + r"\.(\d+)")
    try:
        newest = max((int(m[1]), m[0]) for n in machine.names(installed) if (m := begun.fullmatch(n)))
    except (OSError, ValueError):
        return None
    return f"{installed}/{newest[1]}"
