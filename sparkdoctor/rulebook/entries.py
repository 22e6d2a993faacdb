"""One table of a rule file → one value of the model, every fault of it noted with a word to find its line by."""

from __future__ import annotations

import re
from datetime import date

from sparkdoctor.facts import schema
from sparkdoctor.rulebook.asked import facts_in, hangs_on
from sparkdoctor.rulebook.expression import InvalidCondition, parse
from sparkdoctor.rulebook.literals import clauses
from sparkdoctor.rulebook.model import (
    FIX_KINDS,
    MANUAL_KINDS,
    SAFETIES,
    SEVERITIES,
    SOURCE_KINDS,
    Condition,
    Detail,
    Estimate,
    Fix,
    Gpu,
    Rule,
    RuleTest,
    Signature,
    Source,
)
from sparkdoctor.rulebook.pattern_checks import InvalidPattern, checked
from sparkdoctor.rulebook.placeholders import PLACEHOLDER
from sparkdoctor.spelling import meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

ID = re.compile(r"[A-Z]{2,6}[0-9]{3}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_CAUSES = 6
_RULE_KEYS = (
    "id", "name", "component", "severity", "title", "causes", "when", "when_no_log", "why", "log", "log_not",
    "log_severity",
    "needs", "supersedes", "sources", "reviewed", "fix", "test",
)  # fmt: skip
_CASE_TABLES = ("facts", "packages", "programs", "env", "launch", "log")


class Entry:
    """A table being read: takes keys out with their types checked, and collects (message, word) for what is wrong."""

    def __init__(self, table: Mapping[str, Any], faults: list[tuple[str, str]]) -> None:
        self._table = dict(table)
        self.stated = frozenset(table)
        self.faults = faults

    def fault(self, message: str, word: str = "") -> None:
        """Notes what is wrong, and a word to find its line by."""
        self.faults.append((message, word))

    def text(self, key: str, needed: bool = True, among: Iterable[str] = ()) -> str:
        """A text; "" where it is missing or none of those it may be."""
        value = self._table.pop(key, None)
        if value is None:
            if needed:
                self.fault(f"{key} is missing")
            return ""
        if not isinstance(value, str) or (needed and not value.strip()):
            self.fault(f"{key} must be a text", key)
            return ""
        allowed = list(among)
        if allowed and value not in allowed:
            self.fault(f"{key}: no such value: {value!r}{_meant(value, allowed)}", key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._table.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(f"{key} must be a list of texts", key)
            return ()
        return tuple(value)

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """A list of tables."""
        value = self._table.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault(f"{key} must be a list of tables", key)
            return []
        return value

    def table(self, key: str) -> Mapping[str, Any]:
        """A table."""
        value = self._table.pop(key, {})
        if not isinstance(value, dict):
            self.fault(f"{key} must be a table", key)
            return {}
        return value

    def flag(self, key: str, default: bool | None = None) -> bool | None:
        """A flag; `default` where nothing stands there."""
        value = self._table.pop(key, default)
        if value is not default and not isinstance(value, bool):
            self.fault(f"{key} must be true or false", key)
            return default
        return value

    def day(self, key: str) -> str:
        """A date, as 2026-11-24."""
        value = self._table.pop(key, None)
        if not isinstance(value, date):
            self.fault(f"{key} must be a date like 2026-11-24 (without quotes)", key)
            return ""
        return value.isoformat()

    def any(self, key: str) -> Any:
        """Whatever stands there; the reader checks it."""
        return self._table.pop(key, None)

    def condition(self, key: str) -> Condition | None:
        """A condition, compiled; None where there is none."""
        text = self.text(key, needed=False)
        if not text.strip():
            return None
        try:
            return Condition(text.strip(), parse(text))
        except InvalidCondition as error:
            self.fault(f"{key}: {error}", _offending(text, str(error)))
            return None

    def end(self, known: Iterable[str]) -> None:
        """Names the keys that nobody asked for."""
        for key in self._table:
            self.fault(f"no such key: {key}{_meant(key, list(known))}", key)


def _meant(word: str, among: list[str]) -> str:
    return meant(word, among) or (f" (there are {', '.join(among)})" if len(among) < 12 else "")


def _offending(text: str, message: str) -> str:
    """A word of the condition that the message quotes, to find its line by."""
    words = re.findall(r"[\w.]{3,}", message)
    return max((word for word in words if word in text), key=len, default=text.strip().splitlines()[0])


def read_rule(table: Mapping[str, Any], file: str, faults: list[tuple[str, str]]) -> Rule:
    """The rule; where `faults` grew, parts of it are empty and it must not be used."""
    entry = Entry(table, faults)
    id, severity = entry.text("id"), entry.text("severity", among=SEVERITIES)
    when, when_no_log, log = entry.condition("when"), entry.condition("when_no_log"), list(_signatures(entry))
    nodes = [condition.node for condition in (when, when_no_log, *(item[1] for item in log)) if condition]
    detail = Detail(
        name=entry.text("name"),
        title=entry.text("title"),
        why=" ".join(entry.text("why").split()),
        causes=entry.texts("causes"),
        sources=tuple(read_source(source, faults) for source in entry.tables("sources")),
        reviewed=entry.day("reviewed"),
        when=when.text if when else "",
        when_no_log=when_no_log.text if when_no_log else "",
        log=tuple((match, condition.text if condition else "") for match, condition in log),
        fixes=tuple(_fix(fix, faults) for fix in entry.tables("fix")),
        tests=tuple(_test(test, faults) for test in entry.tables("test")),
        file=file,
    )
    needs_log = entry.text("needs", needed=False, among=("log", "")) == "log"
    rule = Rule(
        id=id,
        severity=severity,
        component=entry.text("component"),
        conditions=(when.node if when else None, when_no_log.node if when_no_log else None),
        log=tuple(Signature(match, condition.node if condition else None, clauses(match)) for match, condition in log),
        log_not=tuple(pattern for pattern in entry.texts("log_not") if _pattern(entry, pattern)),
        log_severity=entry.text("log_severity", needed=False, among=(*SEVERITIES, "")),
        needs_log=needs_log,
        log_only=needs_log or (when is None and when_no_log is None),
        supersedes=entry.texts("supersedes"),
        per_gpu=any(schema.per_gpu(name) for node in nodes for name in facts_in(node)),
        hangs_on=_hangs_on(when_no_log or when),
        detail=detail,
    )
    entry.end(_RULE_KEYS)
    _complete(entry, rule)
    return rule


def _hangs_on(condition: Condition | None) -> tuple[str, ...]:
    return hangs_on(condition.node) if condition else ()


def _complete(entry: Entry, rule: Rule) -> None:
    """Notes what a rule lacks or has too much of."""
    detail = rule.detail
    if rule.id and not ID.fullmatch(rule.id):
        entry.fault(f"id: {rule.id!r} isn't two to six capital letters and three digits", "id")
    if rule.when is None and not rule.log and entry.stated.isdisjoint(("when", "log")):
        entry.fault("neither when nor log: the rule can never fire")
    if rule.when_no_log is not None and (rule.needs_log or not rule.log):
        entry.fault('when_no_log stands beside a log, and not with needs = "log"', "when_no_log")
    if rule.needs_log and not rule.log:
        entry.fault('needs = "log", but there is no log', "needs")
    if not detail.sources:
        entry.fault("sources is missing: a rule says who says so")
    if len(detail.causes) > _MOST_CAUSES:
        entry.fault(f"causes: a rule that stands for more than {_MOST_CAUSES} is too wide", "causes")
    for word in ("title", "why"):
        _placeholders(entry, getattr(detail, word), word)
    if not any(test.fires for test in detail.tests) or all(test.fires for test in detail.tests):
        entry.fault("needs at least one [[rule.test]] with fires = true and one with fires = false")


def _signatures(entry: Entry) -> Iterator[tuple[str, Condition | None]]:
    for item in entry.any("log") or []:
        if isinstance(item, str):
            item = {"match": item}
        if not isinstance(item, dict):
            entry.fault("log holds patterns in quotes or tables with match and if", "log")
            continue
        signature = Entry(item, entry.faults)
        match = signature.text("match")
        condition = signature.condition("if")
        signature.end(("match", "if"))
        if match and _pattern(entry, match):
            yield match, condition


def _pattern(entry: Entry, pattern: str) -> bool:
    try:
        checked(pattern)
    except InvalidPattern as error:
        entry.fault(f"log: {error}", "log")
        return False
    return True


def read_source(table: Mapping[str, Any], faults: list[tuple[str, str]]) -> Source:
    """Who says so; where `faults` grew it must not be used."""
    entry = Entry(table, faults)
    source = Source(entry.text("url"), entry.day("date"), entry.text("kind", among=SOURCE_KINDS))
    entry.end(Source.__annotations__)
    if source.url and not re.match(r"https://\S+$|pkg:\w+/\S+$", source.url):
        entry.fault(f"sources: neither https:// nor pkg: {source.url!r}", source.url)
    return source


def _fix(table: Mapping[str, Any], faults: list[tuple[str, str]]) -> Fix:
    entry = Entry(table, faults)
    kind = entry.text("kind", among=FIX_KINDS)
    variables = entry.table("set")
    fix = Fix(
        kind=kind,
        safety=entry.text("safety", needed=kind not in MANUAL_KINDS, among=SAFETIES) or "manual",
        effect=entry.text("effect"),
        text=entry.text("text", needed=False),
        condition=entry.condition("if"),
        set={name: str(value) for name, value in variables.items()},
        unset=entry.texts("unset"),
        packages=entry.texts("packages"),
        index=entry.text("index", needed=False),
        command=entry.text("command", needed=False),
        file={name: str(value) for name, value in entry.table("file").items()},
    )
    entry.end([*Fix.__annotations__, "if"])
    if kind in MANUAL_KINDS and fix.safety != "manual":
        entry.fault(f"a fix of kind {kind} is always manual", "safety")
    if kind in ("env", "arch-flag") and not (fix.set or fix.unset):
        entry.fault(f"a fix of kind {kind} needs set or unset", "kind")
    if kind == "pin" and not fix.packages:
        entry.fault("a pin needs packages", "kind")
    if kind not in ("env", "arch-flag", "pin") and not fix.text:
        entry.fault(f"a fix of kind {kind} needs text: the words or the command, ready to copy", "kind")
    if fix.safety != "manual" and not {"command": fix.command, "file": fix.file}.get(kind, True):
        entry.fault(f"only a {kind} fix with {kind} = … can be carried out; others are manual", "safety")
    if fix.file and sorted(fix.file) not in (["content", "path"], ["link", "path"]):
        entry.fault("file holds a path and either content or link", "file")
    for requirement in fix.packages:
        _requirement(entry, requirement)
    for name, value in fix.set.items():
        if not _VARIABLE.fullmatch(name):
            entry.fault(f"set: {name!r} is no name of a variable", name)
        _placeholders(entry, value, name)
    for name in fix.unset:
        if not _VARIABLE.fullmatch(name):
            entry.fault(f"unset: {name!r} is no name of a variable", name)
    for name, value in fix.file.items():
        _placeholders(entry, value, name)
    _placeholders(entry, fix.text, "text")
    return fix


def _requirement(entry: Entry, text: str) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(text)
    except InvalidRequirement as error:
        entry.fault(f"packages: {text!r}: {error}", text)


def _placeholders(entry: Entry, text: str, word: str) -> None:
    for name, _ in PLACEHOLDER.findall(text):
        if schema.lookup(name) is None:
            entry.fault(f"{word}: {schema.unknown(name)}", name)


def _test(table: Mapping[str, Any], faults: list[tuple[str, str]]) -> RuleTest:
    entry = Entry(table, faults)
    fires = entry.flag("fires")
    if fires is None:
        entry.fault("a [[rule.test]] says fires = true or fires = false", "rule.test")
    confidence = entry.text("confidence", needed=False, among=("certain", "likely", ""))
    severity = entry.text("severity", needed=False, among=(*SEVERITIES, ""))
    case = {key: value for key in _CASE_TABLES if (value := entry.any(key)) is not None}
    for name in case.get("facts", {}) if isinstance(case.get("facts"), dict) else ():
        if schema.lookup(name) is None:
            entry.fault(f"test: {schema.unknown(name)}", name)
    entry.end((*_CASE_TABLES, "fires", "confidence", "severity"))
    return RuleTest(fires is True, case, confidence, severity)


def read_estimate(table: Mapping[str, Any], faults: list[tuple[str, str]]) -> Estimate:
    """The estimate; where `faults` grew it must not be used."""
    entry = Entry(table, faults)
    condition = entry.condition("if")
    estimate = Estimate(
        fact=entry.text("fact"),
        exact=entry.flag("exact", False) is True,
        condition=condition.node if condition else None,
        value=entry.any("value"),
        of=entry.text("of", needed=False),
        map={str(key): value for key, value in entry.table("map").items()},
        outcomes={},
    )
    sources = [read_source(source, faults) for source in entry.tables("sources")]
    entry.end([*Estimate.__annotations__, "if", "sources"])
    if not sources:
        entry.fault("sources is missing: an estimate says who says so")
    for name in (estimate.fact, estimate.of):
        if name and schema.lookup(name) is None:
            entry.fault(schema.unknown(name), name)
    if bool(estimate.of) != bool(estimate.map) or bool(estimate.of) == (estimate.value is not None):
        entry.fault("an estimate has either a value (with if) or both of and map")
    return estimate


def read_gpu(table: Mapping[str, Any], faults: list[tuple[str, str]]) -> Gpu:
    """The GPU; where `faults` grew it must not be used."""
    entry = Entry(table, faults)
    gpu = Gpu(
        target=entry.text("target", needed=False),
        name=entry.text("name"),
        compute_capability=entry.text("compute_capability"),
        names=entry.texts("names"),
        pci=entry.texts("pci"),
        unified=entry.flag("unified"),
        arch=entry.text("arch", needed=False),
    )
    entry.texts("sources")
    entry.end([*Gpu.__annotations__, "sources"])
    return gpu
