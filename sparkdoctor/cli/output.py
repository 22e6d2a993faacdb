"""Writes to standard output what its encoding can hold, and knows whether it is a terminal."""

from __future__ import annotations

import os
import sys

from sparkdoctor.cli.exits import Unusable
from sparkdoctor.reports.terminal import encodable

FORMATS = ("text", "json")
COLOURS = ("auto", "always", "never")
_WIDEST = 120


def write(text: str) -> None:
    """Writes text to standard output, in ASCII where the encoding has no more; quietly ends where nobody reads it.

    Raises Unusable where nothing can be written.
    """
    if sys.stdout is None:
        raise Unusable("standard output is closed: nothing can be written")
    try:
        sys.stdout.write(encodable(text, sys.stdout.encoding or "ascii"))
        sys.stdout.flush()
    except BrokenPipeError:
        discard()
    except OSError as error:
        discard()
        raise Unusable(f"standard output can't be written: {error.strerror}") from error


def discard() -> None:
    """Lets go of standard output, whose reader is gone, so that Python doesn't complain when it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def known_format(choice: str) -> None:
    """Raises Unusable where `--format` is none of FORMATS."""
    if choice not in FORMATS:
        raise Unusable(f"--format {choice}: write {' or '.join(FORMATS)}")


def coloured(choice: str) -> bool:
    """Whether to colour: as asked for; with auto on a terminal, unless NO_COLOR is set (no-color.org)."""
    if choice not in COLOURS:
        raise Unusable(f"--color {choice}: write one of {', '.join(COLOURS)}")
    if choice == "auto":
        return _is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return choice == "always"


def width() -> int:
    """Columns to write for."""
    if not _is_terminal():
        return 100
    try:
        return max(60, min(os.get_terminal_size(sys.stdout.fileno()).columns, _WIDEST))
    except OSError:
        return 100


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
