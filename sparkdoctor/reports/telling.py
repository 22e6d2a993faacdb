"""The sentences of a finding as they may be shown: what stands in them of a fact is told as the fact itself is."""

from __future__ import annotations

from sparkdoctor.facts.values import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sparkdoctor.diagnosis.model import Finding
    from sparkdoctor.facts.privacy import Redactor


def telling(finding: Finding, redactor: Redactor) -> Callable[[str], str]:
    """What takes private things out of the title, the reason and the fixes of a finding."""
    changed = {}
    for evidence in finding.evidence:
        raw = shown(evidence.reading.value)
        safe = shown(redactor.reading(evidence.fact, evidence.reading).value)
        if raw != safe:
            changed[raw] = safe
    if not changed:
        return redactor.path

    def told(text: str) -> str:
        for raw, safe in changed.items():
            text = text.replace(raw, safe)
        return redactor.path(text)

    return told
