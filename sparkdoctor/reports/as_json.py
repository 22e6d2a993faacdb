"""A diagnosis as JSON: the contract of `check --format json`, whose JSON Schema lies beside this file."""

from __future__ import annotations

from sparkdoctor.facts.values import ABSENT
from sparkdoctor.reports.document import dumped, opened
from sparkdoctor.reports.telling import telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sparkdoctor.diagnosis.model import Evidence, Finding, Suppressed
    from sparkdoctor.facts.privacy import Redactor
    from sparkdoctor.reports.report import Report


def render(report: Report) -> str:
    """One JSON object (cli.md of the docs: JSON contract)."""
    return dumped(envelope(report))


def envelope(report: Report) -> dict[str, Any]:
    """The object that `render` writes."""
    diagnosis = report.diagnosis
    counts = dict.fromkeys(("error", "warning", "info"), 0)
    for finding in diagnosis.findings:
        counts[finding.severity] += 1
    return {
        **opened(report.tool),
        "targets": [
            {
                "index": target.index,
                "name": target.name,
                "compute_capability": target.compute_capability,
                "origin": target.origin,
            }
            for target in diagnosis.targets
        ],
        "summary": {
            **counts,
            "undetermined": len(diagnosis.undetermined),
            "passed": diagnosis.passed,
            "not_applicable": diagnosis.not_applicable,
            "suppressed": len(diagnosis.suppressed),
            "exit_code": report.exit_code,
        },
        "findings": [_finding(finding, rank, report.redactor) for rank, finding in enumerate(diagnosis.findings, 1)],
        "superseded": [{"id": id, "by": by} for id, by in diagnosis.superseded.items()],
        "suppressed": [_suppressed(item, report.redactor) for item in diagnosis.suppressed],
        "undetermined": [
            {"id": item.rule.id, "missing": list(item.missing), "hint": report.redactor.text(item.hint)}
            for item in diagnosis.undetermined
        ],
        "snapshot": report.snapshot() if report.snapshot is not None and report.verbosity > 0 else None,
    }


def _suppressed(item: Suppressed, redactor: Redactor) -> dict[str, Any]:
    return {
        "id": item.rule.id,
        "reason": redactor.text(item.suppression.reason),
        "until": item.suppression.until or None,
        "from": redactor.path(item.suppression.origin),
        "severity": None if item.finding is None else item.finding.severity,
    }


def _finding(finding: Finding, rank: int, redactor: Redactor) -> dict[str, Any]:
    rule = finding.rule
    tell = telling(finding, redactor)
    return {
        "id": rule.id,
        "name": rule.detail.name,
        "component": rule.component,
        "severity": finding.severity,
        "rank": rank,
        "confidence": finding.confidence,
        "gpus": list(finding.gpus),
        "title": tell(finding.title),
        "why": tell(finding.why),
        "causes": list(rule.detail.causes),
        "evidence": [_evidence(evidence, redactor) for evidence in finding.evidence],
        "assumed": list(finding.assumed),
        "missing": list(finding.missing),
        "log": None if finding.hit is None else {"line": finding.hit.line, "text": redactor.text(finding.hit.text)},
        "fixes": [
            {
                "kind": offer.kind,
                "safety": offer.safety,
                "text": tell(offer.text),
                "effect": offer.effect,
                "set": None if offer.set is None else {n: tell(v) for n, v in offer.set.items()},
                "planned": offer.planned,
                "reason": offer.reason,
            }
            for offer in finding.offers
        ],
        "sources": [{"url": source.url, "date": source.date, "kind": source.kind} for source in rule.detail.sources],
    }


def _evidence(evidence: Evidence, redactor: Redactor) -> dict[str, Any]:
    reading = redactor.reading(evidence.fact, evidence.reading)
    found: dict[str, Any] = {"fact": evidence.fact}
    if reading.value is ABSENT:
        found |= {"value": None, "absent": True}
    else:
        found["value"] = list(reading.value) if isinstance(reading.value, tuple) else reading.value
    found |= {"origin": reading.origin, "where": reading.where}
    if evidence.gpu is not None:
        found["gpu"] = evidence.gpu
    return found
