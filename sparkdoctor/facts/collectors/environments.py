"""Which environment an interpreter or a folder leads to, told by its files, never run."""

from __future__ import annotations

import os
import re

from sparkdoctor.facts.collectors import environ, sites
from sparkdoctor.facts.environment import CONDA, FOLDER, SYSTEM, VENV, Environment, NoSuchEnvironment
from sparkdoctor.facts.values import Reading, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sparkdoctor.machine import Machine

INTERPRETER = re.compile(r"(python|pypy)(3(?:\.\d+t?)?)?")
"""The names of interpreters: family, and the version as far as the name tells it."""

_FULL_NAME = r"(python|pypy)(3\.\d+t?)"
_CONDA_PACKAGE = r"python-(3\.\d+(?:\.\w+)*)-([^-]+)\.json"
_PATCHLEVEL = r'(?m)^#define\s+PY_VERSION\s+"([^"+]+)'
_SITE_FOLDER = r"(?:site|dist)-packages"
_RELEASE = r"3\.\d+(?:\.\d+(?:(?:a|b|rc)\d+)?)?"
_TEXT = 1 << 16

_BARE = "a bare folder of distributions has no interpreter"
_IMPLEMENTATIONS = {"python": "CPython", "pypy": "PyPy"}


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
    if re.fullmatch(_SITE_FOLDER, os.path.basename(folder)):
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
    numbered = [name for name in _names(machine, folder) if re.fullmatch(_FULL_NAME, name)]
    names = ["python3", "python", *sorted(numbered, key=_rank, reverse=True)]
    return next((f"{folder}/{name}" for name in names if machine.executable(f"{folder}/{name}")), None)


def _rank(name: str) -> tuple[int, ...]:
    """Orders python3.9 before python3.12."""
    return tuple(map(int, re.findall(r"\d+", name)))


def _full_name(machine: Machine, prefix: str, executable: str | None, stated: str = "") -> str | None:
    """The folder below lib that its Python uses (python3.12), by the interpreter's name, what is stated, or lib."""
    if executable is not None:
        named = re.fullmatch(_FULL_NAME, os.path.basename(machine.real(executable)))
        if named:
            return named[0]
    short = ".".join(stated.split(".")[:2])
    libraries = [name for name in _names(machine, f"{prefix}/lib") if re.fullmatch(_FULL_NAME, name)]
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
    release = re.match(_RELEASE, config.get("version_info") or config.get("version") or "")
    stated = release[0] if release else ""
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
        stated = re.search(_PATCHLEVEL, machine.text(header, _TEXT))
    except OSError:
        stated = None
    return measured(stated[1], header) if stated else measured(_minor(name), f"{prefix}/lib/{name}")


def _implementation(name: str, where: str, stated: str | None = None) -> Reading:
    match = re.fullmatch(_FULL_NAME, name)
    return measured(stated or _IMPLEMENTATIONS[match[1] if match else "python"], where)


def _pip(machine: Machine, folders: Sequence[str]) -> str:
    return "pip" if any(machine.is_dir(f"{folder}/pip") for folder in folders) else "none"
