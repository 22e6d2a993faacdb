"""The built-in rulebook: compiled in an installed package, from its TOML files in a checkout."""

from __future__ import annotations

import os

from sparkdoctor.rulebook import compiled
from sparkdoctor.shipped import rulebook_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.rulebook.model import Rulebook


def load(folder: str | None = None) -> Rulebook:
    """The rulebook of a folder (None: the built-in one). Raises InvalidRulebook with every fault of it."""
    folder = folder or rulebook_folder()
    try:
        return compiled.read(folder)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError) as error:
        from sparkdoctor.rulebook.faults import Fault, InvalidRulebook

        fault = Fault(os.path.join(folder, compiled.INDEX), 0, "", f"is damaged: {error}")
        raise InvalidRulebook([fault]) from error
    from sparkdoctor.rulebook import source

    return source.read(folder)
