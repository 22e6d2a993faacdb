"""Rulebooks for pre-flight: what they ask for is the same on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.rulebook import compiled, source
from tests.books import rule, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETS = '[[rule.fix]]\nkind = "env"\nsafety = "safe"\neffect = "It goes"\n{more}\n'


def setting(id: str, change: str, severity: str = "error") -> str:
    """A rule that fires everywhere, and whose safe fix is a change of variables."""
    return rule(id, "present(os.arch)", fixes=SETS.format(more=change), severity=severity)


@pytest.fixture
def rulebook(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Compiles a rulebook of these rules and gives the variable by which pre-flight takes it."""

    def make(*entries: str) -> dict[str, str]:
        folder = tmp_path / "rulebook"
        folder.mkdir()
        read = source.read(str(write(tmp_path / "toml", *entries)))
        for name, content in compiled.documents(read).items():
            (folder / name).write_bytes(content)
        return {"SPARKDOCTOR_RULEBOOK": str(folder)}

    return make
