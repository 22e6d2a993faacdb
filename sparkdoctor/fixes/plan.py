"""What is to be done: steps that sparkdoctor carries out, steps for a person, and what it refuses."""

from __future__ import annotations

from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PLANNED, PENDING, APPLIED, VERIFIED = "planned", "pending", "applied", "verified"
ROLLED_BACK, FAILED, UNDONE, KEPT = "rolled_back", "failed", "undone", "kept"
"""What a plan or a step can be: applied means that nothing but the change itself could be read back."""


class Step(Record):
    """One change that sparkdoctor makes, for one or more rules.

    `kind` chooses the action (actions/), `payload` is what that needs, as JSON: for env `{"set": …, "unset": …}`, for
    pin `{"packages": …, "index": …}`, for file `{"path": …, "content" or "link": …}`, for command `{"name": …}`.
    `text` is the same as a line to copy; `before` (None: nothing) and `after` are for the diff; `notes` hold what a
    person should know before agreeing.
    """

    n: int
    rules: tuple[str, ...]
    kind: str
    safety: str
    text: str
    effect: str
    payload: Mapping[str, Any]
    before: str | None = None
    after: str = ""
    notes: tuple[str, ...] = ()
    state: str = PLANNED
    reason: str | None = None


class ManualStep(Record):
    """A step for a person; never run. `reason` says why sparkdoctor doesn't take it."""

    rules: tuple[str, ...]
    kind: str
    text: str
    effect: str
    reason: str


class Refusal(Record):
    """What is not planned although a rule asks for it, and why."""

    rules: tuple[str, ...]
    reason: str


class Plan(Record):
    """Steps in the order in which they are taken; `id` is None until it is applied."""

    environment: str | None
    steps: tuple[Step, ...]
    manual: tuple[ManualStep, ...] = ()
    refused: tuple[Refusal, ...] = ()
    id: str | None = None
    state: str = PLANNED
    reason: str | None = None


def to_json(plan: Plan) -> dict[str, Any]:
    """A plan as the JSON contract has it (an entry of `plans`)."""
    return {
        "id": plan.id,
        "state": plan.state,
        "reason": plan.reason,
        "environment": plan.environment,
        "steps": [step_to_json(step) for step in plan.steps],
        "manual": [
            {"rules": list(step.rules), "kind": step.kind, "text": step.text, "reason": step.reason}
            for step in plan.manual
        ],
        "refused": [{"rules": list(item.rules), "reason": item.reason} for item in plan.refused],
    }


def step_to_json(step: Step) -> dict[str, Any]:
    """A step as the JSON contract has it."""
    return {
        "n": step.n,
        "rules": list(step.rules),
        "kind": step.kind,
        "safety": step.safety,
        "text": step.text,
        "before": step.before,
        "after": step.after,
        "state": step.state,
        "reason": step.reason,
    }
