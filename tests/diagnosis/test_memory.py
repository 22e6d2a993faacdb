"""What was judged before is not judged again, and nothing that is said differs for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparkdoctor.diagnosis.diagnose import diagnose, resolver
from sparkdoctor.facts.cases import from_case
from sparkdoctor.facts.snapshot import InvalidSnapshot
from sparkdoctor.rulebook.load import load

if TYPE_CHECKING:
    from sparkdoctor.facts.snapshot import Snapshot
    from sparkdoctor.rulebook.model import Rulebook

BOOK = load()


def told(book: Rulebook, snapshot: Snapshot, at_hand: bool) -> dict[str, Any]:
    facts = resolver(book, snapshot)
    facts.at_hand = at_hand
    diagnosis = diagnose(book, facts)
    return {
        "findings": [
            (item.rule.id, item.severity, item.confidence, item.title, item.evidence, item.offers, item.missing)
            for item in diagnosis.findings
        ],
        "undetermined": [(item.rule.id, item.missing, item.reasons) for item in diagnosis.undetermined],
        "superseded": diagnosis.superseded,
        "counts": (diagnosis.passed, diagnosis.not_applicable),
    }


def test_the_memory_says_what_judging_says() -> None:
    cases = [test.case for rule in BOOK.rules.values() for test in rule.detail.tests if "log" not in test.case]
    compared = 0
    for case in cases[::3]:
        try:
            snapshot, _ = from_case(case)
        except InvalidSnapshot:
            continue
        fresh = told(BOOK, snapshot, at_hand=False)
        assert told(BOOK, snapshot, at_hand=True) == fresh
        assert told(BOOK, snapshot, at_hand=True) == fresh
        compared += bool(fresh["findings"])
    assert compared > 30


def test_a_memory_stays_small() -> None:
    for number in range(600):
        snapshot, _ = from_case({"facts": {"driver.version": f"580.{number}", "gpu.compute_capability": "12.1"}})
        diagnose(BOOK, resolver(BOOK, snapshot))
    assert max(len(rule.verdicts) for rule in BOOK.rules.values()) <= 300
