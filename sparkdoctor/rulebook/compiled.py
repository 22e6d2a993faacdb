"""The rulebook as JSON, as a wheel carries it: what is judged by in one file, and apart what is read when it is told.

The one file has a JSON value a line: an index that tells which rules are out of the question at once, then the
conditions of each rule, then the estimates of each fact; a line is read when it is asked for.

`documents` writes it (the same bytes for the same rulebook), `read` reads it without `ast`, TOML or any check: what is
compiled was checked before.
"""

from __future__ import annotations

import os
from _collections_abc import Mapping  # collections.abc, without what its package imports

from sparkdoctor.lazy import json, read_json
from sparkdoctor.rulebook.model import (
    Condition,
    Detail,
    Estimate,
    Fix,
    Gpu,
    Rule,
    Rulebook,
    RuleTest,
    Signature,
    Source,
)
from sparkdoctor.shipped import content

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, ValuesView
    from typing import Any

    from sparkdoctor.rulebook.model import Conditions

INDEX = "index.jsonl"
SIGNATURES, DETAILS, CAUSES = "signatures.json", "details.json", "causes.json"


def documents(book: Rulebook) -> dict[str, bytes]:
    """The files of a compiled rulebook: name → content."""
    from sparkdoctor.rulebook import stacks

    index = {
        "version": book.version,
        "components": book.components,
        "indexes": book.indexes,
        "reserved": book.reserved,
        "gpus": [
            [gpu.target, gpu.name, gpu.compute_capability, gpu.names, gpu.pci, gpu.unified, gpu.arch]
            for gpu in book.gpus
        ],
        "estimates": list(book.estimates),
        "rules": [_of_rule(rule) for rule in book.rules.values()],
    }
    signatures = {rule.id: _of_log(rule) for rule in book.rules.values() if rule.log}
    details = {rule.id: _of_detail(rule.detail) for rule in book.rules.values()}
    conditions = [_of_conditions(rule) for rule in book.rules.values()]
    estimates = [[_of_estimate(item) for item in items] for items in book.estimates.values()]
    return {
        INDEX: b"".join(map(_bytes, (index, *conditions, *estimates))),
        SIGNATURES: _bytes(signatures),
        DETAILS: _bytes(details),
        CAUSES: _bytes(dict(book.causes)),
        stacks.COMPILED: _bytes(stacks.document(stacks.load(book))),
    }


def read(folder: str) -> Rulebook:
    """The rulebook whose compiled files lie in a folder. Raises OSError or ValueError where they don't."""
    first, *lines = content(os.path.join(folder, INDEX)).split(b"\n")
    index = read_json(first.decode())
    count = len(index["rules"])
    if len(lines) != count + len(index["estimates"]) + 1:
        raise ValueError("it isn't whole")
    signatures, details = _Later(os.path.join(folder, SIGNATURES)), _Later(os.path.join(folder, DETAILS))

    def rules() -> Iterator[Rule]:
        for place, item in enumerate(index["rules"]):
            yield _rule(item, _reading(lines[place]), signatures.of, details.of)

    return Rulebook(
        version=index["version"],
        rules=_Rules(rules),
        estimates=_Estimates(dict(zip(index["estimates"], lines[count:], strict=False))),
        gpus=tuple(
            Gpu(target, name, capability, tuple(names), tuple(pci), unified, arch)
            for target, name, capability, names, pci, unified, arch in index["gpus"]
        ),
        components=tuple(index["components"]),
        causes=_Causes(os.path.join(folder, CAUSES)),
        indexes=index["indexes"],
        reserved=tuple(index["reserved"]),
        folder=folder,
    )


def of_rules(rules: Iterable[Rule]) -> dict[str, Any]:
    """Some rules with their details as one JSON value, for `rules`."""
    kept = list(rules)
    return {
        "rules": [_of_rule(rule) for rule in kept],
        "conditions": [_of_conditions(rule) for rule in kept],
        "signatures": {rule.id: _of_log(rule) for rule in kept if rule.log},
        "details": {rule.id: _of_detail(rule.detail) for rule in kept},
    }


def rules(stated: dict[str, Any]) -> list[Rule]:
    """The rules that `of_rules` wrote."""
    signatures, details = stated["signatures"], stated["details"]
    return [
        _rule(item, (when, when_no_log), signatures.__getitem__, details.__getitem__)
        for item, (when, when_no_log) in zip(stated["rules"], stated["conditions"], strict=True)
    ]


