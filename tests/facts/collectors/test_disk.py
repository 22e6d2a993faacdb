from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.machine import Machine
from tests.facts.collectors.examined import examine, reason

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standin import Root

FACTS = ("disk.packages_free_gib", "disk.cache_free_gib", "disk.temporary_free_gib", "disk.log_free_gib")


def test_another_root_has_no_file_systems(spark: Root) -> None:
    exam = examine(spark)
    for name in FACTS[1:]:
        assert reason(exam.read(name)).startswith("another root")


@pytest.mark.parametrize(
    ("variables", "fact", "where"),
    [
        ({"HOME": "{}", "XDG_CACHE_HOME": ""}, "disk.cache_free_gib", "{}"),
        ({"HOME": "{}/home"}, "disk.cache_free_gib", "{}/home/.cache"),
        ({"HOME": "{}", "XDG_CACHE_HOME": "{}/cache"}, "disk.cache_free_gib", "{}/cache"),
        ({"HOME": "{}/home", "XDG_CACHE_HOME": "relative"}, "disk.cache_free_gib", "{}/home/.cache"),
        ({"TMPDIR": "{}/tmp/not/yet"}, "disk.temporary_free_gib", "{}/tmp"),
        ({"TMPDIR": "relative"}, "disk.temporary_free_gib", "/tmp"),
    ],
)
def test_the_folder_that_counts(tmp_path: Path, variables: dict[str, str], fact: str, where: str) -> None:
    for folder in ("home/.cache", "cache", "tmp"):
        (tmp_path / folder).mkdir(parents=True)
    environ = {name: value.format(tmp_path) for name, value in variables.items()}
    reading = Examination(Machine(environ=environ)).read(fact)
    assert reading.where == where.format(tmp_path)
    free = shutil.disk_usage(str(reading.where)).free / (1 << 30)
    assert reading.value == pytest.approx(free, abs=1.0 + free / 100)


def test_all_of_this_machine() -> None:
    exam = Examination(Machine(), python=os.path.dirname(os.path.dirname(os.path.realpath(sys.executable))))
    for name in FACTS:
        assert exam.read(name).known, exam.read(name)
