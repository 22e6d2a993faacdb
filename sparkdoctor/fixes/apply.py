"""Carries out a plan: each step announced in the journal, done, looked at afresh, then kept or rolled back."""

from __future__ import annotations

import os
from contextlib import suppress

from sparkdoctor.fixes import history, journal, place
from sparkdoctor.fixes.actions import action
from sparkdoctor.fixes.lock import Lock
from sparkdoctor.fixes.plan import APPLIED, FAILED, ROLLED_BACK, VERIFIED, Plan, Step
from sparkdoctor.fixes.refused import Refused, Worse
from sparkdoctor.fixes.rights import allowed
from sparkdoctor.records import changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sparkdoctor.diagnosis.model import Diagnosis
    from sparkdoctor.fixes.actions import Action, Intention
    from sparkdoctor.fixes.journal import Journal
    from sparkdoctor.fixes.place import Place

    Examine = Callable[[], Diagnosis]


def _nothing(_: str) -> None:
    return


def apply(
    plan: Plan,
    where: Place,
    examine: Examine,
    tool: dict[str, str],
    told: Callable[[Step], None] = lambda step: None,
    checkpoint: Callable[[str], None] = _nothing,
    begun: Callable[[Step], None] = lambda step: None,
) -> Plan:
    """Carries out the steps of a plan; gives it with its id and what became of each.

    `examine` diagnoses the environment anew, as a shell sees it that has activated it; `begun` and `told` hear of each
    step before it begins and when it is through; `checkpoint` is called with a name at every place at which a kill
    would leave something half done. Raises Refused where nothing was begun: an environment that isn't ours, another
    run, one that was broken off. What commands alone do to the machine is kept with the user's own journals.
    """
    if not plan.steps:
        _whole(where)
        return plan
    if all(step.kind == "command" for step in plan.steps):
        where = place.of_machine(where.machine)
    else:
        allowed(where)
    place.made(where)
    with Lock(where):
        _whole(where)
        known = _known(examine())
        writer = journal.created(where.home, lambda lines: checkpoint(f"line {lines}"))
        try:
            return _walk(plan, where, examine, known, tool, writer, told, checkpoint, begun)
        finally:
            writer.close()


def _whole(where: Place) -> None:
    """Raises Refused where a plan was broken off."""
    broken = history.pending(where)
    if broken:
        raise Refused(f"plan {broken[-1].id} was broken off", "take it back first: sparkdoctor undo --pending")


def _walk(
    plan: Plan,
    where: Place,
    examine: Examine,
    known: set[str],
    tool: dict[str, str],
    writer: Journal,
    told: Callable[[Step], None],
    checkpoint: Callable[[str], None],
    begun: Callable[[Step], None],
) -> Plan:
    try:
        writer.write(
            "plan", id=writer.id, environment=where.prefix, tool=tool, steps=[step.__dict__ for step in plan.steps]
        )
    except Refused:
        os.unlink(journal.path_of(where.home, writer.id))
        raise
    steps: list[Step] = []
    for step in plan.steps:
        if steps and steps[-1].state == FAILED:
            steps.append(changed(step, reason="not begun, since the step before failed"))
            continue
        begun(step)
        steps.append(_taken(step, where, examine, known, writer, checkpoint))
        told(steps[-1])
    state, reason = _outcome(steps)
    try:
        writer.write("end", state=state, reason=reason)
    except Refused as error:
        reason = f"{error}; the journal stays open: sparkdoctor undo --pending takes the plan back"
    return changed(plan, id=writer.id, state=state, reason=reason, steps=tuple(steps))


def _taken(
    step: Step,
    where: Place,
    examine: Examine,
    known: set[str],
    writer: Journal,
    checkpoint: Callable[[str], None],
) -> Step:
    """One step from its announcement to its verdict."""
    doing = action(step.kind)
    try:
        intention = doing.intend(step, where, writer.id)
        writer.write("intend", n=step.n, intention=intention)
    except (Refused, OSError) as error:
        return _failed(step, writer, _reason(error))
    result = None
    try:
        result = doing.do(intention, where, lambda name: checkpoint(f"step {step.n}, {name}"))
        checkpoint(f"step {step.n}, did")
        writer.write("done", n=step.n, result=result)
        found = examine()
    except Worse as error:
        return _rolled_back(step, str(error), doing, intention, result, where, writer, checkpoint)
    except BaseException as error:
        kept = _undone(doing, intention, result, where, _reason(error))
        failed = _failed(step, writer, "; ".join([_reason(error), *kept]))
        if not isinstance(error, (Refused, OSError)):
            with suppress(Refused):
                writer.write("end", state=FAILED, reason=failed.reason)
            raise
        return failed
    against = _against(step, found, known)
    if against is not None:
        return _rolled_back(step, against, doing, intention, result, where, writer, checkpoint)
    by_log = {finding.rule.id for finding in found.findings if finding.hit is not None} & set(step.rules)
    state = APPLIED if by_log else VERIFIED
    writer.write(state, n=step.n)
    return changed(step, state=state)


def _rolled_back(
    step: Step,
    why: str,
    doing: Action,
    intention: Intention,
    result: dict[str, Any] | None,
    where: Place,
    writer: Journal,
    checkpoint: Callable[[str], None],
) -> Step:
    checkpoint(f"step {step.n}, rolling back")
    reason = "; ".join([why, *_undone(doing, intention, result, where, why)])
    writer.write("rolled_back", n=step.n, reason=reason)
    return changed(step, state=ROLLED_BACK, reason=reason)


def _undone(doing: Action, intention: Intention, result: dict[str, Any] | None, where: Place, why: str) -> list[str]:
    """Takes a step back; gives what is kept. Raises Refused where that doesn't work: the plan stays open then."""
    try:
        return doing.undo(intention, result, where)
    except (Refused, OSError) as error:
        raise Refused(
            f"{why}; it could not be taken back either: {_reason(error)}",
            "when that is mended: sparkdoctor undo --pending",
        ) from error


def _failed(step: Step, writer: Journal, reason: str) -> Step:
    try:
        writer.write("failed", n=step.n, reason=reason)
    except Refused:
        return changed(step, state=FAILED, reason=reason)
    return changed(step, state=FAILED, reason=reason)


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    return str(error) or type(error).__name__


def _known(diagnosis: Diagnosis) -> set[str]:
    """The rules that spoke before, also those that another finding explained away."""
    return {finding.rule.id for finding in diagnosis.findings} | set(diagnosis.superseded)


def _against(step: Step, found: Diagnosis, known: set[str]) -> str | None:
    """What speaks against keeping a step: none of its findings is gone, or an error is there that wasn't.

    What a log alone tells is of the time before.
    """
    raised = {finding.rule.id: finding for finding in found.findings}
    new = [
        id for id, finding in raised.items() if finding.severity == "error" and id not in known and finding.hit is None
    ]
    if new:
        return f"it brought a new error: {', '.join(f'{id} ({raised[id].title})' for id in new)}"
    staying = [id for id in step.rules if id in raised and raised[id].hit is None]
    if len(staying) == len(step.rules):
        return f"{', '.join(staying)} is raised all the same"
    return None


def _outcome(steps: list[Step]) -> tuple[str, str | None]:
    """The state of a plan by those of its steps: the worst counts."""
    for state in (FAILED, ROLLED_BACK, APPLIED):
        worst = next((step for step in steps if step.state == state), None)
        if worst is not None:
            return state, worst.reason
    return VERIFIED, None
