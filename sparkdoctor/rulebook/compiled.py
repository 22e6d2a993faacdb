"""The rulebook as JSON, as a wheel carries it: an index that judging needs, and details that are read when told.

`documents` writes it (the same bytes for the same rulebook), `read` reads it without `ast`, TOML or any check: what is
compiled was checked before.
"""

from __future__ import annotations

import json
import os

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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

INDEX, SIGNATURES, DETAILS = "index.json", "signatures.json", "details.json"


def documents(book: Rulebook) -> dict[str, bytes]:
    """The files of a compiled rulebook: name → content."""
    index = {
        "version": book.version,
        "components": book.components,
        "indexes": book.indexes,
        "reserved": book.reserved,
        "causes": book.causes,
        "gpus": [
            [gpu.target, gpu.name, gpu.compute_capability, gpu.names, gpu.pci, gpu.unified, gpu.arch]
            for gpu in book.gpus
        ],
        "estimates": {fact: [_of_estimate(item) for item in items] for fact, items in book.estimates.items()},
        "rules": [_of_rule(rule) for rule in book.rules.values()],
    }
    signatures = {rule.id: _of_log(rule) for rule in book.rules.values() if rule.log}
    details = {rule.id: _of_detail(rule.detail) for rule in book.rules.values()}
    return {INDEX: _bytes(index), SIGNATURES: _bytes(signatures), DETAILS: _bytes(details)}


def read(folder: str) -> Rulebook:
    """The rulebook whose compiled files lie in a folder. Raises OSError or ValueError where they don't."""
    with open(os.path.join(folder, INDEX), "rb") as handle:
        index = json.loads(handle.read())
    signatures, details = _Later(os.path.join(folder, SIGNATURES)), _Later(os.path.join(folder, DETAILS))
    rules = (_rule(item, signatures.of, details.of) for item in index["rules"])
    return Rulebook(
        version=index["version"],
        rules={rule.id: rule for rule in rules},
        estimates={fact: tuple(map(_estimate, items)) for fact, items in index["estimates"].items()},
        gpus=tuple(
            Gpu(target, name, capability, tuple(names), tuple(pci), unified, arch)
            for target, name, capability, names, pci, unified, arch in index["gpus"]
        ),
        components=tuple(index["components"]),
        causes=index["causes"],
        indexes=index["indexes"],
        reserved=tuple(index["reserved"]),
    )


def of_rules(rules: Iterable[Rule]) -> dict[str, Any]:
    """Some rules with their details as one JSON value, for `rules`."""
    kept = list(rules)
    return {
        "rules": [_of_rule(rule) for rule in kept],
        "signatures": {rule.id: _of_log(rule) for rule in kept if rule.log},
        "details": {rule.id: _of_detail(rule.detail) for rule in kept},
    }


def rules(stated: dict[str, Any]) -> list[Rule]:
    """The rules that `of_rules` wrote."""
    signatures, details = stated["signatures"], stated["details"]
    return [_rule(item, signatures.__getitem__, details.__getitem__) for item in stated["rules"]]


class _Later:
    """What a file holds of each rule, read when it is asked for first."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._read: dict[str, Any] | None = None

    def of(self, id: str) -> Any:
        if self._read is None:
            with open(self._path, "rb") as handle:
                self._read = json.loads(handle.read())
        return self._read[id]


def _bytes(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


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
        rule.when,
        rule.when_no_log,
        bool(rule.log),
        rule.log_not,
        rule.log_severity,
        rule.needs_log,
        rule.supersedes,
        rule.per_gpu,
        rule.hangs_on,
    ]


def _of_log(rule: Rule) -> list[list[Any]]:
    return [[item.match, item.condition, item.clauses] for item in rule.log]


def _rule(stated: list[Any], log: Callable[[str], Any], detail: Callable[[str], Any]) -> Rule:
    id, severity, component, when, when_no_log, has_log, *rest = stated
    log_not, log_severity, needs_log, supersedes, per_gpu, hangs_on = rest
    return Rule(
        id=id,
        severity=severity,
        component=component,
        when=when,
        when_no_log=when_no_log,
        log=(lambda: tuple(Signature(*item) for item in log(id))) if has_log else (),
        log_not=tuple(log_not),
        log_severity=log_severity,
        needs_log=needs_log,
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
                *(fix.set, fix.unset, fix.packages, fix.index),
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
    for kind, safety, effect, text, condition, set_, unset, packages, index in stated:
        yield Fix(kind, safety, effect, text, _condition(condition), set_, tuple(unset), tuple(packages), index)
