"""Variables that an environment sets by itself: sparkdoctor's marked block in activate, conda's own variables."""

from __future__ import annotations

from sparkdoctor.facts.environment import CONDA, VENV
from sparkdoctor.facts.values import Unknown
from sparkdoctor.lazy import json, re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

    Settings: TypeAlias = "Mapping[str, str | None]"

BEGIN, END = "# >>> sparkdoctor >>>", "# <<< sparkdoctor <<<"
"""The first line of our block begins with BEGIN, the last one is END."""
ACTIVATE, CONDA_STATE = "bin/activate", "conda-meta/state"
CONDA_UNSET = "***unset***"
"""What conda writes in place of a value for a variable that it no longer sets."""

_STATEMENT = r"export ([A-Za-z_][A-Za-z0-9_]*)='((?:[^']|'\\'')*)'\n|unset ([A-Za-z_][A-Za-z0-9_]*)\n|#[^\n]*\n"


class Changed(ValueError):
    """Our block was changed by hand, so that what it sets can't be told for certain."""


def block_of(text: str) -> tuple[int, int] | None:
    """Where our block begins and ends in the text of an activate script; None without one. Raises Changed."""
    if BEGIN not in text:
        return None
    begin = re.search(rf"^{re.escape(BEGIN)}", text, re.MULTILINE)
    if begin is None:
        return None
    end = re.compile(rf"^{re.escape(END)}\n?", re.MULTILINE).search(text, begin.end())
    if end is None:
        raise Changed("its last line is missing")
    return begin.start(), end.end()


def stated(text: str) -> dict[str, str | None]:
    """What our block in an activate script for bash and zsh sets; None stands for unset. Raises Changed."""
    place = block_of(text)
    if place is None:
        return {}
    body = text[place[0] : place[1]]
    body = body[body.index("\n") + 1 : body.rindex(END)]
    found: dict[str, str | None] = {}
    position = 0
    while position < len(body):
        match = re.compile(_STATEMENT).match(body, position)
        if match is None:
            raise Changed(f"{body[position:].splitlines()[0]!r} is not a line of sparkdoctor's")
        position = match.end()
        if match[1]:
            found[match[1]] = match[2].replace("'\\''", "'")
        elif match[3]:
            found[match[3]] = None
    return found


def of_conda(text: str) -> dict[str, str | None]:
    """What conda's state file sets. Raises ValueError where it isn't one."""
    document = json.loads(text)
    variables = document.get("env_vars") or {}
    return {str(name): str(value) for name, value in variables.items() if value != CONDA_UNSET}


def own(exam: Examination) -> tuple[Settings, str] | Unknown | None:
    """The variables that the examined environment sets when it is activated, and the file that says so.

    None where it sets none, or is active in the examined process, which has them then.
    """
    environment = exam.environment()
    if isinstance(environment, Unknown) or environment.kind not in (VENV, CONDA):
        return None
    machine = exam.machine
    if active(machine, environment.prefix):
        return None
    path = f"{environment.prefix}/{ACTIVATE if environment.kind == VENV else CONDA_STATE}"
    try:
        text = machine.text(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Unknown(f"{path}: {error.strerror}")
    try:
        found = stated(text) if environment.kind == VENV else of_conda(text)
    except Changed as error:
        return Unknown(f"{path}: sparkdoctor's lines were changed by hand: {error}")
    except (ValueError, AttributeError):
        return Unknown(f"{path}: not as conda writes it")
    return (found, path) if found else None


def active(machine: Machine, prefix: str) -> bool:
    """Whether the environment at `prefix` is the active one in the examined process."""
    from sparkdoctor.facts.collectors import environ

    variables = environ.settings(machine)
    places = [variables[name] for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if variables.get(name)]
    return prefix in places or any(machine.real(place) == machine.real(prefix) for place in places)
