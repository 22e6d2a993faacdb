"""Sets and unsets variables where the environment itself sets them when it is activated; carries out arch-flag, too."""

from __future__ import annotations

from sparkdoctor.facts.environment import CONDA, VENV
from sparkdoctor.fixes import changes
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.fixes.rights import allowed
from sparkdoctor.fixes.settings import conda, shells, venv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sparkdoctor.fixes.actions import Checkpoint, Intention
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.plan import Step


def settings_of(payload: Mapping[str, Any]) -> dict[str, str | None]:
    """The variables of a step: a value, or None for unset."""
    return {**payload.get("set", {}), **dict.fromkeys(payload.get("unset", ()))}


def current(place: Place) -> dict[str, str | None]:
    """What the environment sets by itself now; nothing where it has no place for that. Raises Refused or OSError."""
    kind = place.environment.kind if place.environment else ""
    if kind not in (VENV, CONDA):
        return {}
    return venv.current(place.prefix) if kind == VENV else conda.current(place.prefix)


def intend(step: Step, place: Place, plan: str) -> Intention:
    """See `Action`."""
    allowed(place)
    kind = place.environment.kind if place.environment else ""
    if kind not in (VENV, CONDA):
        raise Refused(f"{place.prefix} sets no variables by itself", "set them where the program starts")
    settings = {**current(place), **settings_of(step.payload)}
    made = venv.changes(place.prefix, settings) if kind == VENV else conda.changes(place.prefix, settings)
    return {"changes": made, "settings": settings, "kind": kind}


def do(intention: Intention, place: Place, checkpoint: Checkpoint) -> dict[str, Any]:
    """See `Action`. Sources the scripts in real shells afterwards; Refused where one reads something else."""
    result = changes.carry_out(place.prefix, intention["changes"], checkpoint)
    if intention["kind"] == VENV:
        asked, wrong = shells.read_back(place.machine, place.prefix, intention["settings"])
        if wrong:
            raise Refused("; ".join(wrong))
        result["read_back"] = asked
    return result


def undo(intention: Intention, result: Mapping[str, Any] | None, place: Place, force: bool = False) -> list[str]:
    """See `Action`."""
    return changes.take_back(place.prefix, intention["changes"], result, force)


def state(intention: Intention, place: Place) -> str:
    """See `Action`."""
    return changes.state(place.prefix, intention["changes"])
