from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import ABSENT, measured
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
    spark.write("/proc/meminfo", "SwapTotal: 0 kB\nSwapFree: 0 kB\n")
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


@pytest.mark.parametrize(
    ("lines", "total", "free"),
    [
        ("CmaTotal:              0 kB\nCmaFree:          940604 kB\n", 0.0, 0.9),
        ("CmaTotal:         262144 kB\nCmaFree:          131072 kB\n", 0.2, 0.1),
        ("", ABSENT, ABSENT),
    ],
)
def test_contiguous_memory_that_the_kernel_sets_aside(
    spark: standin.Root, lines: str, total: object, free: object
) -> None:
    spark.write("/proc/meminfo", f"MemTotal:       131072000 kB\n{lines}")
    exam = examine(spark)
    assert [exam.read(f"memory.cma_{name}_gib").value for name in ("total", "free")] == [total, free]


PRESSURE = "/proc/pressure/memory"


def test_the_time_that_processes_wait_for_memory(spark: standin.Root) -> None:
    spark.write(
        PRESSURE,
        "some avg10=61.02 avg60=43.50 avg300=9.11 total=88291\nfull avg10=40.00 avg60=30.11 avg300=5.00 total=44\n",
    )
    assert examine(spark).read("memory.stalled_percent") == measured(43.5, PRESSURE)


def test_a_kernel_that_does_not_keep_it(spark: standin.Root) -> None:
    spark.at(PRESSURE).unlink(missing_ok=True)
    assert examine(spark).read("memory.stalled_percent") == measured(ABSENT, PRESSURE)
    spark.write(PRESSURE, "nothing\n")
    assert "has no line" in reason(examine(spark).read("memory.stalled_percent"))


def test_a_container_sees_the_memory_of_its_host(spark: standin.Root) -> None:
    spark.write("/proc/meminfo", "MemTotal:       131072000 kB\n")
    spark.write("/.dockerenv", "")
    assert examine(spark).read("memory.cma_free_gib") == measured(ABSENT, "/proc/meminfo CmaFree")
