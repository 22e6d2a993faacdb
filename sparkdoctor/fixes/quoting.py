"""Words for each kind of shell and file that holds variables."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)


def posix(word: str) -> str:
    """A word for bash, zsh, dash: always in single quotes, in which nothing but their end has a meaning."""
    return "'" + word.replace("'", "'\\''") + "'"


def fish(word: str) -> str:
    """A word for fish: in its single quotes a backslash and a single quote are escaped, nothing else."""
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"


def plain(word: str) -> bool:
    """Whether a word needs no quotes anywhere."""
    return _PLAIN.fullmatch(word) is not None


def shell_word(word: str) -> str:
    """A word of a command line to copy: quoted only where it must be."""
    return word if plain(word) else posix(word)
