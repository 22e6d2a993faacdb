"""One rule on one machine: does it fire, how certainly, and on what evidence (facts.md, *Partial knowledge*)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkdoctor.diagnosis.conditions import ALWAYS, Outcome, evaluate
from sparkdoctor.diagnosis.model import Evidence, Finding, Hit, Undetermined
from sparkdoctor.diagnosis.offers import offers
from sparkdoctor.diagnosis.signatures import find
from sparkdoctor.diagnosis.texts import told
from sparkdoctor.facts import schema
from sparkdoctor.facts.values import ABSENT, ASSUMED, CERTAIN, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sparkdoctor.diagnosis.resolve import Resolver
    from sparkdoctor.facts.values import Reading
    from sparkdoctor.rulebook.model import Rule

PASSED, NOT_APPLICABLE, CONTRADICTED = "passed", "not applicable", "contradicted"

FIRES, UNDETERMINED = "fires", "undetermined"


class _Verdict:
    """What the rule came to on one GPU."""

    __slots__ = ("confidence", "gpu", "hit", "outcome", "state")

    def __init__(self, state: str, outcome: Outcome, hit: Hit | None, confidence: str, gpu: int | None) -> None:
        self.state = state
        self.outcome = outcome
        self.hit = hit
        self.confidence = confidence
        self.gpu = gpu


def judge(rule: Rule, facts: Resolver, indexes: Mapping[str, str], capped: bool = True) -> Finding | Undetermined | str:
    """A finding, an undetermined rule, or PASSED, NOT_APPLICABLE or CONTRADICTED.

    `capped` holds a finding that leans on an assumption, without a signature, at a warning.
    """
    verdicts = [_verdict(rule, facts, gpu) for gpu in _bindings(rule, facts)]
    firing = [verdict for verdict in verdicts if verdict.state == FIRES]
    if firing:
        return _finding(rule, facts, firing, indexes, capped)
    undetermined = [verdict for verdict in verdicts if verdict.state == UNDETERMINED]
    if undetermined:
        missing = tuple(dict.fromkeys(name for verdict in undetermined for name in verdict.outcome.missing))
        gpu = undetermined[0].gpu
        return Undetermined(rule, missing, tuple(_reason(facts.read(name, gpu)) for name in missing))
    states = {verdict.state for verdict in verdicts}
    return next(state for state in (CONTRADICTED, PASSED, NOT_APPLICABLE) if state in states)


def _bindings(rule: Rule, facts: Resolver) -> list[int | None]:
    """The GPUs that the rule is asked for in turn; None once where it speaks of none."""
    return list(range(facts.source.gpus())) or [None] if rule.per_gpu else [None]


def _verdict(rule: Rule, facts: Resolver, gpu: int | None) -> _Verdict:
    read = facts.on(gpu)
    log = facts.source.log
    hit = find(rule, log, read) if log and rule.log else None
    condition = rule.when if hit is not None or rule.when_no_log is None else rule.when_no_log
    if hit is None and (rule.needs_log or condition is None):
        return _Verdict(NOT_APPLICABLE, ALWAYS, None, "", gpu)
    outcome = ALWAYS if condition is None else evaluate(condition.node, read)
    assumed = outcome.strength <= ASSUMED
    open_ = outcome.truth is None or (outcome.truth is False and assumed)
    if hit is not None:
        if outcome.truth is False and outcome.strength == CERTAIN:
            return _Verdict(CONTRADICTED, outcome, hit, "", gpu)
        return _Verdict(FIRES, outcome, hit, "certain" if outcome.truth is True else "likely", gpu)
    if outcome.truth is True:
        return _Verdict(FIRES, outcome, None, "certain" if outcome.strength == CERTAIN else "likely", gpu)
    if open_:
        return _Verdict(UNDETERMINED if outcome.holds else NOT_APPLICABLE, outcome, None, "", gpu)
    there = any(read(name).value is not ABSENT for name in outcome.facts)
    return _Verdict(PASSED if there else NOT_APPLICABLE, outcome, None, "", gpu)


def _finding(rule: Rule, facts: Resolver, firing: list[_Verdict], indexes: Mapping[str, str], capped: bool) -> Finding:
    best = min(firing, key=lambda verdict: (verdict.hit is None, verdict.confidence != "certain"))
    read = facts.on(best.gpu)
    names = [name for name in dict.fromkeys(best.outcome.facts) if best.outcome.truth is not False or read(name).known]
    evidence = tuple(Evidence(name, read(name), best.gpu if schema.per_gpu(name) else None) for name in names)
    assumed = tuple(item.fact for item in evidence if item.reading.strength <= ASSUMED)
    severity = rule.log_severity if best.hit and rule.log_severity else rule.severity
    if capped and severity == "error" and assumed and best.hit is None:
        severity = "warning"
    missing = () if best.outcome.truth is True else tuple(dict.fromkeys(best.outcome.missing))
    return Finding(
        rule=rule,
        severity=severity,
        confidence=best.confidence,
        gpus=tuple(verdict.gpu for verdict in firing if verdict.gpu is not None),
        title=told(rule.detail.title, read),
        why=told(rule.detail.why, read),
        evidence=evidence,
        offers=offers(rule, read, indexes),
        hit=best.hit,
        missing=missing,
        assumed=assumed,
    )


def _reason(reading: Reading) -> str:
    """Why a fact is missing, in a person's words."""
    if isinstance(reading.value, Unknown):
        return reading.value.reason
    if reading.strength <= ASSUMED:
        return "taken for not set, since nothing says so"
    return f"{reading.value} says too little to decide"
