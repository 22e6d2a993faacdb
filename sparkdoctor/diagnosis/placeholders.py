"""Fills the `{fact}` placeholders of a rule's texts and values."""

from __future__ import annotations

from sparkdoctor.facts.values import shown
from sparkdoctor.rulebook.placeholders import PLACEHOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from sparkdoctor.facts.values import Reading

    Read = Callable[[str], Reading]


def told(text: str, read: Read) -> str:
    """`text` with what the facts say; where one has no value its words after `|` stand, else its name in brackets."""

    def fill(match: re.Match[str]) -> str:
        reading = read(match[1])
        if reading.present:
            return shown(reading.value)
        return match[2] if match[2] is not None else f"<{match[1]}>"

    return PLACEHOLDER.sub(fill, text)


def facts_of(*texts: str) -> list[str]:
    """The facts that some texts name in placeholders without words to stand in for them."""
    return [name for text in texts for name, words in PLACEHOLDER.findall(text) if not words]
