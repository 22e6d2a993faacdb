"""What was concluded from the same values before: the snapshots of a fleet mostly say the same.

A memory is a dict: under "asks" the facts that its condition speaks of, and what was concluded by their values.
"""

from __future__ import annotations

from sparkdoctor.diagnosis.conditions import evaluate
from sparkdoctor.rulebook.asked import facts_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sparkdoctor.diagnosis.conditions import Outcome, Read

    Memory = dict[Any, Any]

_MOST = 256
"""Conclusions that a memory keeps."""


def recalled(memory: Memory, condition: list[Any], read: Read) -> Outcome:
    """The outcome of a condition, worked out or remembered."""
    values = tuple([(reading.value, reading.strength) for reading in map(read, asks(memory, condition))])
    outcome: Outcome | None = known(memory, values)
    if outcome is None:
        outcome = evaluate(condition, read)
        keep(memory, values, outcome)
    return outcome


def asks(memory: Memory, condition: list[Any]) -> tuple[str, ...]:
    """The facts that the memory's condition speaks of, each once."""
    names: tuple[str, ...] | None = memory.get("asks")
    if names is None:
        names = memory["asks"] = tuple(dict.fromkeys(facts_in(condition)))
    return names


def known(memory: Memory, values: tuple[object, ...]) -> Any:
    """What was concluded from these values; None where nothing is known of them."""
    try:
        return memory.get(values)
    except TypeError:  # records can't be keys
        return None


def keep(memory: Memory, values: tuple[object, ...], concluded: object) -> None:
    """Keeps a conclusion that depends on nothing but these values, if they can be a key."""
    if len(memory) > _MOST:
        memory.clear()
    try:
        memory[values] = concluded
    except TypeError:  # records can't be keys
        return
