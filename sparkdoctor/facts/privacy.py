"""Keeps private things out of what is printed: homes, user and host names, addresses, tokens.

Facts are used as they are; what leaves the program passes a `Redactor` first: paths lose their home and the names in
them, free texts (variables, command lines, log lines, reasons) also addresses, identifiers, credentials.
"""

from __future__ import annotations

import os

from sparkdoctor.facts import schema
from sparkdoctor.facts.private import without_private_looks
from sparkdoctor.facts.values import Reading, Unknown
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from sparkdoctor.machine import Machine

_HOMES = ("/home/", "/Users/")
_MEDIA = ("/media/",)
_VERSIONS = (schema.PEP440, schema.NUMERIC)
_NO_VERSION = " @/:"
_PEOPLE = range(1000, 60000)
"""Numbers of users who are people (login.defs(5))."""
_COMMON_WORDS = frozenset({
    "admin", "build", "cuda", "debian", "default", "dev", "dgx", "docker", "gpu", "home", "host", "jetson", "lib",
    "linux", "llm", "local", "localhost", "model", "models", "none", "nvidia", "opt", "python", "root", "spark", "test",
    "torch", "ubuntu", "user", "usr", "venv", "vllm", "work", "workspace",
})  # fmt: skip
"""Names of users and machines that tell nobody's name, and that stand in commands and paths with another meaning."""


class Redactor:
    """Knows whose machine it is, and takes that out of texts."""

    def __init__(
        self, home: str = "", user: str = "", host: str = "", homes: Iterable[str] = (), names: Iterable[str] = ()
    ) -> None:
        known = {one.rstrip("/") for one in (home, *homes)} - {"", "/root"}
        self._own = home.rstrip("/") if home.rstrip("/") in known else ""
        self._others = sorted((one for one in known if one != self._own and one.startswith("/")), key=len, reverse=True)
        words = (user, host, host.partition(".")[0], *names)
        self._words = sorted({word for word in words if len(word) > 2 and word.lower() not in _COMMON_WORDS})

    def path(self, text: str) -> str:
        """`text` with homes shortened, and names in paths taken out; for paths, commands and explanations."""
        if self._own and self._own in text:
            text = re.sub(re.escape(self._own) + r"(?=/|$|\W)", "~", text)
        for home in self._others:
            if home in text:
                text = re.sub(re.escape(home) + r"(?=/|$|\W)", "/home/user", text)
        if any(home in text for home in _HOMES):
            text = re.sub(r"/(home|Users)/[^/\s:'\"]+", r"/\1/user", text)
        if any(folder in text for folder in _MEDIA):
            text = re.sub(r"/media/[^/\s:'\"]+(?=/)", "/media/user", text)
        for word in self._words:
            if f"/{word}" in text:
                text = re.sub(rf"(?<=/){re.escape(word)}(?=/|$|[\s:;,'\")])", "(name)", text)
        return text

    def text(self, text: str) -> str:
        """Free text without homes, names, addresses, identifiers, credentials."""
        text = without_private_looks(self.path(text))
        for word in self._words:
            if word in text:
                text = re.sub(rf"(?<![\w.\-]){re.escape(word)}(?![\w\-])", "(name)", text)
        return text

    def version(self, text: str) -> str:
        """A version, whose fields may look like an address and whose suffix may be a name; any other text as such."""
        if any(mark in text for mark in _NO_VERSION):
            return self.text(text)
        for word in self._words:
            if word in text:
                text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", "(name)", text)
        return text

    def reading(self, name: str, reading: Reading) -> Reading:
        """The reading of a fact as it may be shown."""
        fact = schema.lookup(name)
        change = self.version if fact is not None and fact.type in _VERSIONS else self.text
        value = reading.value
        if isinstance(value, Unknown):
            value = Unknown(self.text(value.reason))
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
    user = environ.get("USER") or environ.get("LOGNAME", "")
    return Redactor(environ.get("HOME", ""), user, os.uname().nodename, names=(environ.get("SUDO_USER", ""),))


def of_machine(machine: Machine, environ: Mapping[str, str]) -> Redactor:
    """The redactor for a machine: this process's for the live one, else with the names and homes that its files tell.

    Whatever can't be read names nobody.
    """
    if machine.live:
        return of_process(environ)
    host = _text(machine, "/etc/hostname").strip() or _text(machine, "/proc/sys/kernel/hostname").strip()
    first = dict(entry.partition("=")[::2] for entry in _text(machine, "/proc/1/environ").split("\0"))
    people = [line.split(":") for line in _text(machine, "/etc/passwd").splitlines()]
    people = [entry for entry in people if len(entry) > 5 and entry[2].isdigit() and int(entry[2]) in _PEOPLE]
    names = [
        *(entry[0] for entry in people),
        *(first.get(name, "") for name in ("USER", "LOGNAME", "SUDO_USER", "HOSTNAME")),
        os.uname().nodename,
        environ.get("USER") or environ.get("LOGNAME", ""),
    ]
    homes = [*(entry[5] for entry in people), first.get("HOME", "").rstrip("/")]
    return Redactor(environ.get("HOME", ""), host=host, homes=homes, names=names)


def _text(machine: Machine, path: str) -> str:
    try:
        return machine.text(path, 1 << 16)
    except OSError:
        return ""
