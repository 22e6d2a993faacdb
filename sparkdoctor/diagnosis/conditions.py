"""Walks a compiled condition with three values (Kleene), noting what decided the answer.

Every comparison with Absent is false, every one with Unknown is Unknown. Of a true `and` the weakest operand says how
certain the answer is, of a true `or` the strongest; the other way round where false decides.
"""

from __future__ import annotations

from sparkdoctor.facts import versions
from sparkdoctor.facts.values import ABSENT, ASSUMED, CERTAIN, Reading, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Read = Callable[[str], Reading]


class Outcome:
    """What a condition came to.

    `truth` is True, False or None (Unknown); `strength` that of the deciding readings; `facts` the names of those;
    `missing` the facts that would have to be known; `holds` whether some part is known to be true (an assumed
    absence doesn't count), which makes a rule undetermined instead of not applicable.
    """

    __slots__ = ("facts", "holds", "missing", "strength", "truth")

    def __init__(
        self,
        truth: bool | None,
        strength: int,
        facts: tuple[str, ...] = (),
        missing: tuple[str, ...] = (),
        holds: bool = False,
    ) -> None:
        self.truth = truth
        self.strength = strength
        self.facts = facts
        self.missing = missing
        self.holds = holds


ALWAYS = Outcome(True, CERTAIN)
"""What a condition comes to that isn't there."""


def evaluate(node: list[Any], read: Read) -> Outcome:
    """The outcome of a compiled condition (rulebook/expression.py) on the readings that `read` gives by name."""
    kind = node[0]
    if kind == "and":
        return _joined(node[1:], read, deciding=False)
    if kind == "or":
        return _joined(node[1:], read, deciding=True)
    if kind == "not":
        inner = evaluate(node[1], read)
        if inner.truth is None:
            return inner
        return Outcome(
            not inner.truth,
            inner.strength,
            inner.facts,
            inner.facts if inner.strength <= ASSUMED else (),
            not inner.truth and inner.strength > ASSUMED,
        )
    return _ATOMS[kind](node, read)


def _joined(nodes: list[list[Any]], read: Read, deciding: bool) -> Outcome:
    """`and` (one False decides) or `or` (one True decides): the strongest deciding part, else the weakest of all."""
    strength = CERTAIN
    facts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    holds = unknown = False
    decider: Outcome | None = None
    for node in nodes:
        part = evaluate(node, read)
        if part.truth is deciding:
            if part.strength == CERTAIN:
                return part
            if decider is None or part.strength > decider.strength:
                decider = part
        elif part.truth is None:
            unknown = True
        else:
            strength = min(strength, part.strength)
            facts += part.facts
        holds |= part.holds
        missing += part.missing
    if decider is not None:
        return Outcome(deciding, decider.strength, decider.facts, missing or decider.facts, holds)
    return Outcome(None if unknown else not deciding, strength, facts, missing, holds)


def _decided(truth: bool, *readings: tuple[str, Reading]) -> Outcome:
    strength = min(reading.strength for _, reading in readings)
    names = tuple(name for name, _ in readings)
    return Outcome(truth, strength, names, names if strength <= ASSUMED else (), truth and strength > ASSUMED)


def _decided_by(truth: bool, name: str, reading: Reading) -> Outcome:
    if reading.strength <= ASSUMED:
        return Outcome(truth, ASSUMED, (name,), (name,))
    return Outcome(truth, reading.strength, (name,), (), truth)


def _undecided(*names: str) -> Outcome:
    return Outcome(None, CERTAIN, missing=names)


def _on(name: str, read: Read, test: Callable[[Any], bool | None]) -> Outcome:
    """The outcome of a test on one value; an Absent one fails every test."""
    reading = read(name)
    if isinstance(reading.value, Unknown):
        return _undecided(name)
    truth = False if reading.value is ABSENT else test(reading.value)
    return _undecided(name) if truth is None else _decided_by(truth, name, reading)


