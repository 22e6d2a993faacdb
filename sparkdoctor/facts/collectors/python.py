"""Finds the Python environment to examine, and says what it is; nothing of it is ever run."""

from __future__ import annotations

import os
import sys

from sparkdoctor.facts.collectors import environ, environments
from sparkdoctor.facts.environment import FOLDER, Environment, NoSuchEnvironment
from sparkdoctor.facts.values import Reading, Unknown, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine


_ACTIVE = ("VIRTUAL_ENV", "CONDA_PREFIX")
_IN_IMAGES = ("/usr/bin/python3", "/usr/local/bin/python3", "/opt/venv", "/opt/conda")
"""Where images keep their environment, for roots in which no process runs."""

_NAME_ONE = "name one with --python"


def locate(exam: Examination) -> Environment | Reading:
    """The environment to examine: the named one, else the active one; an Unknown reading with the reason without."""
    try:
        if exam.python is not None:
            return locate_named(exam.machine, exam.python)
        return _active(exam.machine) or unknown(f"no Python is on PATH; {_NAME_ONE}")
    except NoSuchEnvironment as error:
        return unknown(str(error))


def locate_named(machine: Machine, path: str) -> Environment:
    """The environment that --python names: an interpreter, an environment's folder, or a folder of distributions.

    Beside another root the path may be given as seen from outside or from inside. Raises NoSuchEnvironment.
    """
    place = _inside(machine, path)
    try:
        try:
            return environments.of_folder(machine, place)
        except NotADirectoryError:
            return _of_file(machine, place)
    except PermissionError as error:
        raise NoSuchEnvironment(f"{path}: can't be read; run as its owner or as root") from error
    except FileNotFoundError as error:
        damaged = _of_broken_link(machine, place)
        if damaged is not None:
            return damaged
        raise NoSuchEnvironment(
            f"{path}: no such file or folder; give an interpreter, an environment's folder or a folder of distributions"
        ) from error
    except OSError as error:
        raise NoSuchEnvironment(f"{path}: can't be read: {error.strerror or error}") from error


def interpreter(exam: Examination) -> dict[str, Reading] | Reading:
    """The `python.*` facts; Unknown for a bare folder of distributions, which has no interpreter."""
    found = exam.environment()
    if isinstance(found, Unknown):
        return unknown(found.reason)
    if found.kind == FOLDER:
        return found.version
    where = found.prefix
    return {
        "python.version": found.version,
        "python.implementation": found.implementation,
        "python.executable": measured(found.executable, where) if found.executable else absent(f"{where}/bin"),
        "python.prefix": measured(found.prefix, where),
        "python.kind": measured(found.kind, where),
        "python.installer": measured(found.installer, where),
    }


def nearby(exam: Examination) -> list[Environment]:
    """Other environments that are cheap to name: in the working directory, of GPU processes, in conda's list, ours."""
    found = exam.once("python:others")
    return [] if isinstance(found, Reading) else list(found)


def others(exam: Examination) -> list[Environment]:
    """What `nearby` remembers."""
    from sparkdoctor.facts.collectors import neighbours

    chosen = exam.environment()
    machine = exam.machine
    places = [*neighbours.places(machine), sys.prefix] if machine.live else list(_IN_IMAGES)
    known = set() if isinstance(chosen, Unknown) else {machine.real(chosen.prefix)}
    found = []
    for place in places:
        try:
            other = locate_named(machine, place)
        except NoSuchEnvironment:
            continue
        real = machine.real(other.prefix)
        if real not in known:
            known.add(real)
            found.append(other)
    return found


def _inside(machine: Machine, path: str) -> str:
    """`path` as the machine knows it: absolute, and cut off where it leads through the root from outside."""
    try:
        place = os.path.abspath(path)
    except FileNotFoundError:
        raise NoSuchEnvironment(f"{path}: the working directory was removed; give an absolute path") from None
    ancestor = place
    while not machine.live and ancestor != os.path.dirname(ancestor):
        if os.path.realpath(ancestor) == machine.root:
            return place[len(ancestor) :] or "/"
        ancestor = os.path.dirname(ancestor)
    return place if machine.live or os.path.isabs(path) else os.path.normpath(f"/{path}")


def _of_file(machine: Machine, path: str) -> Environment:
    if _is_shim(machine, path):
        target = _behind_shim(machine, path)
        found = environments.of_interpreter(machine, target) if target else _on_path(machine)
        if found is None:
            raise NoSuchEnvironment(f"{path}: a shim that leaves the choice to PATH, where no other Python is")
        return found
    names = (os.path.basename(path), os.path.basename(machine.real(path)))
    if not machine.executable(path) or not any(map(environments.is_interpreter, names)):
        raise NoSuchEnvironment(
            f"{path}: no Python interpreter; give one, an environment's folder or a folder of distributions"
        )
    return environments.of_interpreter(machine, path)


def _is_shim(machine: Machine, path: str) -> bool:
    if os.path.basename(os.path.dirname(path)) != "shims":
        return False
    from sparkdoctor.facts.collectors import shims

    return shims.is_shim(machine, path)


def _behind_shim(machine: Machine, path: str) -> str | None:
    from sparkdoctor.facts.collectors import shims

    return shims.follow(machine, path)


def _of_broken_link(machine: Machine, path: str) -> Environment | None:
    """The virtual environment of an interpreter whose link leads nowhere since its Python was removed."""
    prefix = os.path.dirname(os.path.dirname(path))
    try:
        machine.link(path)
        return environments.of_folder(machine, prefix) if machine.is_file(f"{prefix}/pyvenv.cfg") else None
    except OSError:
        return None


def _active(machine: Machine) -> Environment | None:
    """The environment that a shell would use here. Raises NoSuchEnvironment where it can't be told."""
    settings = environ.settings(machine)
    for variable in _ACTIVE:
        prefix = settings.get(variable)
        if prefix and machine.exists(prefix):
            return locate_named(machine, prefix)
    found = _on_path(machine)
    if found is not None or machine.live:
        return found
    there = []
    for place in _IN_IMAGES:
        try:
            there.append(locate_named(machine, place))
        except NoSuchEnvironment:
            continue
    if not there:
        raise NoSuchEnvironment(f"no Python at {', '.join(_IN_IMAGES)} of this root; {_NAME_ONE}")
    with_torch = (one for one in there if any(machine.is_dir(f"{site}/torch") for site in one.sites))
    return next(with_torch, there[0])


def _on_path(machine: Machine) -> Environment | None:
    """The first Python on PATH; the virtual environment that this program is installed in only without another."""
    own = os.path.realpath(sys.prefix) if machine.live and sys.prefix != sys.base_prefix else None
    last_resort = None
    for folder in environ.settings(machine).get("PATH", "").split(":"):
        for name in ("python3", "python"):
            path = os.path.join(folder, name)
            if not folder.startswith("/") or not machine.executable(path):
                continue
            if _is_shim(machine, path):
                target = _behind_shim(machine, path)
                if target is None:
                    continue
                path = target
            try:
                found = environments.of_interpreter(machine, path)
            except NoSuchEnvironment:
                continue
            if machine.real(found.prefix) != own:
                return found
            last_resort = found
    return last_resort
