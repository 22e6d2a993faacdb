"""How texts of rules name facts."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w.]*)(?:\|([^{}]*))?\}")
"""`{fact}`, or `{fact|words for where it isn't known}` in titles and explanations."""


def worded(text: str) -> str:
    """`text` without facts: the words of its placeholders, or their names in brackets."""
    return PLACEHOLDER.sub(lambda match: match[2] or f"<{match[1]}>", text)
