"""Where a plan is carried out: an environment, and the folder that its journals and backups lie in."""

from __future__ import annotations

import os

from sparkdoctor.facts.environment import FOLDER, SYSTEM, Environment
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.machine import Machine

FOLDER_NAME = ".sparkdoctor"
"""The folder in an environment that holds its journals, its lock, and backups below the ids of plans."""


class Place(Record):
    """An environment of this machine (None: the machine itself), its folder with links followed, and its journals.

    `home` holds one journal for each plan (`<id>.jsonl`), what plans put aside (`<id>/`), and the lock.
    """

    machine: Machine
    environment: Environment | None
    prefix: str
    home: str

    def aside(self, plan: str) -> str:
        """The folder for what a plan puts aside; may not be there."""
        return os.path.join(self.home, plan)


def of_environment(machine: Machine, environment: Environment) -> Place:
    """The place of an environment; a system's Python keeps its journals with the user's (`of_machine`)."""
    prefix = os.path.realpath(environment.prefix)
    home = os.path.join(prefix, FOLDER_NAME) if environment.kind not in (SYSTEM, FOLDER) else _state_folder()
    return Place(machine, environment, prefix, home)


def of_machine(machine: Machine) -> Place:
    """The place of what belongs to no environment: commands for the machine as a whole."""
    return Place(machine, None, "/", _state_folder())


def _state_folder() -> str:
    import platformdirs

    return platformdirs.user_state_dir("sparkdoctor", appauthor=False)


def made(place: Place) -> None:
    """Makes the folder of the journals if it isn't there. Raises Refused where that can't be done."""
    if os.path.isdir(place.home) and not os.path.islink(place.home):
        return
    parent = os.path.dirname(place.home)
    try:
        inside = parent == place.prefix
        times = os.stat(parent) if inside else None
        if inside:
            os.mkdir(place.home, 0o700)
        else:
            os.makedirs(place.home, 0o700, exist_ok=True)
        if times is not None:
            os.utime(parent, ns=(times.st_atime_ns, times.st_mtime_ns))
        _synced(parent)
    except OSError as error:
        raise Refused(f"{place.home} can't be made: {error.strerror or error}; nothing was changed") from error


def _synced(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
