"""The rulebook for its readers and authors: the list of rules, what their tests came to, what is remarked on them."""

from __future__ import annotations

from sparkdoctor.reports.document import opened
from sparkdoctor.reports.terminal import Style
from sparkdoctor.rulebook.placeholders import worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sparkdoctor.diagnosis.prove import Proof
    from sparkdoctor.rulebook.lint import Remark
    from sparkdoctor.rulebook.model import Rule

    Proven = tuple[Proof, str]
    """A proof and where its rule stands."""


def listed(rules: Sequence[Rule], colour: bool) -> str:
    """One line a rule: id, severity, component, title."""
    style = Style(colour)
    lines = []
    across = max((len(rule.component) for rule in rules), default=0)
    ids = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        severity = style.paint(rule.severity, f"{rule.severity:7}")
        lines.append(f"{rule.id:{ids}}  {severity}  {rule.component:{across}}  {worded(rule.detail.title)}")
    return "".join(line + "\n" for line in [*lines, *([""] if lines else []), _count(len(rules), "rule")])


def proven(proofs: Sequence[Proven], colour: bool) -> str:
    """What failed, with its place, and how many tests held."""
    style = Style(colour)
    lines = []
    for proof, place in proofs:
        if proof.holds:
            continue
        lines.append(f"{place}: {style.paint('error', f'{proof.rule.id} test {proof.number} fails')}")
        lines += [f"    expected: it {proof.expected}", f"    came:     it {proof.came}"]
    failed = sum(not proof.holds for proof, _ in proofs)
    rules = len({proof.rule.id for proof, _ in proofs})
    verdict = style.paint("error", f"{failed} failed") if failed else style.paint("ok", "all hold")
    return "".join(
        line + "\n" for line in [*lines, f"{_count(len(proofs), 'test')} of {_count(rules, 'rule')}: {verdict}"]
    )


def remarked(remarks: Sequence[Remark], rules: int, colour: bool) -> str:
    """Each remark with file, line and id; then how many are wrong."""
    style = Style(colour)
    lines = []
    for remark in remarks:
        place = f"{remark.file}:{remark.line}" if remark.line else remark.file
        head = f"{place}: {remark.id}: " if remark.id else f"{place}: "
        weight = style.paint("error" if remark.weight == "wrong" else "info", f"{remark.weight}: ")
        lines.append(head + weight + remark.message)
    wrong = sum(remark.weight == "wrong" for remark in remarks)
    hints = len(remarks) - wrong
    verdict = style.paint("error", f"{wrong} wrong") if wrong else style.paint("ok", "nothing wrong")
    told = f"{_count(rules, 'rule')}: {verdict}" + (f", {_count(hints, 'hint')}" if hints else "")
    return "".join(line + "\n" for line in [*lines, told])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def as_json(tool: Mapping[str, str], key: str, items: Sequence[Mapping[str, Any]], exit_code: int) -> dict[str, Any]:
    """The envelope of all `rules` commands: `key` is rules, tests or remarks."""
    return {
        **opened(tool),
        "summary": {"count": len(items), "exit_code": exit_code},
        key: list(items),
    }


def rule_json(rule: Rule, builtin: bool) -> dict[str, Any]:
    """A rule's line of the list."""
    detail = rule.detail
    return {
        "id": rule.id,
        "name": detail.name,
        "severity": rule.severity,
        "component": rule.component,
        "title": worded(rule.detail.title),
        "causes": list(detail.causes),
        "needs_log": rule.log_only,
        "reviewed": detail.reviewed,
        "builtin": builtin,
    }


def proof_json(proof: Proof, place: str) -> dict[str, Any]:
    """What one test came to."""
    return {
        "id": proof.rule.id,
        "test": proof.number,
        "place": place,
        "holds": proof.holds,
        "expected": proof.expected,
        "came": proof.came,
    }


def remark_json(remark: Remark) -> dict[str, Any]:
    """One remark."""
    return {
        "weight": remark.weight,
        "file": remark.file,
        "line": remark.line or None,
        "id": remark.id or None,
        "message": remark.message,
    }