class _Later:
    """What a file holds of each rule, read when it is asked for first."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._read: dict[str, Any] | None = None

    def of(self, id: str) -> Any:
        if self._read is None:
            self._read = read_json(content(self._path).decode())
        return self._read[id]


class _Causes(Mapping[str, str]):
    """The causes by their names, read when they are asked for: no check does."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._read: dict[str, str] | None = None

    def _all(self) -> dict[str, str]:
        if self._read is None:
            self._read = read_json(content(self._path).decode())
        return self._read

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class _Rules(Mapping[str, Rule]):
    """The rules by their ids, made when one is asked for: a scan never does."""

    def __init__(self, make: Callable[[], Iterable[Rule]]) -> None:
        self._make = make
        self._made: dict[str, Rule] = {}

    def _all(self) -> dict[str, Rule]:
        if not self._made:
            self._made = {rule.id: rule for rule in self._make()}
        return self._made

    def __getitem__(self, id: str) -> Rule:
        return self._all()[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def values(self) -> ValuesView[Rule]:
        return self._all().values()


class _Estimates(Mapping[str, "tuple[Estimate, ...]"]):
    """The estimates by their facts, read when they are asked for."""

    def __init__(self, lines: dict[str, bytes]) -> None:
        self._lines = lines
        self._read: dict[str, tuple[Estimate, ...]] = {}

    def __getitem__(self, fact: str) -> tuple[Estimate, ...]:
        if fact not in self._read:
            self._read[fact] = tuple(map(_estimate, read_json(self._lines[fact].decode())))
        return self._read[fact]

    def __contains__(self, fact: object) -> bool:
        return fact in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def _reading(line: bytes) -> Callable[[], Conditions]:
    def read() -> Conditions:
        when, when_no_log = read_json(line.decode())
        return when, when_no_log

    return read


def _bytes(document: object) -> bytes:
    return _text(document).encode() + b"\n"


def _text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _of_condition(condition: Condition | None) -> list[Any] | None:
    return None if condition is None else [condition.text, condition.node]


def _condition(stated: list[Any] | None) -> Condition | None:
    return None if stated is None else Condition(stated[0], stated[1])


def _of_estimate(estimate: Estimate) -> list[Any]:
    return [estimate.fact, estimate.exact, estimate.condition, estimate.value, estimate.of, estimate.map]


def _estimate(stated: list[Any]) -> Estimate:
    fact, exact, condition, value, of, table = stated
    return Estimate(fact, exact, condition, value, of, table, {})


def _of_rule(rule: Rule) -> list[Any]:
    return [
        rule.id,
        rule.severity,
        rule.component,
        bool(rule.log),
        rule.log_not,
        rule.log_severity,
        rule.needs_log,
        rule.log_only,
        rule.supersedes,
        rule.per_gpu,
        rule.hangs_on,
    ]


def _of_conditions(rule: Rule) -> list[Any]:
    return [rule.when, rule.when_no_log]


def _of_log(rule: Rule) -> list[list[Any]]:
    return [[item.match, item.condition, item.clauses] for item in rule.log]


def _rule(
    stated: list[Any],
    conditions: Conditions | Callable[[], Conditions],
    log: Callable[[str], Any],
    detail: Callable[[str], Any],
) -> Rule:
    id, severity, component, has_log, log_not, log_severity, needs_log, log_only, supersedes, per_gpu, hangs_on = stated
    return Rule(
        id=id,
        severity=severity,
        component=component,
        conditions=conditions,
        log=(lambda: tuple(Signature(*item) for item in log(id))) if has_log else (),
        log_not=tuple(log_not),
        log_severity=log_severity,
        needs_log=needs_log,
        log_only=log_only,
        supersedes=tuple(supersedes),
        per_gpu=per_gpu,
        hangs_on=hangs_on,
        detail=lambda: _detail(detail(id)),
    )


def _of_detail(detail: Detail) -> dict[str, Any]:
    return {
        "name": detail.name,
        "title": detail.title,
        "why": detail.why,
        "causes": detail.causes,
        "sources": [[source.url, source.date, source.kind] for source in detail.sources],
        "reviewed": detail.reviewed,
        "when": detail.when,
        "when_no_log": detail.when_no_log,
        "log": detail.log,
        "fixes": [
            [
                *(fix.kind, fix.safety, fix.effect, fix.text, _of_condition(fix.condition)),
                *(fix.set, fix.unset, fix.packages, fix.index, fix.command, fix.file),
            ]
            for fix in detail.fixes
        ],
        "tests": [[test.fires, test.case, test.confidence, test.severity] for test in detail.tests],
        "file": detail.file,
    }


def _detail(stated: dict[str, Any]) -> Detail:
    return Detail(
        name=stated["name"],
        title=stated["title"],
        why=stated["why"],
        causes=tuple(stated["causes"]),
        sources=tuple(Source(*source) for source in stated["sources"]),
        reviewed=stated["reviewed"],
        when=stated["when"],
        when_no_log=stated["when_no_log"],
        log=tuple((match, condition) for match, condition in stated["log"]),
        fixes=tuple(_fixes(stated["fixes"])),
        tests=tuple(RuleTest(*test) for test in stated["tests"]),
        file=stated["file"],
    )


def _fixes(stated: list[list[Any]]) -> Iterable[Fix]:
    for kind, safety, effect, text, condition, set_, unset, packages, *rest in stated:
        yield Fix(kind, safety, effect, text, _condition(condition), set_, tuple(unset), tuple(packages), *rest)
