"""The one way in: a rulebook and a source of facts → a diagnosis."""

from __future__ import annotations

from sparkdoctor.diagnosis.judge import CONTRADICTED, NOT_APPLICABLE, PASSED, bindings, cant_fire, judge
from sparkdoctor.diagnosis.model import Diagnosis, Finding, Undetermined
from sparkdoctor.diagnosis.resolve import Resolver
from sparkdoctor.diagnosis.targets import targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sparkdoctor.facts.source import Source
    from sparkdoctor.rulebook.model import Rule, Rulebook


def diagnose(
    rulebook: Rulebook,
    facts: Resolver,
    rules: Iterable[Rule] | None = None,
    capped: bool = True,
    fired: Callable[[Finding], None] | None = None,
) -> Diagnosis:
    """Judges all rules, or those given. `capped`: without a signature an assumption carries no error (judge.py).

    `fired` is told of each finding at once, before it is known what explains it away.
    """
    findings: list[Finding] = []
    undetermined: list[Undetermined] = []
    contradicted: list[Rule] = []
    counts = {PASSED: 0, NOT_APPLICABLE: 0}
    without_log = not facts.source.log
    decide = _remembering() if without_log and facts.at_hand else judge
    for rule in rulebook.rules.values() if rules is None else rules:
        if without_log and (rule.log_only or cant_fire(rule, facts)):
            counts[NOT_APPLICABLE] += 1
            continue
        verdict = decide(rule, facts, rulebook.indexes, capped)
        if isinstance(verdict, Finding):
            findings.append(verdict)
            if fired is not None:
                fired(verdict)
        elif isinstance(verdict, Undetermined):
            undetermined.append(verdict)
        elif verdict == CONTRADICTED:
            contradicted.append(rule)
            counts[PASSED] += 1
        else:
            counts[verdict] += 1
    ordered, superseded = _ranked(findings, rulebook)
    return Diagnosis(
        targets=tuple(targets(facts)),
        findings=tuple(ordered),
        superseded=superseded,
        undetermined=tuple(undetermined),
        contradicted=tuple(contradicted),
        passed=counts[PASSED],
        not_applicable=counts[NOT_APPLICABLE],
    )


def _ranked(findings: list[Finding], rulebook: Rulebook) -> tuple[list[Finding], dict[str, str]]:
    if not findings:
        return [], {}
    from sparkdoctor.diagnosis.rank import rank

    return rank(findings, rulebook.components)


def _remembering() -> Callable[[Rule, Resolver, Mapping[str, str], bool], Finding | Undetermined | str]:
    """`judge`, without judging again where nothing that a rule reads has changed.

    For sources without a log that have all facts at hand, since every fact of the condition is read. A rule that fires
    is judged each time: its finding tells where each value came from.
    """
    from sparkdoctor.diagnosis.memory import asks, keep, known

    def remembered(
        rule: Rule, facts: Resolver, indexes: Mapping[str, str], capped: bool
    ) -> Finding | Undetermined | str:
        memory = rule.verdicts
        names = asks(memory, rule.when_no_log or rule.when or [])
        key: list[object] = [capped]
        for gpu in bindings(rule, facts):
            at_hand = facts.known(gpu)
            for name in names:
                reading = at_hand.get(name) or facts.read(name, gpu)
                key.append(reading.value)
                key.append(reading.strength)
        values = tuple(key)
        before: Undetermined | str | None = known(memory, values)
        if before is not None:
            return before
        verdict = judge(rule, facts, indexes, capped)
        if not isinstance(verdict, Finding):
            keep(memory, values, verdict)
        return verdict

    return remembered


def resolver(rulebook: Rulebook, source: Source) -> Resolver:
    """The source's facts, completed by the rulebook's estimates."""
    return Resolver(source, rulebook.estimates)
