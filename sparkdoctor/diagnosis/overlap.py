"""Rules that read the same line of a log: two findings for one failure, unless one explains the other away."""

from __future__ import annotations

from sparkdoctor.diagnosis.diagnose import resolver
from sparkdoctor.diagnosis.judge import judge
from sparkdoctor.diagnosis.model import Finding
from sparkdoctor.facts.cases import from_case
from sparkdoctor.facts.snapshot import InvalidSnapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sparkdoctor.diagnosis.resolve import Resolver
    from sparkdoctor.rulebook.model import Rule, Rulebook


def overlaps(book: Rulebook, rules: Iterable[Rule]) -> dict[tuple[str, str], str]:
    """Pairs of one of `rules` and another rule of the book, and a line of a test that both speak up for."""
    found: dict[tuple[str, str], str] = {}
    with_log = [rule for rule in book.rules.values() if rule.log]
    explained = _explained(book.rules)
    for rule in rules:
        for facts in _logs(rule, book):
            mine = _hit(rule, facts, book)
            if mine is None:
                continue
            for other in with_log:
                pair = (rule.id, other.id)
                if other.id == rule.id or pair in found or pair[::-1] in found or _settled(*pair, explained):
                    continue
                if _hit(other, facts, book) == mine:
                    found[pair] = mine[1]
    return found


def _logs(rule: Rule, book: Rulebook) -> Iterator[Resolver]:
    """The facts of the tests in which the rule fires by a log."""
    for test in rule.detail.tests:
        if test.fires and test.case.get("log"):
            try:
                yield resolver(book, from_case(test.case)[0])
            except InvalidSnapshot:
                continue


def _hit(rule: Rule, facts: Resolver, book: Rulebook) -> tuple[int, str] | None:
    verdict = judge(rule, facts, book.indexes, capped=False)
    return (verdict.hit.line, verdict.hit.text) if isinstance(verdict, Finding) and verdict.hit else None


def _explained(rules: Mapping[str, Rule]) -> dict[str, set[str]]:
    """For each rule all that it explains away, over however many steps."""
    reach: dict[str, set[str]] = {}

    def of(id: str) -> set[str]:
        if id not in reach:
            reach[id] = set()
            for other in rules[id].supersedes if id in rules else ():
                reach[id] |= {other} | of(other)
        return reach[id]

    return {id: of(id) for id in rules}


def _settled(one: str, other: str, explained: Mapping[str, set[str]]) -> bool:
    return other in explained[one] or one in explained[other]
