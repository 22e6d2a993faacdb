"""The built-in rulebook: compiled in an installed package, from its TOML files in a checkout."""

from __future__ import annotations

import os

from sparkdoctor.rulebook import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.rulebook.model import Rulebook


def builtin_folder() -> str:
    """Where the built-in rulebook lies: inside the installed package, or beside it in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "_rulebook")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "rules")


def load(folder: str | None = None) -> Rulebook:
    """The rulebook of a folder (None: the built-in one). Raises InvalidRulebook with every fault of it."""
    folder = folder or builtin_folder()
    if os.path.isfile(os.path.join(folder, compiled.INDEX)):
        try:
            return compiled.read(folder)
        except (OSError, ValueError, KeyError, TypeError) as error:
            from sparkdoctor.rulebook.faults import Fault, InvalidRulebook

            fault = Fault(os.path.join(folder, compiled.INDEX), 0, "", f"is damaged: {error}")
            raise InvalidRulebook([fault]) from error
    from sparkdoctor.rulebook import source

    return source.read(folder)
