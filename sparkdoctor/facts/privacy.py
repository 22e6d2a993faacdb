"""Keeps private things out of what is printed: homes, user and host names, addresses, tokens.

Facts are used as they are; what leaves the program passes a `Redactor` first: paths lose their home, free texts
(variables, command lines, log lines) also names, addresses, credentials. Versions stay: 9.10.2.21 is no address.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from sparkdoctor.facts import schema
from sparkdoctor.facts.values import Reading, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sparkdoctor.facts.values import Absent, Value

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CRED|AUTH", re.IGNORECASE)
HIDDEN = "(set, not shown)"
"""What stands for the value of a variable that may hold a secret."""

_HOMES = re.compile(r"/(home|Users)/[^/\s:'\"]+")
_PATTERNS = (
    (re.compile(r"(?<=://)[^/\s@]+@"), ""),
    (re.compile(r"(https?://[^\s?#]+)\?[^\s#]*"), r"\1"),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "(uuid)"),
    (re.compile(r"\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b"), "(mac)"),
    (re.compile(r"\b(?:hf|sk|ghp|gho|glpat|nvapi)[_-][A-Za-z0-9_-]{12,}"), "(token)"),
    (re.compile(r"(?:(?<=//)|(?<=@)|\A)(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:\d{1,3}\.){3}\d{1,3}(?=[:/]\d)"), "(address)"),
    (re.compile(r"\b(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}\b|\bfe80::[0-9a-fA-F:]+"), "(address)"),
)
_COMMON_WORDS = frozenset({"root", "localhost", "user", "nvidia", "ubuntu", "spark", "cuda", "python", "linux", "home"})


def is_secret(variable: str) -> bool:
    """Whether only the presence of an environment variable may be told."""
    return _SECRET.search(variable) is not None


class Redactor:
    """Knows whose machine it is, and takes that out of texts."""

    def __init__(self, home: str = "", user: str = "", host: str = "") -> None:
        self._home = home.rstrip("/") if home not in ("", "/", "/root") else ""
        words = {word for word in (user, host) if len(word) > 2 and word.lower() not in _COMMON_WORDS}
        self._words = (
            re.compile(r"(?<![\w.\-])(?:" + "|".join(map(re.escape, words)) + r")(?![\w\-])") if words else None
        )

    def path(self, text: str) -> str:
        """`text` with homes shortened; for paths, commands and explanations."""
        if self._home:
            text = re.sub(re.escape(self._home) + r"(?=/|$|\W)", "~", text)
        return _HOMES.sub(r"/\1/user", text)

    def text(self, text: str) -> str:
        """Free text without homes, names, addresses, UUIDs, credentials."""
        text = self.path(text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return self._words.sub("(name)", text) if self._words else text

    def reading(self, name: str, reading: Reading) -> Reading:
        """The reading of a fact as it may be shown."""
        value = reading.value
        fact = schema.lookup(name)
        if fact is None or fact.type in (schema.STR, schema.LIST):
            value = self._shown(value)
        elif fact.type == schema.RECORDS and isinstance(value, tuple):
            value = tuple(
                {k: self.path(v) for k, v in item.items()} if isinstance(item, dict) else item for item in value
            )
        elif isinstance(value, Unknown):
            value = Unknown(self.path(value.reason))
        where = None if reading.where is None else self.path(reading.where)
        return Reading(value, reading.origin, where, reading.strength)

    def _shown(self, value: Value | Absent | Unknown) -> Value | Absent | Unknown:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple):
            return tuple(self.text(item) if isinstance(item, str) else item for item in value)
        return Unknown(self.path(value.reason)) if isinstance(value, Unknown) else value


def of_process(environ: Mapping[str, str]) -> Redactor:
    """The redactor for this process: its home, its user, its host."""
    return Redactor(environ.get("HOME", ""), environ.get("USER") or environ.get("LOGNAME", ""), os.uname().nodename)
