"""The `when` language: text → nested lists, checked against the schema of facts.

A condition is Python's expression syntax cut down to comparisons, `in`, `and`, `or`, `not` and the functions
`present`, `matches`, `runs`, `any`. Compiled, it is made of lists and plain values alone, so that a wheel can carry it
as JSON and one small evaluator (diagnosis/conditions.py) can walk it:

    ["and" | "or", node, …]   ["not", node]   ["is", fact]   ["present", fact]
    ["compare", kind, op, fact, literal]            kind: "plain", "pep440" or "numeric"
    ["compare-facts", kind, op, fact, fact]
    ["one-of" | "none-of", kind, fact, [literal, …]]
    ["has" | "lacks", list fact, literal]           ["has-fact" | "lacks-fact", list fact, fact]
    ["matches", fact, pattern, clauses]             ["runs", list fact, [outcome, …]]
    ["any", records fact, node]                     inside: facts named item.FIELD
"""

from __future__ import annotations

import ast

from sparkdoctor.binaries.compatibility import COMPATIBLE, NATIVE, NONE, NONE_FOUND, PTX
from sparkdoctor.facts import schema, versions
from sparkdoctor.rulebook.asked import facts_in
from sparkdoctor.rulebook.literals import clauses
from sparkdoctor.rulebook.pattern_checks import InvalidPattern, checked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PLAIN = "plain"
RUNS_OUTCOMES = (NATIVE, COMPATIBLE, PTX, NONE, NONE_FOUND)

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_ORDERED = (schema.INT, schema.FLOAT, schema.PEP440, schema.NUMERIC)
_WORDS = {
    schema.BOOL: "a yes or no",
    schema.INT: "a number",
    schema.FLOAT: "a number",
    schema.STR: "a text",
    schema.LIST: "a list",
    schema.RECORDS: "a list of records",
    schema.PEP440: "a package version",
    schema.NUMERIC: "a version",
}


class InvalidCondition(ValueError):
    """A condition that isn't well formed or names what isn't there; the message says what to write instead."""


class _Operand:
    """One side of a comparison: a fact, a literal, a list of literals, or what `runs` says of a fact."""

    __slots__ = ("fact", "literal", "name", "runs")

    def __init__(
        self, name: str | None = None, fact: schema.Fact | None = None, literal: Any = None, runs: bool = False
    ) -> None:
        self.name = name
        self.fact = fact
        self.literal = literal
        self.runs = runs


