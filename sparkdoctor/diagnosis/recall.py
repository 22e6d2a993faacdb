"""What a condition came to on the same values before."""

from __future__ import annotations

from sparkdoctor.diagnosis.conditions import evaluate
from sparkdoctor.rulebook.asked import facts_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sparkdoctor.diagnosis.conditions import Outcome, Read

_MOST = 256


def recalled(outcomes: dict[Any, Any], condition: list[Any], read: Read) -> Outcome:
    """The outcome of a condition, which depends on nothing but the values that it reads; `outcomes` is its memory."""
    names = outcomes.get("asks")
    if names is None:
        names = outcomes["asks"] = tuple(dict.fromkeys(facts_in(condition)))
    values = tuple([(reading.value, reading.strength) for reading in map(read, names)])
    try:
        outcome: Outcome | None = outcomes.get(values)
    except TypeError:  # records can't be keys
        return evaluate(condition, read)
    if outcome is None:
        if len(outcomes) > _MOST:
            outcomes.clear()
        outcome = outcomes[values] = evaluate(condition, read)
    return outcome
