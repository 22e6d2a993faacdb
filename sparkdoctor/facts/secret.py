"""Variables whose values are never told."""

from __future__ import annotations

HIDDEN = "(set, not shown)"
"""What stands for the value of a variable that may hold a secret."""

_SECRET_WORDS = ("KEY", "TOKEN", "SECRET", "PASS", "CRED", "AUTH")


def is_secret(variable: str) -> bool:
    """Whether only the presence of an environment variable may be told."""
    name = variable.upper()
    return any(word in name for word in _SECRET_WORDS)
