"""What an owner has decided to live with: findings of some rules are set aside, with the reason and until when."""

from __future__ import annotations

from sparkdoctor.diagnosis.model import Suppressed
from sparkdoctor.records import changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sparkdoctor.diagnosis.model import Diagnosis, Suppression


def suppressed(diagnosis: Diagnosis, suppressions: Iterable[Suppression], today: str) -> Diagnosis:
    """The diagnosis with the findings of suppressed rules set aside, and those rules that couldn't be decided.

    `today` is a date like 2026-11-24; a suppression counts up to and on its last day. What a suppressed finding
    explained away stays explained.
    """
    reasons: dict[str, Suppression] = {}
    for suppression in suppressions:
        if not suppression.expired(today):
            reasons.setdefault(suppression.rule, suppression)
    if not reasons:
        return diagnosis
    aside = [
        Suppressed(finding.rule, reasons[finding.rule.id], finding)
        for finding in diagnosis.findings
        if finding.rule.id in reasons
    ]
    aside += [
        Suppressed(item.rule, reasons[item.rule.id], None) for item in diagnosis.undetermined if item.rule.id in reasons
    ]
    return changed(
        diagnosis,
        findings=tuple(finding for finding in diagnosis.findings if finding.rule.id not in reasons),
        undetermined=tuple(item for item in diagnosis.undetermined if item.rule.id not in reasons),
        suppressed=tuple(aside),
    )
