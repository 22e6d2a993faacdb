"""Takes an applied plan back, or one that was broken off: from its journal alone, the last step first."""

from __future__ import annotations

from sparkdoctor.fixes import history, journal
from sparkdoctor.fixes.actions import OTHER, action
from sparkdoctor.fixes.lock import Lock
from sparkdoctor.fixes.packages import aside
from sparkdoctor.fixes.plan import KEPT, PENDING, PLANNED, UNDONE, Step
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.records import Record, changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sparkdoctor.fixes.history import Entry, Taken
    from sparkdoctor.fixes.journal import Journal
    from sparkdoctor.fixes.place import Place


class TakenBack(Record):
    """What became of a plan: its steps as they stand now, and a line for each thing that was kept, and why."""

    id: str
    state: str
    steps: tuple[Step, ...]
    kept: tuple[str, ...]


def undo(
    where: Place, id: str | None = None, force: bool = False, checkpoint: Callable[[str], None] = lambda name: None
) -> TakenBack:
    """Takes back the plan `id` (None: the last that stands). What somebody changed since is kept unless `force`.

    Raises Refused where there is nothing to take back, or another run works here.
    """
    _last(where) if id is None else history.entry(where, id)
    with Lock(where):
        entry = _last(where) if id is None else history.entry(where, id)
        id = entry.id
        if not any(taken.standing for taken in entry.steps) and entry.state != PENDING:
            raise Refused(f"plan {id} is {entry.state.replace('_', ' ')}: nothing of it is left to take back")
        return _taken_back(where, entry, force, checkpoint)


def _last(where: Place) -> Entry:
    """The last plan that stands. Raises Refused without one."""
    standing = [item for item in history.entries(where) if any(taken.standing for taken in item.steps)]
    if not standing:
        raise Refused(f"nothing that sparkdoctor did to {where.prefix} is left to take back")
    return standing[-1]


def recover(where: Place, checkpoint: Callable[[str], None] = lambda name: None) -> list[TakenBack]:
    """Takes back every plan that was broken off, the last first. Raises Refused where another run works here."""
    with Lock(where):
        return [_taken_back(where, entry, False, checkpoint) for entry in reversed(history.pending(where))]


def _taken_back(where: Place, entry: Entry, force: bool, checkpoint: Callable[[str], None]) -> TakenBack:
    writer = journal.continued(where.home, entry.id, lambda lines: checkpoint(f"line {lines}"))
    try:
        writer.write("undo", force=force)
        steps: list[Step] = []
        kept: list[str] = []
        for taken in reversed(entry.steps):
            step, why = _step_back(where, taken, force, writer, checkpoint)
            steps.insert(0, step)
            kept += why
        state = KEPT if kept else UNDONE
        writer.write("end", state=state)
        return TakenBack(entry.id, state, tuple(steps), tuple(kept))
    finally:
        writer.close()


def _step_back(
    where: Place, taken: Taken, force: bool, writer: Journal, checkpoint: Callable[[str], None]
) -> tuple[Step, list[str]]:
    step = taken.step
    if not taken.standing or taken.intention is None:
        if step.kind == "pin":
            aside.drop(where, aside.of_step(writer.id, step.n))
        return step, []
    undoing = action(step.kind)
    intention = dict(taken.intention)
    if not force and undoing.state(intention, where) == OTHER and taken.result is not None:
        later = _later(where, writer.id, step)
        kept = undoing.undo(intention, taken.result, where)
        kept = [f"{line} (plan {later} changed it: take that back first)" for line in kept] if later else kept
    else:
        kept = undoing.undo(intention, taken.result, where, force)
    checkpoint(f"step {step.n}, took back")
    if kept:
        writer.write("kept", n=step.n, reason="; ".join(kept))
        return changed(step, state=KEPT, reason="; ".join(kept)), kept
    writer.write("undone", n=step.n)
    return changed(step, state=UNDONE if taken.step.state != PLANNED else PLANNED), []


def _later(where: Place, id: str, step: Step) -> str | None:
    """The newest plan after this one that stands and works on the same kind of thing."""
    ids = [
        entry.id
        for entry in history.entries(where)
        if journal.order(entry.id) > journal.order(id)
        and any(taken.standing and taken.step.kind == step.kind for taken in entry.steps)
    ]
    return ids[-1] if ids else None
