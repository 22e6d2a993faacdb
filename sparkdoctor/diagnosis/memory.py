"""What a rule came to on the same values before: the snapshots of a fleet mostly say the same."""

from __future__ import annotations

from sparkdoctor.diagnosis.judge import bindings, judge
from sparkdoctor.diagnosis.model import Finding
from sparkdoctor.rulebook.asked import facts_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from sparkdoctor.diagnosis.model import Undetermined
    from sparkdoctor.diagnosis.resolve import Resolver
    from sparkdoctor.rulebook.model import Rule

_MOST = 256
"""Verdicts that are kept of each rule."""


def remembered(rule: Rule, facts: Resolver, indexes: Mapping[str, str], capped: bool) -> Finding | Undetermined | str:
    """What `judge` says, without judging again where nothing that the rule reads has changed.

    For sources without a log that have all facts at hand, since every fact of the condition is read. A rule that fires
    is judged each time: its finding tells where each value came from.
    """
    verdicts = rule.verdicts
    names = verdicts.get("asks")
    if names is None:
        names = verdicts["asks"] = tuple(dict.fromkeys(facts_in(rule.when_no_log or rule.when or [])))
    key: list[object] = [capped]
    for gpu in bindings(rule, facts):
        known = facts.known(gpu)
        for name in names:
            reading = known.get(name) or facts.read(name, gpu)
            key.append(reading.value)
            key.append(reading.strength)
    values = tuple(key)
    try:
        verdict: Undetermined | str | None = verdicts.get(values)
    except TypeError:  # records can't be keys
        return judge(rule, facts, indexes, capped)
    if verdict is not None:
        return verdict
    judged = judge(rule, facts, indexes, capped)
    if not isinstance(judged, Finding):
        if len(verdicts) > _MOST:
            verdicts.clear()
        verdicts[values] = judged
    return judged
