"""The files of a distribution that can carry GPU code, by whatever list of its files there is.

A wheel's RECORD; conda's list in conda-meta, where the RECORD names none; installed-files.txt or the list of Debian's
package manager for what came without a RECORD; the folders of the project of an editable installation; else the folders
that top_level.txt names. Only RECORD states hashes.
"""

from __future__ import annotations

import json
import os
import re

from sparkdoctor.binaries import carriers
from sparkdoctor.binaries.scan import Library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.facts.collectors.packages import Distribution
    from sparkdoctor.machine import Machine

_RECORD_LIMIT = 64 << 20
_LIST_LIMIT = 16 << 20
_MOST_LISTS = 400

_CONDA_NAMES = {"torch": ("pytorch", "pytorch-gpu", "libtorch"), "opencv_python": ("opencv", "py-opencv", "libopencv")}
"""Distribution → the packages of conda-forge that hold its files, where they are called otherwise."""


def libraries(exam: Examination, found: Distribution) -> list[Library]:
    """The carriers that the distribution lists, in the order of its list; a list may name what isn't there.

    OSError passes where its list is there and can't be read.
    """
    machine = exam.machine
    listed = _by_record(machine, found)
    if not listed:
        paths = (
            _by_conda(exam, found)
            or _by_installed_files(machine, found)
            or _by_debian(machine, found)
            or _by_project(machine, found)
            or _by_top_level(machine, found)
        )
        listed = [Library(path, _shown(path, found.site), found.name) for path in dict.fromkeys(paths)]
    return listed


def ships_no_libraries(exam: Examination, found: Distribution) -> bool:
    """Whether its wheel was made for any processor and its list names no library: nothing but Python."""
    try:
        text = exam.machine.text(f"{found.where}/WHEEL", 1 << 16)
    except OSError:
        return False
    tags = re.findall(r"(?m)^Tag:[ \t]*(\S+)", text)
    return bool(tags) and all(tag.endswith("-any") for tag in tags)


def _by_record(machine: Machine, found: Distribution) -> list[Library]:
    from sparkdoctor.binaries.record import carriers as recorded

    path = f"{found.where}/RECORD"
    try:
        text = machine.text(path, _RECORD_LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        return []
    status = machine.status(path)
    written = status.st_mtime_ns if status is not None else 0
    return [
        Library(
            os.path.normpath(f"{found.site}/{entry.path}"),
            os.path.normpath(entry.path),
            found.name,
            entry.digest,
            written,
        )
        for entry in recorded(text)
        if "\0" not in entry.path
    ]


def _by_conda(exam: Examination, found: Distribution) -> list[str]:
    """What conda's records of packages of that name list, below the prefix that holds the site folder."""
    prefix = found.site.partition("/lib/")[0]
    try:
        names = exam.machine.names(f"{prefix}/conda-meta")
    except OSError:
        return []
    wanted = (*_CONDA_NAMES.get(found.name, ()), found.name.replace("_", "-"), found.name)
    paths: list[str] = []
    for name in names:
        if name.endswith(".json") and name.rsplit("-", 2)[0] in wanted:
            try:
                stated = json.loads(exam.machine.read(f"{prefix}/conda-meta/{name}", _LIST_LIMIT))
                files = [file for file in stated["files"] if isinstance(file, str)]
            except (OSError, ValueError, KeyError, TypeError):
                continue
            paths += _carriers(prefix, files)
    return paths


def _by_installed_files(machine: Machine, found: Distribution) -> list[str]:
    """What setuptools wrote beside an egg-info, relative to that folder."""
    return _carriers(found.where, _lines(machine, f"{found.where}/installed-files.txt"))


def _by_debian(machine: Machine, found: Distribution) -> list[str]:
    """What the lists of Debian's package manager name below the folders of this distribution."""
    if not found.site.endswith("/dist-packages"):
        return []
    folder = "/var/lib/dpkg/info"
    package = f"python3-{found.name.replace('_', '-')}"
    try:
        lists = [name for name in machine.names(folder) if name.endswith(".list")]
    except OSError:
        return []
    fitting = [name for name in lists if name.removesuffix(".list").partition(":")[0] == package][:_MOST_LISTS]
    return [path for name in fitting for path in _carriers("/", _lines(machine, f"{folder}/{name}"))]


def _by_project(machine: Machine, found: Distribution) -> list[str]:
    """The carriers in the project folder that an editable installation names."""
    try:
        stated = json.loads(machine.text(f"{found.where}/direct_url.json", 1 << 16))
    except (OSError, ValueError):
        return []
    if not isinstance(stated, dict) or not str(stated.get("url", "")).startswith("file://"):
        return []
    folder = stated.get("dir_info")
    if not isinstance(folder, dict) or folder.get("editable") is not True:
        return []
    from urllib.parse import unquote

    return _below(machine, unquote(str(stated["url"])[len("file://") :]))


def _by_top_level(machine: Machine, found: Distribution) -> list[str]:
    names = _lines(machine, f"{found.where}/top_level.txt")
    return [
        path
        for name in names
        if name and "/" not in name and name not in (".", "..")
        for path in _below(machine, f"{found.site}/{name}")
    ]


def _below(machine: Machine, folder: str) -> list[str]:
    try:
        return list(carriers.below(machine, folder))
    except OSError:
        return []


def _lines(machine: Machine, path: str) -> list[str]:
    try:
        return machine.text(path, _LIST_LIMIT).splitlines()
    except OSError:
        return []


def _carriers(folder: str, files: Iterable[str]) -> list[str]:
    return [
        os.path.normpath(os.path.join(folder, file)) for file in files if carriers.is_carrier(file) and "\0" not in file
    ]


def _shown(path: str, site: str) -> str:
    return path[len(site) + 1 :] if path.startswith(f"{site}/") else path
