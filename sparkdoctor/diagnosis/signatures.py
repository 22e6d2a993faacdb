"""Finds what failures print in the text of a log."""

from __future__ import annotations

import re

from sparkdoctor.diagnosis.conditions import ALWAYS, evaluate
from sparkdoctor.diagnosis.model import Hit
from sparkdoctor.rulebook.patterns import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sparkdoctor.facts.values import Reading
    from sparkdoctor.rulebook.model import Rule, Signature


class Log:
    """A log that many patterns are looked for in.

    Most are out of the question since a word that they want isn't there; they are never compiled.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._small = text.lower()
        self._words = "\n".join(set(re.findall("[a-z]+", self._small)))
        self._there: dict[str, bool] = {}

    def may_hold(self, signature: Signature) -> bool:
        """Whether all that the pattern wants stands somewhere in the log."""
        return all(any(map(self._holds, clause)) for clause in signature.clauses)

    def _holds(self, text: str) -> bool:
        known = self._there.get(text)
        if known is None:
            word = max(re.findall("[a-z]+", text), key=len, default="")
            known = self._there[text] = word in self._words and text in self._small
        return known


def find(rule: Rule, log: Log, read: Callable[[str], Reading]) -> Hit | None:
    """The first place in the log where a signature counts: its `if` is true, no `log_not` is in its lines."""
    for signature in rule.log:
        if not log.may_hold(signature):
            continue
        condition = ALWAYS if signature.condition is None else evaluate(signature.condition, read)
        if condition.truth is True and (hit := _place(signature, rule, log.text)):
            return hit
    return None


def _place(signature: Signature, rule: Rule, text: str) -> Hit | None:
    for match in compiled(signature.match).finditer(text):
        first = text.rfind("\n", 0, match.start()) + 1
        last = text.find("\n", match.end())
        lines = text[first : last if last >= 0 else len(text)]
        if not any(compiled(pattern).search(lines) for pattern in rule.log_not):
            return Hit(text.count("\n", 0, match.start()) + 1, " ".join(lines.split()))
    return None
