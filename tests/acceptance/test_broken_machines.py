"""One trouble on each machine: it is the first thing that check says, with a remedy, and only its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance import asking
from tests.standin.broken import BROKEN

if TYPE_CHECKING:
    from pathlib import Path

AT_MOST = 3
"""Findings that may stand beside the planted trouble, all of them consequences or remarks."""


@pytest.mark.parametrize("name", BROKEN)
def test_the_planted_trouble_comes_first(name: str, tmp_path: Path) -> None:
    broken = BROKEN[name]
    root = broken.build(tmp_path / "machine")
    found = asking.report("--root", root.path)
    told = [(item["id"], item["severity"], item["causes"]) for item in found["findings"]]
    first, *others = found["findings"]
    assert broken.cause in first["causes"], told
    assert first["severity"] in ("error", "warning")
    assert first["fixes"]
    assert all(item["severity"] == "info" or item["id"] in broken.beside for item in others), told
    assert len(others) <= AT_MOST, told
    assert found["summary"]["exit_code"] == (1 if first["severity"] == "error" else 0)


@pytest.mark.parametrize("name", BROKEN)
def test_its_title_is_the_first_line_after_the_machine_and_its_environment(name: str, tmp_path: Path) -> None:
    root = BROKEN[name].build(tmp_path / "machine")
    [first, *_] = asking.report("--root", root.path)["findings"]
    body = asking.check(root).out.split("\n\n", 1)[1]
    assert body.startswith(("✗ ", "! "))
    assert first["title"] in body.splitlines()[0] + body.splitlines()[1]
    assert "  Fix, " in body
