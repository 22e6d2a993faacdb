"""Which patterns a rule may use: RE2's syntax, and nothing that could run away in Python's `re`."""

from __future__ import annotations

import re
import warnings

from sparkdoctor.rulebook.patterns import compiled, spaced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_REFUSED = {
    "ASSERT": "look-around",
    "ASSERT_NOT": "look-around",
    "GROUPREF": "a back-reference",
    "GROUPREF_EXISTS": "a back-reference",
    "ATOMIC_GROUP": "an atomic group",
    "POSSESSIVE_REPEAT": "a possessive repeat",
}


class InvalidPattern(ValueError):
    """A pattern that RE2 doesn't take, or that could run away without it."""


def checked(pattern: str) -> str:
    """`pattern`, if every engine takes it. Raises InvalidPattern with what is wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(spaced(pattern))
    except re.error as error:
        raise InvalidPattern(f"not a pattern: {pattern!r}: {error}") from error
    reason = _refusal(parsed(pattern), repeated=False)
    if reason:
        raise InvalidPattern(f"{reason} has no place in a pattern (RE2's syntax): {pattern!r}")
    try:
        compiled(pattern)
    except Exception as error:  # re2 has an error class of its own
        raise InvalidPattern(f"not a pattern of RE2's syntax: {pattern!r}: {error}") from error
    return pattern


def least_letters(pattern: str) -> int:
    """How many letters, digits and signs of the pattern stand, at least, in whatever it matches."""
    return _least(parsed(pattern))


def _least(tree: Any) -> int:
    count = 0
    for operation, argument in tree:
        name = str(operation)
        if name == "LITERAL":
            count += 1
        elif name == "SUBPATTERN":
            count += _least(argument[3])
        elif name == "BRANCH":
            count += min(map(_least, argument[1]))
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            count += argument[0] * _least(argument[2])
    return count


def parsed(pattern: str) -> Any:
    """The syntax tree of a pattern, as Python's own parser gives it: operations with their arguments."""
    try:
        from re import _parser  # type: ignore[attr-defined]
    except ImportError:  # Python 3.10
        import sre_parse as _parser
    return _parser.parse(spaced(pattern))


def _refusal(tree: Any, repeated: bool) -> str | None:
    """What in a parsed pattern no engine but Python's takes, or what could run away there; None if nothing."""
    for operation, argument in tree:
        name = str(operation)
        if name in _REFUSED:
            return _REFUSED[name]
        unbounded = name in ("MAX_REPEAT", "MIN_REPEAT") and str(argument[1]) == "MAXREPEAT"
        if unbounded and repeated:
            return "an unbounded repeat inside another"
        for child in _children(argument):
            reason = _refusal(child, repeated or unbounded)
            if reason:
                return reason
    return None


def _children(argument: Any) -> Iterator[Any]:
    parts = argument if isinstance(argument, (tuple, list)) else ()
    for part in parts:
        if isinstance(part, list):
            yield from (item for item in part if hasattr(item, "data"))
        elif hasattr(part, "data"):
            yield part
