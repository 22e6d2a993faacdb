"""Values as people read them."""

from __future__ import annotations

from sparkdoctor.facts.values import ABSENT


def shown(value: object) -> str:
    """A value as people read it."""
    if value is ABSENT:
        return "not there"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
