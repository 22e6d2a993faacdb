"""Reads a rulebook from its folder of TOML files and checks it as a whole: all faults at once."""

from __future__ import annotations

import os

from sparkdoctor.rulebook import stacks
from sparkdoctor.rulebook.asked import facts_in
from sparkdoctor.rulebook.entries import read_estimate, read_gpu, read_rule
from sparkdoctor.rulebook.faults import Fault, InvalidRulebook
from sparkdoctor.rulebook.model import Estimate, Gpu, Rule, Rulebook, letters
from sparkdoctor.rulebook.positions import Place, header_lines, line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    Reader = Callable[[Mapping[str, Any], list[tuple[str, str]]], Any]

_ARRAYS = ("rule", "estimate", "gpu")
_SETTINGS = ("rulebook.toml", "causes.toml", "indexes.toml")


class _Contents:
    """What the files of a folder hold, and what is wrong with them."""

    def __init__(self) -> None:
        self.rules: list[tuple[Rule, Fault]] = []
        self.estimates: list[tuple[Estimate, Fault]] = []
        self.gpus: list[Gpu] = []
        self.tables: dict[str, Mapping[str, Any]] = {}
        self.faults: list[Fault] = []


def read(folder: str) -> Rulebook:
    """The rulebook of a folder. Raises InvalidRulebook with every fault of it."""
    contents = _read(folder)
    general = contents.tables.get("rulebook.toml", {})
    if not general and not contents.faults:
        contents.faults.append(Fault("rulebook.toml", 0, "", "is missing or empty"))
    components = tuple(general.get("components", ()))
    causes = dict(contents.tables.get("causes.toml", {}))
    indexes = dict(contents.tables.get("indexes.toml", {}))
    rules = {rule.id: rule for rule, _ in contents.rules}
    for rule, at in contents.rules:
        for message in _misfits(rule, components, causes, indexes, rules):
            contents.faults.append(Fault(at.file, at.line, rule.id, message))
    contents.faults.extend(_duplicates(contents.rules))
    contents.faults.extend(_circles(contents))
    contents.faults.extend(stacks.read(folder, indexes)[1])
    if contents.faults:
        raise InvalidRulebook(contents.faults)
    return Rulebook(
        version=str(general.get("version", "")),
        rules=rules,
        estimates=_by_fact([*_gpu_estimates(contents.gpus), *(estimate for estimate, _ in contents.estimates)]),
        gpus=tuple(contents.gpus),
        components=components,
        causes=causes,
        indexes=indexes,
        reserved=tuple(general.get("reserved", ())),
        folder=folder,
    )


def places(folder: str) -> dict[str, Place]:
    """Where each rule of a folder stands; of an id that is there twice, the first."""
    found: dict[str, Place] = {}
    texts: dict[str, str] = {}
    for rule, at in _read(folder).rules:
        if at.file not in texts:
            with open(os.path.join(folder, at.file), encoding="utf-8") as handle:
                texts[at.file] = handle.read()
        found.setdefault(rule.id, Place(at.file, at.line, texts[at.file]))
    return found


def user_rules(base: Rulebook, folder: str) -> tuple[list[Rule], list[Fault]]:
    """The rules of a user's folder that may stand beside those of `base`, and what is wrong with the others."""
    contents = _read(folder)
    faults = list(contents.faults)
    for estimate, at in contents.estimates:
        faults.append(Fault(at.file, at.line, estimate.fact, "an [[estimate]] of yours isn't read: only [[rule]] is"))
    for gpu in contents.gpus:
        faults.append(Fault(folder, 0, gpu.name, "a [[gpu]] of yours isn't read: only [[rule]] is"))
    rules: dict[str, Rule] = {}
    for rule, at in contents.rules:
        message = _refusal(rule, base, {**base.rules, **rules})
        if message:
            faults.append(Fault(at.file, at.line, rule.id, message))
        else:
            rules[rule.id] = rule
    circle = _circle({rule.id: rule.supersedes for rule in (*base.rules.values(), *rules.values())})
    if circle:
        message = "supersede each other in a circle; all rules of the folder left out"
        return [], [*faults, Fault(folder, 0, " → ".join(circle), message)]
    return list(rules.values()), faults


def _refusal(rule: Rule, base: Rulebook, rules: Mapping[str, Rule]) -> str | None:
    prefix = letters(rule.id)
    if prefix in base.reserved:
        return f"the prefix {prefix} is reserved for built-in rules: choose another"
    if rule.id in rules:
        return "a rule of this id is there already"
    if rule.component not in base.components:
        return f"component {rule.component!r} isn't one of {', '.join(base.components)}"
    if any(fix.index for fix in rule.detail.fixes):
        return "a rule of yours can't name a package index"
    return None


def _read(folder: str) -> _Contents:
    import tomli

    contents = _Contents()
    for path in _toml_files(folder, contents.faults):
        file = os.path.relpath(path, folder)
        try:
            with open(path, encoding="utf-8") as handle:
                text = handle.read()
            tables = tomli.loads(text)
        except tomli.TOMLDecodeError as error:
            contents.faults.append(Fault(file, getattr(error, "lineno", 0) or 0, "", f"not TOML: {error}"))
            continue
        except RecursionError:
            contents.faults.append(Fault(file, 0, "", "not TOML that can be read: nested too deeply"))
            continue
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a UTF-8 text"
            contents.faults.append(Fault(file, 0, "", f"can't be read: {reason}"))
            continue
        if file in _SETTINGS:
            contents.tables[file] = tables
        else:
            _take(tables, text, file, contents)
    return contents


