"""The patterns of rules: RE2's syntax, where a blank stands for any white space, line ends included.

google-re2 runs them in linear time where it is installed; else Python's `re` does, for which patterns that could run
away (an unbounded repeat inside another) are refused when the rulebook is loaded.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLANKS = re.compile(r"(?<!\\) +")
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


class Match(Protocol):
    """What a search gives: where it begins and ends."""

    def start(self) -> int:
        """Index of the first letter."""
        ...

    def end(self) -> int:
        """Index behind the last letter."""
        ...


class Pattern(Protocol):
    """A compiled pattern, of whichever engine."""

    def search(self, text: str) -> Match | None:
        """The first match in a text."""
        ...

    def finditer(self, text: str) -> Iterable[Match]:
        """All matches in a text, first to last."""
        ...


def checked(pattern: str) -> str:
    """`pattern`, if every engine takes it. Raises InvalidPattern with what is wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(_spaced(pattern))
    except re.error as error:
        raise InvalidPattern(f"not a pattern: {pattern!r}: {error}") from error
    reason = _refusal(_tree(_spaced(pattern)), repeated=False)
    if reason:
        raise InvalidPattern(f"{reason} has no place in a pattern (RE2's syntax): {pattern!r}")
    try:
        compiled(pattern)
    except Exception as error:  # re2 has an error class of its own
        raise InvalidPattern(f"not a pattern of RE2's syntax: {pattern!r}: {error}") from error
    return pattern


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Pattern:
    """The pattern, ready to search with; `^` and `$` stand at line ends, `.` stays on its line."""
    text = "(?m)" + _spaced(pattern)
    try:
        import re2
    except ImportError:
        return re.compile(text)
    options = re2.Options()
    options.log_errors = False
    found: Pattern = re2.compile(text, options)
    return found


def _spaced(pattern: str) -> str:
    """Runs of blanks outside brackets stand for any white space."""
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(pattern):
        if index and pattern[index - 1] == "\\":
            continue
        if letter == "[" and not depth:
            parts.append(_BLANKS.sub(r"\\s+", pattern[start:index]))
            depth, start = 1, index
        elif letter == "]" and depth and index > start + 1:
            parts.append(pattern[start : index + 1])
            depth, start = 0, index + 1
    rest = pattern[start:]
    parts.append(rest if depth else _BLANKS.sub(r"\\s+", rest))
    return "".join(parts)


def _tree(pattern: str) -> Any:
    try:
        from re import _parser  # type: ignore[attr-defined]
    except ImportError:  # Python 3.10
        import sre_parse as _parser
    return _parser.parse(pattern)


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
