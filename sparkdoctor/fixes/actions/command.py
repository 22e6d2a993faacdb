"""Runs a command of the catalogue, and its inverse to take it back."""

from __future__ import annotations

import os

from sparkdoctor.fixes.actions import AFTER, BEFORE
from sparkdoctor.fixes.catalogue import CATALOGUE
from sparkdoctor.fixes.refused import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sparkdoctor.fixes.actions import Checkpoint, Intention
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.plan import Step


def intend(step: Step, place: Place, plan: str) -> Intention:
    """See `Action`."""
    name = step.payload["name"]
    command = CATALOGUE[name]
    if command.root and os.geteuid() != 0:
        raise Refused(f"{command.text} needs root")
    return {"name": name, "seen": command.look(place.machine)}


def do(intention: Intention, place: Place, checkpoint: Checkpoint) -> dict[str, Any]:
    """See `Action`. Refused where it doesn't read back as done."""
    command = CATALOGUE[intention["name"]]
    command.run(place.machine, intention["seen"])
    checkpoint("ran")
    if command.worked(place.machine, intention["seen"]) is False:
        raise Refused(f"{command.text} ran, and had no effect")
    return {}


def undo(intention: Intention, result: Mapping[str, Any] | None, place: Place, force: bool = False) -> list[str]:
    """See `Action`."""
    try:
        said = CATALOGUE[intention["name"]].back(place.machine, intention["seen"])
    except Refused as error:
        return [str(error)]
    return [] if said is None else [said]


def state(intention: Intention, place: Place) -> str:
    """See `Action`."""
    return AFTER if CATALOGUE[intention["name"]].worked(place.machine, intention["seen"]) else BEFORE
