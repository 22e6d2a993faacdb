"""The data that ships with the program: where it lies, and how it is read where the program is a single file."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    __loader__: Any


def rulebook_folder() -> str:
    """The built-in rulebook: inside the installed package, or beside it in a checkout."""
    package = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(package, "_rulebook")
    inside = os.path.isdir(installed) or hasattr(__loader__, "archive")
    return installed if inside else os.path.join(os.path.dirname(package), "rules")


def content(path: str) -> bytes:
    """A file's bytes, also of one inside the single file that the program may be. Raises OSError."""
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except NotADirectoryError:
        read: bytes = __loader__.get_data(path)
        return read
