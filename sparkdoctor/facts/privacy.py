"""Keeps private things out of what is printed: homes, user and host names, addresses, tokens.

Facts are used as they are; what leaves the program passes a `Redactor` first: paths lose their home, the texts of
private facts (variables, command lines) and log lines also names, addresses, credentials. Versions stay: 9.10.2.21 is
no address.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache

from sparkdoctor.facts import schema
from sparkdoctor.facts.values import Reading, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

HIDDEN = "(set, not shown)"
"""What stands for the value of a variable that may hold a secret."""

_SECRET_WORDS = ("KEY", "TOKEN", "SECRET", "PASS", "CRED", "AUTH")
_HOMES = ("/home/", "/Users/")
_PATTERNS = (
    (r"(?<=://)[^/\s@]+@", ""),
    (r"(https?://[^\s?#]+)\?[^\s#]*", r"\1"),
    (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "(uuid)"),
    (r"\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b", "(mac)"),
    (r"\b(?:hf|sk|ghp|gho|glpat|nvapi)[_-][A-Za-z0-9_-]{12,}", "(token)"),
    (r"(?:(?<=//)|(?<=@)|\A)(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:\d{1,3}\.){3}\d{1,3}(?=[:/]\d)", "(address)"),
    (r"\b(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}\b|\bfe80::[0-9a-fA-F:]+", "(address)"),
)
_COMMON_WORDS = frozenset({"root", "localhost", "user", "nvidia", "ubuntu", "spark", "cuda", "python", "linux", "home"})


def is_secret(variable: str) -> bool:
    """Whether only the presence of an environment variable may be told."""
    name = variable.upper()
    return any(word in name for word in _SECRET_WORDS)


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern), replacement) for pattern, replacement in _PATTERNS]


class Redactor:
    """Knows whose machine it is, and takes that out of texts."""

    def __init__(self, home: str = "", user: str = "", host: str = "") -> None:
        self._home = home.rstrip("/") if home not in ("", "/", "/root") else ""
        self._words = {word for word in (user, host) if len(word) > 2 and word.lower() not in _COMMON_WORDS}

    def path(self, text: str) -> str:
        """`text` with homes shortened; for paths, commands and explanations."""
        if self._home and self._home in text:
            text = re.sub(re.escape(self._home) + r"(?=/|$|\W)", "~", text)
        if any(home in text for home in _HOMES):
            text = re.sub(r"/(home|Users)/[^/\s:'\"]+", r"/\1/user", text)
        return text

    def text(self, text: str) -> str:
        """Free text without homes, names, addresses, UUIDs, credentials."""
        text = self.path(text)
        for pattern, replacement in _patterns():
            text = pattern.sub(replacement, text)
        for word in self._words:
            if word in text:
                text = re.sub(rf"(?<![\w.\-]){re.escape(word)}(?![\w\-])", "(name)", text)
        return text

    def reading(self, name: str, reading: Reading) -> Reading:
        """The reading of a fact as it may be shown."""
        fact = schema.lookup(name)
        change = self.text if fact is None or fact.private else self.path
        value = reading.value
        if isinstance(value, Unknown):
            value = Unknown(self.path(value.reason))
        elif isinstance(value, (str, tuple)):
            value = _mapped(value, change)
        where = None if reading.where is None else self.path(reading.where)
        return Reading(value, reading.origin, where, reading.strength)


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_mapped(item, change) for item in value)
    return {key: _mapped(item, change) for key, item in value.items()} if isinstance(value, dict) else value


def of_process(environ: Mapping[str, str]) -> Redactor:
    """The redactor for this process: its home, its user, its host."""
    return Redactor(environ.get("HOME", ""), environ.get("USER") or environ.get("LOGNAME", ""), os.uname().nodename)