def parse(text: str) -> list[Any]:
    """The nested lists of a condition (see above). Raises InvalidCondition."""
    try:
        tree = ast.parse(f"({text.strip()}\n)", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise InvalidCondition(f"not a condition: {reason}") from error
    try:
        return _Parser(schema.lookup).node(tree.body)
    except RecursionError as error:
        raise InvalidCondition("nested too deeply") from error


def _cost(node: list[Any]) -> int:
    """The dearest fact of a condition; GPUs are mostly told by their PCI ids, which are files."""
    facts = (schema.lookup(name) for name in facts_in(node) if not name.startswith("item."))
    return max(
        (schema.FILE if schema.per_gpu(fact.name) else fact.cost for fact in facts if fact is not None),
        default=schema.FREE,
    )


class _Parser:
    def __init__(self, lookup: Callable[[str], schema.Fact | None]) -> None:
        self._lookup = lookup

    def node(self, tree: ast.expr) -> list[Any]:
        if isinstance(tree, ast.BoolOp):
            word = "and" if isinstance(tree.op, ast.And) else "or"
            return [word, *sorted((self.node(value) for value in tree.values), key=_cost)]
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
            return ["not", self.node(tree.operand)]
        if isinstance(tree, ast.Compare):
            return self._comparison(tree)
        if isinstance(tree, ast.Call):
            return self._call(tree)
        if isinstance(tree, (ast.Name, ast.Attribute)):
            name, fact = self._fact(tree)
            if fact.type != schema.BOOL:
                raise InvalidCondition(f"{name} is {_WORDS[fact.type]}: write present({name}) or a comparison")
            return ["is", name]
        raise InvalidCondition(f"not part of a condition: {ast.unparse(tree)}")

    def _fact(self, tree: ast.expr) -> tuple[str, schema.Fact]:
        name = _dotted(tree)
        if name is None:
            raise InvalidCondition(f"not a fact: {ast.unparse(tree)}")
        fact = self._lookup(name)
        if fact is None:
            raise InvalidCondition(schema.unknown(name))
        parts = schema.package_parts(name)
        return (f"pkg.{parts[0]}.{parts[1]}" if parts else name), fact

    def _operand(self, tree: ast.expr) -> _Operand:
        if isinstance(tree, ast.Constant) and isinstance(tree.value, (str, int, float)):
            return _Operand(literal=tree.value)
        if isinstance(tree, (ast.List, ast.Tuple, ast.Set)):
            items = [self._operand(item).literal for item in tree.elts]
            if not items or not all(isinstance(item, (str, int, float)) for item in items):
                raise InvalidCondition(f"a list holds texts or numbers: {ast.unparse(tree)}")
            return _Operand(literal=items)
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "runs":
            if len(tree.args) != 2 or tree.keywords or _dotted(tree.args[1]) != "gpu":
                raise InvalidCondition("runs takes a fact and the word gpu: runs(pkg.torch.gpu_code, gpu)")
            name, fact = self._fact(tree.args[0])
            if fact.type != schema.LIST:
                raise InvalidCondition(f"runs takes a list of GPU code, {name} is {_WORDS[fact.type]}")
            return _Operand(name, fact, runs=True)
        name, fact = self._fact(tree)
        return _Operand(name, fact)

    def _comparison(self, tree: ast.Compare) -> list[Any]:
        sides = [self._operand(side) for side in (tree.left, *tree.comparators)]
        parts = []
        for left, op, right in zip(sides, tree.ops, sides[1:], strict=False):
            if type(op) not in _OPERATORS:
                raise InvalidCondition(f"no such comparison here: {ast.unparse(tree)}")
            parts.append(self._pair(left, _OPERATORS[type(op)], right))
        return parts[0] if len(parts) == 1 else ["and", *sorted(parts, key=_cost)]

    def _pair(self, left: _Operand, op: str, right: _Operand) -> list[Any]:
        if left.runs or right.runs:
            return _runs(left, op, right)
        if op in ("in", "not in"):
            return _membership(left, op, right)
        if left.fact is None and right.fact is None:
            raise InvalidCondition("a comparison needs a fact")
        if left.fact is None:
            left, op, right = right, versions.MIRRORED[op], left
        fact = left.fact
        assert fact is not None
        _ordering(left, op)
        if right.fact is None:
            return ["compare", _kind(fact), op, left.name, _literal(left, right.literal, op)]
        if _kind(fact) != _kind(right.fact) or (_kind(fact) == PLAIN and _family(fact) != _family(right.fact)):
            raise InvalidCondition(
                f"{left.name} is {_WORDS[fact.type]}, {right.name} is {_WORDS[right.fact.type]}: they can't be compared"
            )
        if fact.cost > right.fact.cost:
            left, op, right = right, versions.MIRRORED[op], left
        return ["compare-facts", _kind(fact), op, left.name, right.name]

    def _call(self, tree: ast.Call) -> list[Any]:
        function = tree.func.id if isinstance(tree.func, ast.Name) else ast.unparse(tree.func)
        if tree.keywords:
            raise InvalidCondition(f"{function} takes no named arguments")
        if function == "present" and len(tree.args) == 1:
            return ["present", self._fact(tree.args[0])[0]]
        if function == "matches" and len(tree.args) == 2:
            return self._matches(*tree.args)
        if function == "any" and len(tree.args) == 2:
            return self._any(*tree.args)
        if function == "runs":
            raise InvalidCondition('runs(…) is compared: runs(pkg.torch.gpu_code, gpu) == "none"')
        if function in ("present", "matches", "any"):
            raise InvalidCondition(f"{function} takes {1 if function == 'present' else 2} arguments")
        raise InvalidCondition(f"no such function: {function} (there are present, matches, runs, any)")

    def _matches(self, subject: ast.expr, pattern: ast.expr) -> list[Any]:
        name, fact = self._fact(subject)
        if fact.type in (schema.LIST, schema.RECORDS, schema.BOOL):
            raise InvalidCondition(f"matches takes a text, {name} is {_WORDS[fact.type]}")
        if not isinstance(pattern, ast.Constant) or not isinstance(pattern.value, str):
            raise InvalidCondition("matches takes its pattern in quotes")
        try:
            return ["matches", name, checked(pattern.value), list(map(list, clauses(pattern.value, shortest=2)))]
        except InvalidPattern as error:
            raise InvalidCondition(str(error)) from error

    def _any(self, subject: ast.expr, condition: ast.expr) -> list[Any]:
        name, fact = self._fact(subject)
        if fact.type not in (schema.RECORDS, schema.LIST):
            raise InvalidCondition(f"any takes a list, {name} is {_WORDS[fact.type]}")
        if not isinstance(condition, ast.Constant) or not isinstance(condition.value, str):
            raise InvalidCondition("any takes the condition on its items in quotes")
        fields = {f"item.{field}": schema.Fact(f"item.{field}", kind) for field, kind in fact.fields.items()}
        if fact.type == schema.LIST:
            fields["item"] = schema.Fact("item", schema.STR)
        tree = ast.parse(f"({condition.value.strip()}\n)", mode="eval")
        return ["any", name, _Parser(fields.get).node(tree.body)]


def _dotted(tree: ast.expr) -> str | None:
    if isinstance(tree, ast.Name):
        return tree.id
    if isinstance(tree, ast.Attribute):
        before = _dotted(tree.value)
        return f"{before}.{tree.attr}" if before else None
    return None


def _kind(fact: schema.Fact) -> str:
    return fact.type if fact.type in (schema.PEP440, schema.NUMERIC) else PLAIN


def _family(fact: schema.Fact) -> str:
    return "number" if fact.type in (schema.INT, schema.FLOAT) else fact.type


def _ordering(side: _Operand, op: str) -> None:
    fact = side.fact
    assert fact is not None
    if fact.type in (schema.LIST, schema.RECORDS):
        raise InvalidCondition(f'{side.name} is {_WORDS[fact.type]}: write "…" in {side.name}')
    if fact.type == schema.BOOL:
        raise InvalidCondition(f"{side.name} is a yes or no: write {side.name} or not {side.name}")
    if op not in ("==", "!=") and fact.type not in _ORDERED:
        raise InvalidCondition(f"{side.name} is {_WORDS[fact.type]}, which has no order")


def _literal(side: _Operand, literal: Any, op: str) -> Any:
    """The literal, if it can be a value of the fact on the other side."""
    fact = side.fact
    assert fact is not None
    if isinstance(literal, list):
        raise InvalidCondition(f"{side.name} {op} a list: write in or not in")
    if fact.type in (schema.INT, schema.FLOAT):
        if isinstance(literal, (int, float)) and not isinstance(literal, bool):
            return literal
        raise InvalidCondition(f"{side.name} is a number: write it without quotes, not {literal!r}")
    if not isinstance(literal, str):
        raise InvalidCondition(f'{side.name} is {_WORDS[fact.type]}: write "{literal}" in quotes')
    if fact.type in (schema.PEP440, schema.NUMERIC) and not (literal == "none" and op in ("==", "!=")):
        try:
            versions.check(fact.type, literal)
        except versions.InvalidVersionText as error:
            raise InvalidCondition(f"{side.name}: {error}") from error
    return literal


def _membership(left: _Operand, op: str, right: _Operand) -> list[Any]:
    if right.fact is not None:
        if right.fact.type != schema.LIST:
            raise InvalidCondition(f"{right.name} is {_WORDS[right.fact.type]}, not a list: write matches(…)")
        if left.fact is None:
            if not isinstance(left.literal, str):
                raise InvalidCondition(f"{right.name} holds texts: write {left.literal!r} in quotes")
            return ["has" if op == "in" else "lacks", right.name, left.literal]
        return ["has-fact" if op == "in" else "lacks-fact", right.name, left.name]
    if left.fact is None or not isinstance(right.literal, list):
        raise InvalidCondition(f"{op} needs a fact and a list")
    _ordering(left, "==")
    items = [_literal(left, item, "==") for item in right.literal]
    return ["one-of" if op == "in" else "none-of", _kind(left.fact), left.name, items]


def _runs(left: _Operand, op: str, right: _Operand) -> list[Any]:
    if right.runs:
        left, right = right, left
    wanted = [right.literal] if isinstance(right.literal, str) else right.literal
    if op not in ("==", "!=", "in", "not in") or not isinstance(wanted, list):
        raise InvalidCondition('runs(…) is compared with == or in: runs(pkg.torch.gpu_code, gpu) == "none"')
    for outcome in wanted:
        if outcome not in RUNS_OUTCOMES:
            raise InvalidCondition(f"runs never says {outcome!r}: it says {', '.join(RUNS_OUTCOMES)}")
    if op in ("!=", "not in"):
        wanted = [outcome for outcome in RUNS_OUTCOMES if outcome not in wanted]
    return ["runs", left.name, wanted]
