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
    from collections.abc import Iterable, Iterator

    from sparkdoctor.rulebook.model import Rule, Rulebook, RuleTest


class Proof(Record):
    """One test of a rule: its number from 1, what it expects, what came, and whether that is the same."""

    rule: Rule
    number: int
    expected: str
    came: str
    holds: bool

    @property
    def failure(self) -> str | None:
        """What went wrong; None where the test holds."""
        return None if self.holds else f"expected that it {self.expected}; it {self.came}"


def prove(rulebook: Rulebook, rules: Iterable[Rule] | None = None) -> Iterator[Proof]:
    """Runs every test of every rule, or of those given, each on its rule alone."""
    for rule in rulebook.rules.values() if rules is None else rules:
        for number, test in enumerate(rule.detail.tests, 1):
            yield _proof(rule, number, test, rulebook)


def _proof(rule: Rule, number: int, test: RuleTest, rulebook: Rulebook) -> Proof:
    wanted = [word for word in (test.severity, test.confidence) if word]
    expected = "fires" + (f" ({', '.join(wanted)})" if wanted else "") if test.fires else "doesn't fire"
    try:
        snapshot, complaints = from_case(test.case)
    except InvalidSnapshot as error:
        return Proof(rule, number, expected, f"can't be judged: {error}", False)
    if complaints:
        return Proof(rule, number, expected, f"can't be judged: {complaints[0]}", False)
    verdict = judge(rule, resolver(rulebook, snapshot), rulebook.indexes, capped=False)
    if isinstance(verdict, Finding):
        holds = test.fires and all(
            stated in ("", got)
            for stated, got in ((test.confidence, verdict.confidence), (test.severity, verdict.severity))
        )
        return Proof(rule, number, expected, f"fires ({verdict.severity}, {verdict.confidence})", holds)
    if isinstance(verdict, Undetermined):
        came = f"can't be decided: lacks {', '.join(verdict.missing)}"
    else:
        came = f"doesn't fire ({verdict})"
    return Proof(rule, number, expected, came, not test.fires)