def _toml_files(folder: str, faults: list[Fault]) -> Iterator[str]:
    def unreadable(error: OSError) -> None:
        faults.append(Fault(error.filename or folder, 0, "", f"can't be read: {error.strerror}"))

    for path, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if os.path.join(path, name) != os.path.join(folder, stacks.FOLDER))
        yield from (os.path.join(path, name) for name in sorted(files) if name.endswith(".toml"))


def _take(tables: Mapping[str, Any], text: str, file: str, contents: _Contents) -> None:
    lines = header_lines(text)
    readers: dict[str, Reader] = {
        "rule": lambda table, faults: read_rule(table, file, faults),
        "estimate": read_estimate,
        "gpu": read_gpu,
    }
    for name, value in tables.items():
        if name not in readers or not isinstance(value, list):
            contents.faults.append(Fault(file, 0, name, f"a rule file holds [[{']], [['.join(_ARRAYS)}]], not this"))
            continue
        for index, table in enumerate(value):
            first = lines.get(name, [])[index] if index < len(lines.get(name, [])) else 0
            label = str(table.get("id") or table.get("fact") or table.get("name") or f"[[{name}]] number {index + 1}")
            found: list[tuple[str, str]] = []
            try:
                entry = readers[name](table, found)
            except (AttributeError, TypeError, ValueError) as error:
                found.append((f"not of the form of a {name}: {error}", ""))
            for message, word in found:
                line = line_of(text, first, word) if word and first else first
                contents.faults.append(Fault(file, line, label, message))
            if found:
                continue
            if name == "gpu":
                contents.gpus.append(entry)
            else:
                (contents.rules if name == "rule" else contents.estimates).append(
                    (entry, Fault(file, first, label, ""))
                )


def _misfits(
    rule: Rule,
    components: tuple[str, ...],
    causes: Mapping[str, str],
    indexes: Mapping[str, str],
    rules: Mapping[str, Rule],
) -> Iterator[str]:
    if rule.component not in components:
        yield f"component {rule.component!r} isn't in rulebook.toml (there are {', '.join(components)})"
    for cause in rule.detail.causes:
        if cause not in causes:
            yield f"causes: {cause!r} isn't in causes.toml"
    for other in rule.supersedes:
        if other not in rules:
            yield f"supersedes: there is no rule {other}"
    for fix in rule.detail.fixes:
        if fix.index and fix.index not in indexes:
            yield f"index: {fix.index!r} isn't in indexes.toml"


def _duplicates(rules: list[tuple[Rule, Fault]]) -> Iterator[Fault]:
    first: dict[str, Fault] = {}
    for rule, at in rules:
        if rule.id in first:
            yield Fault(at.file, at.line, rule.id, f"this id is taken: {first[rule.id].file}:{first[rule.id].line}")
        first.setdefault(rule.id, at)


def _circles(contents: _Contents) -> Iterator[Fault]:
    circle = _circle({rule.id: rule.supersedes for rule, _ in contents.rules})
    if circle:
        yield Fault("rules", 0, " → ".join(circle), "supersede each other in a circle")
    leans: dict[str, set[str]] = {}
    for estimate, _ in contents.estimates:
        asked = [estimate.of] if estimate.of else facts_in(estimate.condition) if estimate.condition else []
        leans.setdefault(estimate.fact, set()).update(asked)
    circle = _circle({fact: tuple(sorted(asked)) for fact, asked in leans.items()})
    if circle:
        yield Fault("rules", 0, " → ".join(circle), "estimates lean on each other in a circle")


def _circle(edges: Mapping[str, tuple[str, ...]]) -> list[str]:
    """A circle in a graph, as the path around it; empty where there is none."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for following in edges.get(node, ()):
            circle = visit(following, [*path, node])
            if circle:
                return circle
        done.add(node)
        return []

    return next((circle for node in edges if (circle := visit(node, []))), [])


def _gpu_estimates(gpus: list[Gpu]) -> list[Estimate]:
    """What follows by definition from the table of GPUs."""
    by_name = {name: gpu for gpu in gpus for name in (gpu.name, *gpu.names)}
    names = {pci: gpu.name for gpu in gpus for pci in gpu.pci}
    return [
        Estimate("gpu.name", True, of="gpu.pci_id", map=names),
        Estimate(
            "gpu.compute_capability",
            True,
            of="gpu.name",
            map={name: gpu.compute_capability for name, gpu in by_name.items()},
        ),
        Estimate(
            "gpu.unified",
            True,
            of="gpu.name",
            map={name: gpu.unified for name, gpu in by_name.items() if gpu.unified is not None},
        ),
    ]


def _by_fact(estimates: list[Estimate]) -> dict[str, tuple[Estimate, ...]]:
    grouped: dict[str, list[Estimate]] = {}
    for estimate in estimates:
        grouped.setdefault(estimate.fact, []).append(estimate)
    return {fact: tuple(found) for fact, found in grouped.items()}
