"""The patterns of rules, as they are searched with: RE2 syntax, a blank stands for any white space, line ends too.

google-re2 runs them in linear time where it is installed, else Python's `re` does; pattern_checks.py refuses what
either couldn't.
"""

from __future__ import annotations

import re
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

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


_BLANKS = r"(?<!\\) +"


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Pattern:
    """The pattern, ready to search with; `^` and `$` stand at line ends, `.` stays on its line."""
    return _engine()("(?m)" + spaced(pattern))


@lru_cache(maxsize=1)
def _engine() -> Callable[[str], Pattern]:
    try:
        import re2
    except ImportError:
        return re.compile
    options = re2.Options()
    options.log_errors = False
    return lambda text: re2.compile(text, options)


def spaced(pattern: str) -> str:
    """Runs of blanks outside brackets stand for any white space."""
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(pattern):
        if index and pattern[index - 1] == "\\":
            continue
        if letter == "[" and not depth:
            parts.append(re.sub(_BLANKS, r"\\s+", pattern[start:index]))
            depth, start = 1, index
        elif letter == "]" and depth and index > start + 1:
            parts.append(pattern[start : index + 1])
            depth, start = 0, index + 1
    rest = pattern[start:]
    parts.append(rest if depth else re.sub(_BLANKS, r"\\s+", rest))
    return "".join(parts)
