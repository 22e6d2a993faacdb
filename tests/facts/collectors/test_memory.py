from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import measured
from sparkdoctor.machine import Machine
from tests import standin
from tests.facts.collectors.examined import examine, reason

if TYPE_CHECKING:
    from pathlib import Path

USAGE = ("total", "available", "cached", "swap", "swap_used")


def test_a_spark_in_gib(tmp_path: Path) -> None:
    exam = examine(standin.broken_spark(tmp_path))
    assert [exam.read(f"memory.{name}_gib").value for name in USAGE] == [121.6, 112.0, 16.0, 16.0, 6.0]
    assert exam.read("memory.total_gib").where == "/proc/meminfo MemTotal"


def test_swap_that_is_off_is_zero(spark: standin.Root) -> None:
    assert examine(spark).read("memory.swap_gib") == measured(0.0, "/proc/meminfo SwapTotal")


def test_this_machine() -> None:
    exam = Examination(Machine())
    total, available = exam.read("memory.total_gib").value, exam.read("memory.available_gib").value
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert isinstance(total, float)
    assert isinstance(available, float)
    assert abs(total - pages / (1 << 30)) < 0.1
    assert 0 < available <= total


def test_a_line_that_is_missing_takes_only_its_fact_away(spark: standin.Root) -> None:
    spark.write("/proc/meminfo", "MemTotal:       131072000 kB\nMemAvailable: many kB\nSwapTotal: 8 kB\n")
    exam = examine(spark)
    assert exam.read("memory.total_gib").value == 125.0
    assert reason(exam.read("memory.available_gib")) == "/proc/meminfo has no line MemAvailable"
    assert reason(exam.read("memory.swap_used_gib")) == "/proc/meminfo has no line SwapFree"


def test_an_image_without_proc(tmp_path: Path) -> None:
    assert reason(examine(tmp_path).read("memory.total_gib")).endswith("isn't there")


def test_a_pipe_in_place_of_meminfo(spark: standin.Root) -> None:
    path = spark.at("/proc/meminfo")
    path.unlink()
    os.mkfifo(path)
    assert "not a regular file" in reason(examine(spark).read("memory.total_gib"))
