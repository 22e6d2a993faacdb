"""Runs the tests that rules carry: each must fire where it says so, and not where it says not."""

from __future__ import annotations

from sparkdoctor.diagnosis.diagnose import resolver
from sparkdoctor.diagnosis.judge import judge
from sparkdoctor.diagnosis.model import Finding, Undetermined
from sparkdoctor.facts.cases import from_case
from sparkdoctor.facts.snapshot import InvalidSnapshot
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sparkdoctor.rulebook.model import Rule, Rulebook, RuleTest


class Proof(Record):
    """One test of a rule: its number from 1, and what went wrong (None: it holds)."""

    rule: Rule
    number: int
    failure: str | None


def prove(rulebook: Rulebook) -> Iterator[Proof]:
    """Runs every test of every rule, each on its rule alone."""
    for rule in rulebook.rules.values():
        for number, test in enumerate(rule.detail.tests, 1):
            yield Proof(rule, number, _failure(rule, test, rulebook))


def _failure(rule: Rule, test: RuleTest, rulebook: Rulebook) -> str | None:
    try:
        snapshot, complaints = from_case(test.case)
    except InvalidSnapshot as error:
        return str(error)
    if complaints:
        return complaints[0]
    verdict = judge(rule, resolver(rulebook, snapshot), rulebook.indexes, capped=False)
    if isinstance(verdict, Finding):
        if not test.fires:
            return "fires, and must not"
        for stated, got in ((test.confidence, verdict.confidence), (test.severity, verdict.severity)):
            if stated and stated != got:
                return f"fires as {got}, not as {stated}"
        return None
    if not test.fires:
        return None
    lacking = f": lacks {', '.join(verdict.missing)}" if isinstance(verdict, Undetermined) else ""
    return f"doesn't fire ({'undetermined' if lacking else verdict}{lacking})"
