"""Environment variables as the examined environment sees them: ours, or those of the first process of another root."""

from __future__ import annotations

import os

from sparkdoctor.facts.secret import HIDDEN, is_secret
from sparkdoctor.facts.values import ABSENT, Reading, Unknown, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

FIRST_PROCESS = "/proc/1/environ"
"""Where a root other than "/" shows its variables, if one of its processes runs."""

_NO_PROCESS = "no process environment in this root"


def process(machine: Machine) -> tuple[Mapping[str, str], str] | None:
    """The variables that count, and where they were read; None where a root has no process. Raises PermissionError."""
    if machine.live:
        return machine.environ, "process"
    try:
        content = machine.text(FIRST_PROCESS)
    except PermissionError:
        raise
    except OSError:
        return None
    entries = (entry.partition("=") for entry in content.split("\0"))
    variables = {name: value for name, equals, value in entries if equals and name}
    return (variables, FIRST_PROCESS) if variables else None


def settings(machine: Machine) -> Mapping[str, str]:
    """The variables by which an environment is found: those of `process`, none where they can't be read."""
    try:
        found = process(machine)
    except PermissionError:
        return {}
    return found[0] if found else {}


def working_directory(machine: Machine) -> str | None:
    """Ours; None where it was removed, and for another root, where nobody works."""
    try:
        return os.getcwd() if machine.live else None
    except FileNotFoundError:
        return None


def variables(exam: Examination) -> Mapping[str, Reading] | Unknown:
    """Every variable that is set; Unknown where no process can be asked."""
    try:
        found = process(exam.machine)
    except PermissionError:
        return Unknown(_out_of_reach())
    if found is None:
        return Unknown(_NO_PROCESS)
    stated, where = found
    told = {name: _shown(name, value, where) for name, value in stated.items()}
    own = _own(exam)
    if own is None:
        return told
    if isinstance(own, Unknown):
        return own
    for name, setting in own[0].items():
        if setting is None:
            told.pop(name, None)
        else:
            told[name] = _shown(name, setting, own[1])
    return told


def variable(exam: Examination, name: str) -> Reading:
    """One variable; a set but empty one is the empty text, and of one that may hold a secret only that it is set.

    What the examined environment sets by itself when it is activated counts before what it inherits. Where a root has
    no process, and the environment doesn't say, the variable is assumed Absent.
    """
    try:
        found = process(exam.machine)
    except PermissionError:
        return unknown(_out_of_reach())
    own = _own(exam)
    if isinstance(own, Unknown):
        return unknown(own.reason)
    if own is not None and name in own[0]:
        setting = own[0][name]
        return absent(own[1]) if setting is None else _shown(name, setting, own[1])
    if found is None:
        return Reading(ABSENT, "assumed", _NO_PROCESS)
    stated, where = found
    value = stated.get(name)
    return absent(where) if value is None else _shown(name, value, where)


def _own(exam: Examination) -> tuple[Mapping[str, str | None], str] | Unknown | None:
    """What the examined environment sets by itself (settings.py), looked up once."""
    found = exam.once("settings:own")
    return Unknown("its own settings could not be read") if isinstance(found, Reading) else found


def _shown(name: str, value: str, where: str) -> Reading:
    return measured(HIDDEN if value and is_secret(name) else value, where)


def _out_of_reach() -> str:
    return f"needs root: {FIRST_PROCESS} can't be read"
