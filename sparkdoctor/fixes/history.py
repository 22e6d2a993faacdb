"""What the journals of an environment say: each plan, its steps, and where they stand."""

from __future__ import annotations

from sparkdoctor.fixes import journal
from sparkdoctor.fixes.plan import APPLIED, FAILED, KEPT, PENDING, PLANNED, ROLLED_BACK, UNDONE, VERIFIED, Step
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sparkdoctor.fixes.place import Place

_VERDICTS = {
    "verified": VERIFIED,
    "applied": APPLIED,
    "rolled_back": ROLLED_BACK,
    "failed": FAILED,
    "undone": UNDONE,
    "kept": KEPT,
}


class Taken(Record):
    """A step of a plan as its journal has it; `intention` is None where it never began, `result` what it gave.

    `standing`: it is in place (or may be, after a kill), so that undo has something to take back.
    """

    step: Step
    intention: Mapping[str, Any] | None
    result: Mapping[str, Any] | None
    standing: bool


class Entry(Record):
    """A plan as its journal has it; `at` is when it began."""

    id: str
    state: str
    at: str
    environment: str
    steps: tuple[Taken, ...]
    undoing: bool = False
    damaged: tuple[int, ...] = ()
    reason: str | None = None


def entries(place: Place) -> list[Entry]:
    """All plans of a place, oldest first."""
    return [entry(place, id) for id in journal.ids(place.home)]


def entry(place: Place, id: str) -> Entry:
    """One plan. Raises Refused where there is none of that id, or its journal can't be read."""
    path = journal.path_of(place.home, id)
    try:
        return _entry(id, journal.read(path))
    except FileNotFoundError:
        raise Refused(
            f"no plan {id} was applied to {place.prefix}", "sparkdoctor history lists those that were"
        ) from None
    except OSError as error:
        raise Refused(f"{path} can't be read: {error.strerror}") from error


def pending(place: Place) -> list[Entry]:
    """The plans that were broken off, oldest first."""
    return [item for item in entries(place) if item.state == PENDING]


def _entry(id: str, recorded: journal.Recorded) -> Entry:
    first: Mapping[str, Any] = recorded.events[0] if recorded.events else {}
    steps = {stated["n"]: Step(**{**stated, "rules": tuple(stated["rules"])}) for stated in first.get("steps", ())}
    intentions: dict[int, Any] = {}
    results: dict[int, Any] = {}
    verdicts: dict[int, tuple[str, str | None]] = {}
    state, reason, undoing = PENDING, None, False
    for event in recorded.events:
        name, n = event["event"], event.get("n", 0)
        if name == "intend":
            intentions[n] = event["intention"]
        elif name == "done":
            results[n] = event["result"]
        elif name in _VERDICTS:
            verdicts[n] = (_VERDICTS[name], event.get("reason"))
        elif name == "undo":
            state, undoing = PENDING, True
        elif name == "end":
            state, reason = event["state"], event.get("reason")
    return Entry(
        id=id,
        state=state,
        at=first.get("at", ""),
        environment=first.get("environment", ""),
        steps=tuple(_taken(step, intentions, results, verdicts) for step in steps.values()),
        undoing=undoing,
        damaged=recorded.damaged,
        reason=reason,
    )


def _taken(
    step: Step,
    intentions: Mapping[int, Any],
    results: Mapping[int, Any],
    verdicts: Mapping[int, tuple[str, str | None]],
) -> Taken:
    from sparkdoctor.records import changed

    intention = intentions.get(step.n)
    state, reason = verdicts.get(step.n, (PLANNED if intention is None else PENDING, None))
    standing = intention is not None and state in (PENDING, APPLIED, VERIFIED, KEPT)
    return Taken(changed(step, state=state, reason=reason), intention, results.get(step.n), standing)
