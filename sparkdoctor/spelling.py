"""What somebody who misspelt a word may have meant."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def meant(word: str, among: Iterable[str], before: str = "") -> str:
    """A question whether the nearest of some words was meant, told behind `before`; empty where none is near."""
    import difflib

    close = difflib.get_close_matches(word, list(among), 1)
    return f" (did you mean {before}{close[0]}?)" if close else ""
