"""The one way in: a rulebook and a source of facts → a diagnosis."""

from __future__ import annotations

from sparkdoctor.diagnosis.judge import CONTRADICTED, NOT_APPLICABLE, PASSED, cant_fire, judge
from sparkdoctor.diagnosis.model import Diagnosis, Finding, Target, Undetermined
from sparkdoctor.diagnosis.rank import rank
from sparkdoctor.diagnosis.resolve import Resolver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sparkdoctor.facts.source import Source
    from sparkdoctor.rulebook.model import Rule, Rulebook


def diagnose(
    rulebook: Rulebook, facts: Resolver, rules: Iterable[Rule] | None = None, capped: bool = True
) -> Diagnosis:
    """Judges all rules, or those given. `capped`: without a signature an assumption carries no error (judge.py)."""
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
        elif isinstance(verdict, Undetermined):
            undetermined.append(verdict)
        elif verdict == CONTRADICTED:
            contradicted.append(rule)
            counts[PASSED] += 1
        else:
            counts[verdict] += 1
    ordered, superseded = rank(findings, rulebook.components)
    return Diagnosis(
        targets=tuple(targets(facts)),
        findings=tuple(ordered),
        superseded=superseded,
        undetermined=tuple(undetermined),
        contradicted=tuple(contradicted),
        passed=counts[PASSED],
        not_applicable=counts[NOT_APPLICABLE],
    )


def _remembering() -> Callable[[Rule, Resolver, Mapping[str, str], bool], Finding | Undetermined | str]:
    from sparkdoctor.diagnosis.memory import remembered

    return remembered


def resolver(rulebook: Rulebook, source: Source) -> Resolver:
    """The source's facts, completed by the rulebook's estimates."""
    return Resolver(source, rulebook.estimates)


def targets(facts: Resolver) -> list[Target]:
    """The GPUs that are known of."""
    found = []
    for index in range(facts.source.gpus()):
        name = facts.read("gpu.name", index)
        capability = facts.read("gpu.compute_capability", index)
        if name.present or capability.present:
            found.append(
                Target(
                    index,
                    str(name.value) if name.present else None,
                    str(capability.value) if capability.present else None,
                    (capability if capability.present else name).origin,
                )
            )
    return found
