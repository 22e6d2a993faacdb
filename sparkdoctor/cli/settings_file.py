"""One file of settings: a project's table [tool.sparkdoctor], or the whole of the user's own file."""

from __future__ import annotations

import os
import re
from datetime import date

from sparkdoctor.cli.exits import Unusable
from sparkdoctor.cli.setting import CHOICE, CHOICES, FLAG, FOLDERS, KINDS, OF_PROJECT, WORDS, Setting, user_file
from sparkdoctor.diagnosis.model import Suppression
from sparkdoctor.spelling import meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_RULE = re.compile(r"[A-Z]{2,6}[0-9]{3}")
_SUPPRESSION = ("rule", "reason", "until")


def parsed(content: bytes, path: str, of_project: bool) -> tuple[dict[str, Setting], tuple[Suppression, ...]]:
    """The settings and suppressions of a file. Raises Unusable with the file, the key, the value and what may stand."""
    import tomli

    shown = _shown(path)
    try:
        document: Any = tomli.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unusable(f"{shown}: not a UTF-8 text") from error
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise Unusable(f"{shown}: not TOML: {error}") from error
    place = shown
    if of_project:
        tool = document.get("tool")
        document = tool.get("sparkdoctor", {}) if isinstance(tool, dict) else {}
        place = f"{shown}, [tool.sparkdoctor]"
        if not isinstance(document, dict):
            raise Unusable(f"{place}: must be a table")
    values = {}
    suppressions = _suppressions(document.pop("suppress", []), place, shown)
    for key, value in document.items():
        name = key.replace("_", "-")
        if name == "ignore" and isinstance(value, list):
            suppressions += _suppressions([item for item in value if isinstance(item, dict)], place, shown)
            value = [item for item in value if not isinstance(item, dict)]
        _admitted(key, name, place, of_project)
        label = f"{place}: {key} = "
        values[name] = Setting(_value(name, value, label, os.path.dirname(path)), shown, label)
    return values, tuple(suppressions)


def _shown(path: str) -> str:
    """The file as it is told: the home folder as ~."""
    home = os.path.expanduser("~")
    return "~" + path[len(home) :] if home != "/" and path.startswith(home + "/") else path


def _admitted(key: str, name: str, place: str, of_project: bool) -> None:
    if name not in KINDS:
        known = [*(OF_PROJECT if of_project else KINDS), "suppress"]
        raise Unusable(f"{place}: no such setting: {key}{meant(name, known) or '; there are ' + ', '.join(known)}")
    if of_project and name not in OF_PROJECT:
        raise Unusable(
            f"{place}: {key} can't be set by a project's file, which may set {', '.join(OF_PROJECT)} and suppress "
            f"alone; give --{name}, or set it in {_shown(user_file())}"
        )


def _value(name: str, value: Any, label: str, folder: str) -> Any:
    kind = KINDS[name]
    if kind in (WORDS, FOLDERS):
        words = [value] if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise Unusable(f"{label}{value!r}: write a list of texts")
        return [os.path.join(folder, os.path.expanduser(word)) for word in words] if kind == FOLDERS else words
    if kind == FLAG:
        if not isinstance(value, bool):
            raise Unusable(f"{label}{value!r}: write true or false")
        return value
    if kind == CHOICE and value not in CHOICES[name]:
        raise Unusable(f"{label}{value!r}: write one of {', '.join(CHOICES[name])}")
    if not isinstance(value, str) or not value:
        raise Unusable(f"{label}{value!r}: write a text")
    return os.path.join(folder, os.path.expanduser(value)) if name in ("python", "root") else value


def _suppressions(stated: Any, place: str, origin: str) -> list[Suppression]:
    if not isinstance(stated, list) or not all(isinstance(item, dict) for item in stated):
        raise Unusable(f"{place}: suppress: write [[suppress]] tables with rule, reason and until")
    return [_suppression(item, f"{place}, suppress number {number}", origin) for number, item in enumerate(stated, 1)]


def _suppression(stated: dict[str, Any], place: str, origin: str) -> Suppression:
    for key in stated:
        if key not in _SUPPRESSION:
            raise Unusable(f"{place}: no such key: {key}; there are {', '.join(_SUPPRESSION)}")
    rule, reason, until = (stated.get(key) for key in _SUPPRESSION)
    if not isinstance(rule, str) or not _RULE.fullmatch(rule.upper()):
        raise Unusable(f"{place}: rule = {rule!r}: write the id of one rule, such as MEM003")
    if not isinstance(reason, str) or not reason.strip():
        raise Unusable(f"{place} ({rule}): reason is missing: say why this may be set aside")
    return Suppression(rule.upper(), " ".join(reason.split()), _day(until, f"{place} ({rule})"), origin)


def _day(value: Any, place: str) -> str:
    if value is None:
        return ""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        day = None
    if not isinstance(day, date):
        raise Unusable(f"{place}: until = {value}: write a date like 2027-01-31")
    return day.isoformat()[:10]
