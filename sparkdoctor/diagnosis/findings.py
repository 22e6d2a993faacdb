"""A rule that fired, as it is told: severity and certainty, evidence, fixes."""

from __future__ import annotations

from sparkdoctor.diagnosis.model import Evidence, Finding, Telling
from sparkdoctor.facts import schema
from sparkdoctor.facts.values import ASSUMED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sparkdoctor.diagnosis.model import Verdict
    from sparkdoctor.diagnosis.resolve import Resolver
    from sparkdoctor.rulebook.model import Rule


def finding(
    rule: Rule, facts: Resolver, firing: Sequence[Verdict], indexes: Mapping[str, str], capped: bool
) -> Finding:
    """The one finding of a rule for all GPUs that it fires on, told by the most telling of them."""
    best = min(firing, key=lambda verdict: (verdict.hit is None, verdict.confidence != "certain"))
    read = facts.on(best.gpu)
    names = [name for name in dict.fromkeys(best.outcome.facts) if best.outcome.truth is not False or read(name).known]
    assumed = tuple(name for name in names if read(name).strength <= ASSUMED)
    severity = rule.log_severity if best.hit and rule.log_severity else rule.severity
    if capped and severity == "error" and assumed and best.hit is None:
        severity = "warning"

    def tell() -> Telling:
        from sparkdoctor.diagnosis.offers import offers
        from sparkdoctor.diagnosis.placeholders import told

        return Telling(
            title=told(rule.detail.title, read),
            why=told(rule.detail.why, read),
            evidence=tuple(Evidence(name, read(name), best.gpu if schema.per_gpu(name) else None) for name in names),
            offers=offers(rule, read, indexes),
        )

    return Finding(
        rule=rule,
        severity=severity,
        confidence=best.confidence,
        gpus=tuple(verdict.gpu for verdict in firing if verdict.gpu is not None),
        hit=best.hit,
        missing=() if best.outcome.truth is True else tuple(dict.fromkeys(best.outcome.missing)),
        assumed=assumed,
        tell=tell,
    )
