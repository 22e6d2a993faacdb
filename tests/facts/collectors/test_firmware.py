from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.values import absent, measured
from tests.facts.collectors.examined import examine, reason

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standin import Root

VERSION, DATE = "/sys/class/dmi/id/bios_version", "/sys/class/dmi/id/bios_date"


@pytest.mark.parametrize(
    ("version", "date", "expected"),
    [
        ("5.36_0ACUM018\n", "08/06/2025\n", ("5.36_0ACUM018", "2025.08.06")),
        ("GX10DGX.0104.2026.0326.1657\n", "03/26/2026\n", ("GX10DGX.0104.2026.0326.1657", "2026.03.26")),
        ("  S0QKT0EA \n", "07/13/2026", ("S0QKT0EA", "2026.07.13")),
        ("N3HET87W (1.59 ) for Ann\n", "07/13/2026", ("N3HET87W", "2026.07.13")),
    ],
)
def test_as_its_maker_numbers_it(spark: Root, version: str, date: str, expected: tuple[str, str]) -> None:
    spark.write(VERSION, version)
    spark.write(DATE, date)
    exam = examine(spark)
    assert exam.read("firmware.version") == measured(expected[0], VERSION)
    assert exam.read("firmware.date") == measured(expected[1], DATE)


def test_a_date_in_another_form_is_unknown(spark: Root) -> None:
    spark.write(DATE, "2025-10-14\n")
    assert "states no date" in reason(examine(spark).read("firmware.date"))


def test_a_machine_that_states_none(spark: Root) -> None:
    for path in (VERSION, DATE):
        spark.at(path).unlink(missing_ok=True)
    exam = examine(spark)
    assert exam.read("firmware.version") == absent(VERSION)
    assert exam.read("firmware.date") == absent(DATE)


def test_an_image_without_sys(tmp_path: Path) -> None:
    assert reason(examine(tmp_path).read("firmware.version")) == "/sys/class isn't there"
