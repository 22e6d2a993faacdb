"""Stacks that are reported to work raise nothing on the machines that they were reported on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance import asking, sites
from tests.acceptance.known_good import healthy
from tests.standin.known_good import KNOWN_GOOD

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", KNOWN_GOOD)
def test_a_stack_that_works_raises_nothing(name: str, tmp_path: Path) -> None:
    root = healthy(tmp_path / "machine", KNOWN_GOOD[name])
    found = asking.report("--root", root.path)
    assert sites.raised(found) == [], [item["title"] for item in found["findings"]]
    assert found["summary"]["exit_code"] == 0
