"""Root cause first: what explains another finding away, and in which order the rest is told."""

from __future__ import annotations

from sparkdoctor.rulebook.model import SEVERITIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sparkdoctor.diagnosis.model import Finding


def rank(findings: Sequence[Finding], components: Sequence[str]) -> tuple[list[Finding], dict[str, str]]:
    """The findings in order, and for each superseded one (left out of it) the id of that which explains it.

    Order: a signature matched in the log first; then severity, confidence, component, how many findings it supersedes,
    id. A finding removes what it supersedes if it is at least as certain or its own signature matched; otherwise it
    stands directly above it.
    """
    by_id = {finding.rule.id: finding for finding in findings}
    removed: dict[str, str] = {}
    above: dict[str, str] = {}
    explains: dict[str, int] = {}
    for finding in findings:
        for other in (by_id[id] for id in finding.rule.supersedes if id in by_id):
            explains[finding.rule.id] = explains.get(finding.rule.id, 0) + 1
            if finding.hit is not None or finding.confidence == "certain" or other.confidence == "likely":
                removed[other.rule.id] = finding.rule.id
            else:
                above[other.rule.id] = finding.rule.id
    ordered = sorted(
        (finding for finding in findings if finding.rule.id not in removed),
        key=lambda finding: (
            finding.hit is None,
            SEVERITIES.index(finding.severity),
            finding.confidence != "certain",
            components.index(finding.rule.component),
            -explains.get(finding.rule.id, 0),
            finding.rule.id,
        ),
    )
    return _lifted(ordered, above), {id: _root(id, removed) for id in sorted(removed)}


def _root(id: str, removed: Mapping[str, str]) -> str:
    while id in removed:
        id = removed[id]
    return id


def _lifted(ordered: list[Finding], above: Mapping[str, str]) -> list[Finding]:
    """The same order, but each finding directly behind the one that stands above it."""
    for lower, upper in above.items():
        ids = [finding.rule.id for finding in ordered]
        if lower in ids and upper in ids and ids.index(upper) > ids.index(lower):
            finding = ordered.pop(ids.index(upper))
            ordered.insert(ids.index(lower), finding)
    return ordered
