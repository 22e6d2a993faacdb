"""Which environment an interpreter or a folder leads to, told by its files, never run."""

from __future__ import annotations

import os

from sparkdoctor.facts.collectors import environ, sites
from sparkdoctor.facts.environment import CONDA, FOLDER, SYSTEM, VENV, Environment, NoSuchEnvironment
from sparkdoctor.facts.values import Reading, measured, unknown
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sparkdoctor.machine import Machine

_FAMILIES = ("python", "pypy")
_CONDA_PACKAGE = r"python-(3\.\d+(?:\.\w+)*)-([^-]+)\.json"
_PATCHLEVEL = ["#define", "PY_VERSION"]
_SITE_FOLDERS = ("site-packages", "dist-packages")
_RELEASE = r"3\.\d+(?:\.\d+(?:(?:a|b|rc)\d+)?)?"
_TEXT = 1 << 16
_BARE = "a bare folder of distributions has no interpreter"
_IMPLEMENTATIONS = {"python": "CPython", "pypy": "PyPy"}


def is_interpreter(name: str) -> bool:
    """Whether an interpreter could be called so: python, python3, python3.12, pypy3.11."""
    return name in ("python", "python3", "pypy", "pypy3") or full_name(name) is not None


def full_name(name: str) -> tuple[str, str] | None:
    """Family and version of a name that states the minor version: python3.13t → python, 3.13t."""
    for family in _FAMILIES:
        version = name.removeprefix(family)
        if version != name and version.startswith("3.") and version[2:].removesuffix("t").isdecimal():
            return family, version
    return None


def of_interpreter(machine: Machine, path: str) -> Environment:
    """The environment that the interpreter at `path` would use. Raises NoSuchEnvironment.

    As Python does it: pyvenv.cfg counts beside the interpreter as it was named, all else where its link leads.
    """
    prefix = _prefix(path)
    if machine.is_file(f"{prefix}/pyvenv.cfg"):
        return _venv(machine, prefix)
    real = machine.real(path)
    prefix = _prefix(real)
    if machine.is_dir(f"{prefix}/conda-meta"):
        return _conda(machine, prefix)
    return _installation(machine, prefix, path)


def of_folder(machine: Machine, folder: str) -> Environment:
    """The environment whose folder, site folder or bare folder of distributions is given.

    Raises NoSuchEnvironment where it is none, and OSError where it can't be listed.
    """
    names = machine.names(folder)
    if "pyvenv.cfg" in names:
        return _venv(machine, folder)
    if "conda-meta" in names:
        return _conda(machine, folder)
    if os.path.basename(folder) in _SITE_FOLDERS:
        return _owner(machine, folder) or _bare(folder)
    executable = _executable(machine, folder)
    if executable is not None:
        return of_interpreter(machine, executable)
    if not names or any(name.endswith((".dist-info", ".egg-info")) for name in names):
        return _bare(folder)
    inner = next((name for name in (".venv", "venv") if name in names), None)
    meant = f"; did you mean {os.path.join(folder, inner)}?" if inner else ""
    raise NoSuchEnvironment(
        f"{folder}: no Python environment (no pyvenv.cfg, conda-meta, bin/python3 or *.dist-info in it){meant}; "
        "give an interpreter, an environment's folder or a folder of distributions"
    )


def _prefix(interpreter: str) -> str:
    return os.path.dirname(os.path.dirname(interpreter)) or "/"


def _bare(folder: str) -> Environment:
    return Environment(FOLDER, folder, None, (folder,), unknown(_BARE), unknown(_BARE), "none")


def _owner(machine: Machine, site: str) -> Environment | None:
    """The environment that a site folder belongs to, if that one looks for packages there."""
    prefix = os.path.dirname(_prefix(site))
    try:
        if machine.is_file(f"{prefix}/pyvenv.cfg"):
            found = _venv(machine, prefix)
        elif machine.is_dir(f"{prefix}/conda-meta"):
            found = _conda(machine, prefix)
        else:
            executable = _executable(machine, prefix)
            if executable is None:
                return None
            found = of_interpreter(machine, executable)
    except NoSuchEnvironment:
        return None
    real = machine.real(site)
    return found if any(machine.real(folder) == real for folder in found.sites) else None


def _executable(machine: Machine, prefix: str) -> str | None:
    """The interpreter in the bin folder of an environment; of several with a version in their names the newest."""
    folder = os.path.join(prefix, "bin")
    numbered = [name for name in _names(machine, folder) if full_name(name)]
    names = ["python3", "python", *sorted(numbered, key=_rank, reverse=True)]
    return next((f"{folder}/{name}" for name in names if machine.executable(f"{folder}/{name}")), None)


def _rank(name: str) -> tuple[int, ...]:
    """Orders python3.9 before python3.12."""
    return tuple(int(part) for part in _minor(name).split("."))


