"""Finds what failures print in the text of a log."""

from __future__ import annotations

from sparkdoctor.diagnosis.conditions import ALWAYS, evaluate
from sparkdoctor.diagnosis.model import Hit
from sparkdoctor.rulebook.patterns import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sparkdoctor.facts.values import Reading
    from sparkdoctor.rulebook.model import Rule


def find(rule: Rule, log: str, read: Callable[[str], Reading]) -> Hit | None:
    """The first place in the log where a signature counts: its `if` is true, no `log_not` is in its lines."""
    for signature in rule.log:
        condition = ALWAYS if signature.condition is None else evaluate(signature.condition, read)
        if condition.truth is not True:
            continue
        for match in compiled(signature.match).finditer(log):
            first = log.rfind("\n", 0, match.start()) + 1
            last = log.find("\n", match.end())
            lines = log[first : last if last >= 0 else len(log)]
            if not any(compiled(pattern).search(lines) for pattern in rule.log_not):
                return Hit(log.count("\n", 0, match.start()) + 1, " ".join(lines.split()))
    return None
