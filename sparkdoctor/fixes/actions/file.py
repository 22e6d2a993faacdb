"""Creates, links or replaces one file inside the environment."""

from __future__ import annotations

from sparkdoctor.fixes import changes, files
from sparkdoctor.fixes.rights import allowed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sparkdoctor.fixes.actions import Checkpoint, Intention
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.plan import Step


def intend(step: Step, place: Place, plan: str) -> Intention:
    """See `Action`."""
    allowed(place)
    path = step.payload["path"]
    before = files.look(place.prefix, path)
    if "link" in step.payload:
        after = files.link_state(step.payload["link"])
    else:
        after = files.text_state(step.payload["content"], before)
    return {"changes": [changes.change(place.prefix, path, after, before)]}


def do(intention: Intention, place: Place, checkpoint: Checkpoint) -> dict[str, Any]:
    """See `Action`."""
    return changes.carry_out(place.prefix, intention["changes"], checkpoint)


def undo(intention: Intention, result: Mapping[str, Any] | None, place: Place, force: bool = False) -> list[str]:
    """See `Action`."""
    return changes.take_back(place.prefix, intention["changes"], result, force)


def state(intention: Intention, place: Place) -> str:
    """See `Action`."""
    return changes.state(place.prefix, intention["changes"])
