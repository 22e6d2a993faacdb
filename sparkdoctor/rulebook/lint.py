"""What is wrong with rules beyond what loading refuses, and what their author may want to know."""

from __future__ import annotations

from sparkdoctor.facts import schema
from sparkdoctor.records import Record
from sparkdoctor.rulebook.asked import facts_in, needed
from sparkdoctor.rulebook.pattern_checks import least_letters
from sparkdoctor.rulebook.positions import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from sparkdoctor.rulebook.model import Rule, Rulebook

WRONG, HINT = "wrong", "hint"

_TELLING = 5
"""Letters of a pattern that always stand in what it matches, at least; fewer match half of all logs."""
_STALE_DAYS = 365
"""Days after which a rule wants to be held against its sources again."""
_DERIVED = ("gpu.sm", "gpu.sm_a", "gpu.unified")
_COMPARISONS = (
    "compare", "compare-facts", "one-of", "none-of", "has", "lacks", "has-fact", "lacks-fact", "matches", "runs",
)  # fmt: skip


class Remark(Record):
    """One thing about a rule: WRONG or HINT, where, and what."""

    weight: str
    file: str
    line: int
    id: str
    message: str


def remarks(book: Rulebook, rules: Sequence[Rule], places: Mapping[str, Place], today: str) -> list[Remark]:
    """What is to be said about `rules`, which are among those of `book`; `today` is a date like 2026-11-24."""
    found = []
    for rule in rules:
        place = places.get(rule.id) or Place(rule.detail.file, 0, "")
        for weight, message, word in _of(rule, book, today):
            found.append(Remark(weight, place.file, place.line_of(word), rule.id, message))
    return sorted(found, key=lambda remark: (remark.weight != WRONG, remark.file, remark.line, remark.message))


def unused_causes(book: Rulebook) -> list[str]:
    """Causes of the list that no rule stands for."""
    used = {cause for rule in book.rules.values() for cause in rule.detail.causes}
    return [cause for cause in book.causes if cause not in used]


def _of(rule: Rule, book: Rulebook, today: str) -> Iterator[tuple[str, str, str]]:
    """Each remark with its weight and a word of the line that it is about."""
    yield from _namesakes(rule, book)
    yield from _sources(rule, today)
    yield from _patterns(rule)
    yield from _tests(rule)
    conditions = [("when", rule.when), ("when_no_log", rule.when_no_log)]
    for key, condition in conditions:
        if condition is not None:
            yield from ((HINT, f"{key}: {message}", word) for message, word in _negated(condition))
            yield from _workloads(key, condition)
    yield from _unreachable(rule, book)
    for other in rule.supersedes:
        if other not in book.rules:
            yield WRONG, f"supersedes: there is no rule {other}", other
    if not rule.detail.fixes:
        yield HINT, "no [[rule.fix]]: a finding without a way out helps nobody", "title"


def _namesakes(rule: Rule, book: Rulebook) -> Iterator[tuple[str, str, str]]:
    for other in book.rules.values():
        if other.id == rule.id:
            return
        if other.detail.title == rule.detail.title:
            yield WRONG, f"has the title of {other.id}: nobody can tell them apart", "title"
        if other.detail.name == rule.detail.name:
            yield WRONG, f"has the name of {other.id}", "name"


def _sources(rule: Rule, today: str) -> Iterator[tuple[str, str, str]]:
    detail = rule.detail
    newest = max(source.date for source in detail.sources)
    for source in detail.sources:
        if source.date > detail.reviewed:
            yield WRONG, f"reviewed on {detail.reviewed}, before its source of {source.date}", source.url
        if source.date > today:
            yield WRONG, f"a source of {source.date}, which is yet to come", source.url
    if detail.reviewed > today:
        yield WRONG, f"reviewed on {detail.reviewed}, which is yet to come", "reviewed"
    grave = "error" in (rule.severity, rule.log_severity)
    if grave and len(detail.sources) == 1 and detail.sources[0].kind == "community":
        yield (
            WRONG,
            "an error that one voice of the community alone vouches for: find another, or make it a warning",
            (detail.sources[0].url),
        )
    if _days(detail.reviewed, today) > _STALE_DAYS:
        message = f"last held against its sources on {detail.reviewed}, the newest of which is of {newest}: look again"
        yield HINT, message, "reviewed"


def _days(first: str, last: str) -> int:
    from datetime import date

    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def _patterns(rule: Rule) -> Iterator[tuple[str, str, str]]:
    for signature in rule.log:
        letters = least_letters(signature.match)
        if letters < _TELLING and signature.condition is None and rule.when is None:
            message = f"log: {signature.match!r} may match with {letters} letters in place: too broad without an if"
            yield WRONG, message, "log"


def _tests(rule: Rule) -> Iterator[tuple[str, str, str]]:
    firing = [test.case for test in rule.detail.tests if test.fires]
    if rule.log and not any(case.get("log") for case in firing):
        yield HINT, "log: no test with a line of it fires", "log"
    if rule.when_no_log is not None and all(case.get("log") for case in firing):
        yield HINT, "when_no_log: no test without a log fires", "when_no_log"


def _negated(condition: list[Any]) -> Iterator[tuple[str, str]]:
    """Comparisons under `not` of facts that may not be there, whose presence nothing in the condition speaks of."""
    spoken = {name for node in _nodes(condition) if node[0] == "present" for name in facts_in(node)}
    spoken |= needed(condition)
    for node in _nodes(condition):
        if node[0] != "not":
            continue
        for inner in _nodes(node[1]):
            if inner[0] not in _COMPARISONS:
                continue
            for name in facts_in(inner):
                if _may_be_absent(name) and name not in spoken:
                    yield f"not (…) is true where {name} isn't there, too: say so with present({name})", name


def _nodes(node: list[Any]) -> Iterator[list[Any]]:
    yield node
    if node[0] in ("and", "or", "not"):
        for child in node[1:]:
            yield from _nodes(child)


def _may_be_absent(name: str) -> bool:
    """Whether `not` may mean something else than its author had in mind; a variable that isn't set is meant."""
    return not name.startswith(("gpu.", "os.", "machine.", "item", "env.", "launch.", "workload"))


def _workloads(key: str, condition: list[Any]) -> Iterator[tuple[str, str, str]]:
    for node in _nodes(condition):
        values = node[4:5] if node[0] == "compare" else node[3] if node[0] in ("one-of", "none-of") else []
        for value in values if "workload" in facts_in(node) else []:
            if value not in schema.WORKLOADS:
                yield WRONG, f"{key}: there is no workload {value!r} ({', '.join(schema.WORKLOADS)})", str(value)


def _unreachable(rule: Rule, book: Rulebook) -> Iterator[tuple[str, str, str]]:
    """Whether no live machine can ever make the rule fire, since a fact that it needs has no collector."""
    condition = rule.when_no_log or rule.when
    if condition is None or rule.log:
        return
    for name in sorted(needed(condition)):
        if not _collectable(name, book.estimates.__contains__):
            yield HINT, f"{name} is never read from a machine: it must be stated for this rule to fire", name


def _collectable(name: str, estimated: Callable[[str], bool]) -> bool:
    fact = schema.lookup(name)
    stated = name == "workload" or name.startswith("launch.")
    return fact is None or fact.collector is not None or stated or name in _DERIVED or estimated(name)
