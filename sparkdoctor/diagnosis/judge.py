"""One rule on one machine: does it fire, how certainly, and on what evidence (facts.md, *Partial knowledge*)."""

from __future__ import annotations

from sparkdoctor.diagnosis.conditions import ALWAYS, evaluate
from sparkdoctor.diagnosis.model import Undetermined, Verdict
from sparkdoctor.facts.values import ABSENT, ASSUMED, CERTAIN, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sparkdoctor.diagnosis.model import Finding, Hit
    from sparkdoctor.diagnosis.resolve import Resolver
    from sparkdoctor.diagnosis.signatures import Log
    from sparkdoctor.facts.values import Reading
    from sparkdoctor.rulebook.model import Rule

PASSED, NOT_APPLICABLE, CONTRADICTED = "passed", "not applicable", "contradicted"

FIRES, UNDETERMINED = "fires", "undetermined"

_NO_GPU = (None,)


def judge(rule: Rule, facts: Resolver, indexes: Mapping[str, str], capped: bool = True) -> Finding | Undetermined | str:
    """A finding, an undetermined rule, or PASSED, NOT_APPLICABLE or CONTRADICTED.

    `capped` holds a finding that leans on an assumption, without a signature, at a warning.
    """
    verdicts = [_verdict(rule, facts, gpu) for gpu in bindings(rule, facts)]
    firing = [verdict for verdict in verdicts if verdict.state == FIRES]
    if firing:
        from sparkdoctor.diagnosis.findings import finding

        return finding(rule, facts, firing, indexes, capped)
    undetermined = [verdict for verdict in verdicts if verdict.state == UNDETERMINED]
    if undetermined:
        missing = tuple(dict.fromkeys(name for verdict in undetermined for name in verdict.outcome.missing))
        gpu = undetermined[0].gpu
        return Undetermined(rule, missing, tuple(_reason(facts.read(name, gpu)) for name in missing))
    states = {verdict.state for verdict in verdicts}
    return next(state for state in (CONTRADICTED, PASSED, NOT_APPLICABLE) if state in states)


def cant_fire(rule: Rule, facts: Resolver) -> bool:
    """Whether a rule is out of the question without a log, since what it hangs on isn't there."""
    for name in rule.hangs_on:
        reading = facts.read(name)
        if reading.strength == CERTAIN and (reading.value is ABSENT or (name == "gpu.count" and reading.value == 0)):
            return True
    return False


def bindings(rule: Rule, facts: Resolver) -> tuple[int | None, ...]:
    """The GPUs that the rule is asked for in turn; None once where it speaks of none."""
    return facts.gpus() if rule.per_gpu else _NO_GPU


def _verdict(rule: Rule, facts: Resolver, gpu: int | None) -> Verdict:
    read = facts.on(gpu)
    log = facts.log
    hit = _hit(rule, log, read) if log else None
    condition = rule.when if hit is not None or rule.when_no_log is None else rule.when_no_log
    if hit is None and (rule.needs_log or condition is None):
        return Verdict(NOT_APPLICABLE, ALWAYS, None, "", gpu)
    outcome = ALWAYS if condition is None else evaluate(condition, read)
    assumed = outcome.strength <= ASSUMED
    open_ = outcome.truth is None or (outcome.truth is False and assumed)
    if hit is not None:
        if outcome.truth is False and outcome.strength == CERTAIN:
            return Verdict(CONTRADICTED, outcome, hit, "", gpu)
        return Verdict(FIRES, outcome, hit, "certain" if outcome.truth is True else "likely", gpu)
    if outcome.truth is True:
        return Verdict(FIRES, outcome, None, "certain" if outcome.strength == CERTAIN else "likely", gpu)
    if open_:
        return Verdict(UNDETERMINED if outcome.holds else NOT_APPLICABLE, outcome, None, "", gpu)
    there = any(name != "workload" and read(name).value is not ABSENT for name in outcome.facts)
    return Verdict(PASSED if there else NOT_APPLICABLE, outcome, None, "", gpu)


def _hit(rule: Rule, log: Log, read: Callable[[str], Reading]) -> Hit | None:
    from sparkdoctor.diagnosis.signatures import find

    return find(rule, log, read)


def _reason(reading: Reading) -> str:
    """Why a fact is missing, in a person's words."""
    if isinstance(reading.value, Unknown):
        return reading.value.reason
    if reading.strength <= ASSUMED:
        return "nothing says whether it is set"
    return f"{reading.value} says too little to decide"
