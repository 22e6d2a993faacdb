"""Settings beneath the command line: SPARKDOCTOR_* variables, then pyproject.toml here, then the user's own file.

Costs a handful of lookups and one look at each file; TOML is read only where a file speaks of sparkdoctor.
"""

from __future__ import annotations

import os
import stat

from sparkdoctor.cli.exits import Unusable
from sparkdoctor.cli.setting import CHOICE, CHOICES, FLAG, FOLDERS, KINDS, PROJECT_FILE, WORDS, Setting, user_file
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sparkdoctor.diagnosis.model import Suppression

_LARGEST = 1 << 20
"""Bytes of a settings file that are read at most."""
_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


class Settings(Record):
    """What is set beneath the command line, and which rules an owner has decided to live with."""

    values: Mapping[str, Setting] = {}
    suppressions: tuple[Suppression, ...] = ()

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a setting, or `default`."""
        found = self.values.get(name)
        return default if found is None else found.value

    def notes(self) -> tuple[str, ...]:
        """What a reader must know: that the project's file has a say in what is told, and of what."""
        names = [name for name, setting in self.values.items() if setting.origin == PROJECT_FILE]
        names += ["suppress"] if any(item.origin == PROJECT_FILE for item in self.suppressions) else []
        return (f"{PROJECT_FILE} of this folder has a say in this report: {', '.join(names)}.",) if names else ()

    def label(self, name: str) -> str:
        """How a complaint about the value begins: `pyproject.toml: target = `; `--target ` where nothing sets it."""
        found = self.values.get(name)
        return f"--{name} " if found is None else found.label


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that hold in the working directory. Raises Unusable where one can't be used, and names it."""
    values: dict[str, Setting] = {}
    suppressions: tuple[Suppression, ...] = ()
    for path, of_project in ((user_file(environ), False), (PROJECT_FILE, True)):
        content = _content(path)
        if content is not None and (b"sparkdoctor" in content or not of_project):
            from sparkdoctor.cli.settings_file import parsed

            stated, found = parsed(content, path, of_project)
            values |= stated
            suppressions = (*found, *suppressions)
    for name, kind in KINDS.items():
        variable = "SPARKDOCTOR_" + name.upper().replace("-", "_")
        text = environ.get(variable)
        if text:
            values[name] = Setting(_of_variable(name, kind, text, variable), variable, f"{variable}=")
    return Settings(values, suppressions)


def _content(path: str) -> bytes | None:
    """What a file holds; None where there is none. A pipe or device in its place is no file."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with open(path, "rb") as handle:
            content = handle.read(_LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unusable(f"{path}: can't be read: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise Unusable(f"{path}: larger than {_LARGEST >> 20} MiB: not read as settings")
    return content


def _of_variable(name: str, kind: str, text: str, variable: str) -> Any:
    if kind == WORDS:
        return [text]
    if kind == FOLDERS:
        return [os.path.expanduser(folder) for folder in text.split(os.pathsep) if folder]
    if kind == FLAG:
        if text.lower() not in _FLAGS:
            raise Unusable(f"{variable}={text}: write 1 or 0")
        return _FLAGS[text.lower()]
    if kind == CHOICE and text not in CHOICES[name]:
        raise Unusable(f"{variable}={text}: write one of {', '.join(CHOICES[name])}")
    return text