def _on_both(first: str, second: str, read: Read, test: Callable[[Any, Any], bool | None]) -> Outcome:
    """The outcome of a test on two values; the second isn't asked for where the first is Absent."""
    left = read(first)
    if left.value is ABSENT:
        return _decided(False, (first, left))
    right = read(second)
    if right.value is ABSENT:
        return _decided(False, (second, right))
    missing = [name for name, reading in ((first, left), (second, right)) if not reading.known]
    if missing:
        return _undecided(*missing)
    truth = test(left.value, right.value)
    return _undecided(first, second) if truth is None else _decided(truth, (first, left), (second, right))


def _compared(kind: str, op: str, left: Any, right: Any, literal: bool = True) -> bool | None:
    if kind == "plain":
        return versions.COMPARE[op](left, right)
    if "none" in (left, right):
        return versions.COMPARE[op](left, right) if op in ("==", "!=") else False
    try:
        return versions.compare(kind, left, op, right, literal)
    except versions.InvalidVersionText:
        return None


def _among(kind: str, value: Any, items: list[Any]) -> bool | None:
    answers = [_compared(kind, "==", value, item) for item in items]
    return True if True in answers else None if None in answers else False


def _opposite(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _present(node: list[Any], read: Read) -> Outcome:
    reading = read(node[1])
    if isinstance(reading.value, Unknown):
        return _undecided(node[1])
    return _decided_by(reading.value is not ABSENT and reading.value not in ("", ()), node[1], reading)


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/:=|")
"""The letters of a pattern that is nothing but words to look for."""


def _matches(pattern: str, clauses: list[list[str]], text: str) -> bool:
    """`clauses` (literals.py) say what must stand in the text; a look for that saves the pattern."""
    small = text.lower()
    if not all(any(word in small for word in clause) for clause in clauses):
        return False
    if _PLAIN.issuperset(pattern):
        return any(word in text for word in pattern.split("|"))
    from sparkdoctor.rulebook.patterns import compiled

    return compiled(pattern).search(text) is not None


def _runs(node: list[Any], read: Read) -> Outcome:
    _, code, wanted = node

    def test(gpu: Any, have: Any) -> bool | None:
        from sparkdoctor.binaries.compatibility import UNKNOWN, runs

        outcome = runs(have, gpu)
        return None if outcome == UNKNOWN else outcome in wanted

    return _on_both("gpu.compute_capability", code, read, test)


def _some(node: list[Any], read: Read) -> Outcome:
    name, inner = node[1], node[2]
    reading = read(name)
    if isinstance(reading.value, Unknown):
        return _undecided(name)
    if not isinstance(reading.value, tuple):
        return _decided(False, (name, reading))
    truths = [evaluate(inner, _item(item)).truth for item in reading.value]
    if True in truths:
        return _decided(True, (name, reading))
    return _undecided(name) if None in truths else _decided(False, (name, reading))


def _item(item: Any) -> Read:
    def read(name: str) -> Reading:
        value = item.get(name[5:], ABSENT) if isinstance(item, dict) else item
        return Reading(value, "measured")

    return read


_ATOMS: dict[str, Callable[[list[Any], Read], Outcome]] = {
    "is": lambda node, read: _on(node[1], read, lambda value: value is True),
    "present": _present,
    "compare": lambda node, read: _on(node[3], read, lambda value: _compared(node[1], node[2], value, node[4])),
    "compare-facts": lambda node, read: _on_both(
        node[3], node[4], read, lambda left, right: _compared(node[1], node[2], left, right, literal=False)
    ),
    "one-of": lambda node, read: _on(node[2], read, lambda value: _among(node[1], value, node[3])),
    "none-of": lambda node, read: _on(node[2], read, lambda value: _opposite(_among(node[1], value, node[3]))),
    "has": lambda node, read: _on(node[1], read, lambda value: node[2] in value),
    "lacks": lambda node, read: _on(node[1], read, lambda value: node[2] not in value),
    "has-fact": lambda node, read: _on_both(node[2], node[1], read, lambda value, items: value in items),
    "lacks-fact": lambda node, read: _on_both(node[2], node[1], read, lambda value, items: value not in items),
    "matches": lambda node, read: _on(node[1], read, lambda value: _matches(node[2], node[3], str(value))),
    "runs": _runs,
    "any": _some,
}