def _full_name(machine: Machine, prefix: str, executable: str | None, stated: str = "") -> str | None:
    """The folder below lib that its Python uses (python3.12), by the interpreter's name, what is stated, or lib."""
    if executable is not None:
        named = os.path.basename(machine.real(executable))
        if full_name(named):
            return named
    short = ".".join(stated.split(".")[:2])
    libraries = [name for name in _names(machine, f"{prefix}/lib") if full_name(name)]
    fitting = [name for name in libraries if _minor(name) == short]
    if fitting or libraries:
        return max(fitting or libraries, key=_rank)
    return f"python{short}" if short else None


def _names(machine: Machine, folder: str) -> list[str]:
    try:
        return machine.names(folder)
    except OSError:
        return []


def _minor(full_name: str) -> str:
    return full_name[full_name.index("3") :].rstrip("t")


def _venv(machine: Machine, prefix: str) -> Environment:
    config_file = f"{prefix}/pyvenv.cfg"
    config = _config(machine, config_file)
    stated = _release(config.get("version_info") or config.get("version") or "")
    executable = _executable(machine, prefix)
    name = _full_name(machine, prefix, executable, stated)
    if name is None:
        raise NoSuchEnvironment(
            f"{prefix}: neither its pyvenv.cfg nor its lib folder tells the version of Python; create it anew"
        )
    own = sites.below(machine, prefix, name)
    folders = list(own)
    base = config.get("home", "")
    if config.get("include-system-site-packages", "").lower() == "true" and base:
        folders += sites.of_user(environ.settings(machine), name)
        folders += sites.of_installation(machine, _prefix(machine.real(f"{base}/{name}")), name)
    version = measured(stated, config_file) if _minor(name) == ".".join(stated.split(".")[:2]) else None
    return Environment(
        VENV,
        prefix,
        executable,
        sites.followed(machine, folders),
        version or _version(machine, _prefix(machine.real(executable)) if executable else prefix, name),
        _implementation(name, config_file, config.get("implementation")),
        "uv" if "uv" in config else _pip(machine, own),
    )


def _release(text: str) -> str:
    """The version that begins a text, 3.12 or longer; "" where none does."""
    parts = text.split(".")
    if 2 <= len(parts) <= 3 and parts[0] == "3" and all(part.isascii() and part.isdecimal() for part in parts):
        return text
    release = re.match(_RELEASE, text)
    return release[0] if release else ""


def _config(machine: Machine, path: str) -> Mapping[str, str]:
    """The settings of pyvenv.cfg; none where it can't be read."""
    try:
        lines = machine.text(path, _TEXT).replace("\0", "").splitlines()
    except OSError:
        return {}
    return {
        key.strip().lower(): value.strip() for key, equals, value in (line.partition("=") for line in lines) if equals
    }


def _conda(machine: Machine, prefix: str) -> Environment:
    records = f"{prefix}/conda-meta"
    packages = [match for name in _names(machine, records) if (match := re.fullmatch(_CONDA_PACKAGE, name))]
    executable = _executable(machine, prefix)
    stated = packages[-1][1] if packages else ""
    name = _full_name(machine, prefix, executable, stated)
    if name is None:
        raise NoSuchEnvironment(
            f"{prefix}: a conda environment without Python; install python in it or name another with --python"
        )
    where = f"{records}/{packages[-1][0]}" if packages else ""
    return Environment(
        CONDA,
        prefix,
        executable,
        sites.followed(machine, [*sites.of_user(environ.settings(machine), name), *sites.below(machine, prefix, name)]),
        measured(stated, where) if stated else _version(machine, prefix, name),
        _implementation(name, where or prefix, "PyPy" if packages and packages[-1][2].endswith("pypy") else None),
        "conda",
    )


def _installation(machine: Machine, prefix: str, executable: str) -> Environment:
    name = _full_name(machine, prefix, executable)
    if name is None:
        raise NoSuchEnvironment(f"{executable}: no Python is installed around it ({prefix}/lib holds no python3.N)")
    folders = sites.of_installation(machine, prefix, name)
    return Environment(
        SYSTEM,
        prefix,
        executable,
        sites.followed(machine, [*sites.of_user(environ.settings(machine), name), *folders]),
        _version(machine, prefix, name),
        _implementation(name, machine.real(executable)),
        _pip(machine, folders),
    )


def _version(machine: Machine, prefix: str, name: str) -> Reading:
    """To the patch level where the headers are there, else as far as the name tells."""
    header = f"{prefix}/include/{name}/patchlevel.h"
    try:
        words = (line.split() for line in machine.text(header, _TEXT).splitlines() if "PY_VERSION" in line)
        stated = next((word[2] for word in words if word[:2] == _PATCHLEVEL and len(word) > 2), "")
    except OSError:
        stated = ""
    release = stated.strip('"').partition("+")[0] if stated.startswith('"') else ""
    return measured(release, header) if release else measured(_minor(name), f"{prefix}/lib/{name}")


def _implementation(name: str, where: str, stated: str | None = None) -> Reading:
    named = full_name(name)
    return measured(stated or _IMPLEMENTATIONS[named[0] if named else "python"], where)


def _pip(machine: Machine, folders: Sequence[str]) -> str:
    return "pip" if any(machine.is_dir(f"{folder}/pip") for folder in folders) else "none"
