from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.values import ABSENT, absent, measured
from tests import standin
from tests.facts.collectors.examined import examine, reason

if TYPE_CHECKING:
    from pathlib import Path

DMI = "/sys/class/dmi/id"


def test_a_spark(spark: standin.Root) -> None:
    exam = examine(spark)
    assert exam.read("machine.vendor") == measured("NVIDIA", f"{DMI}/sys_vendor")
    assert exam.read("machine.product") == measured("DGX Spark", f"{DMI}/product_name")


@pytest.mark.parametrize(
    ("name", "vendor", "product", "source"),
    [
        ("ASUS Ascent GX10", "ASUSTeK COMPUTER INC.", "GX10", "product_name"),
        ("HP ZGX Nano", "HP", "ZGX Nano G1n AI Station", "product_name"),
        ("Lenovo ThinkStation PGX", "LENOVO", "ThinkStation PGX", "product_version"),
        ("Dell Pro Max with GB10", "Dell Inc.", "Dell Pro Max with GB10 FCM1253", "product_name"),
    ],
)
def test_its_siblings(tmp_path: Path, name: str, vendor: str, product: str, source: str) -> None:
    exam = examine(standin.sibling(tmp_path, name))
    assert exam.read("machine.vendor").value == vendor
    assert exam.read("machine.product") == measured(product, f"{DMI}/{source}")


def test_a_lenovo_that_states_no_name_keeps_its_type(tmp_path: Path) -> None:
    exam = examine(standin.healthy_spark(tmp_path, dmi={"sys_vendor": "LENOVO", "product_name": "30KL0004FC"}))
    assert exam.read("machine.product").value == "30KL0004FC"


def test_a_jetson_by_its_device_tree(tmp_path: Path) -> None:
    exam = examine(standin.thor(tmp_path))
    assert exam.read("machine.vendor") == measured("NVIDIA", "/proc/device-tree/model")
    assert exam.read("machine.product").value == "Jetson AGX Thor Developer Kit"


def test_a_machine_that_says_nothing_of_itself(tmp_path: Path) -> None:
    exam = examine(standin.healthy_spark(tmp_path, dmi={"sys_vendor": "  ", "product_name": ""}))
    assert exam.read("machine.vendor") == absent(f"{DMI}/sys_vendor")
    assert exam.read("machine.product").value is ABSENT


def test_an_image_without_sys(tmp_path: Path) -> None:
    assert reason(examine(tmp_path).read("machine.product")).endswith("isn't there")


@pytest.mark.parametrize("said", ["System Product Name", "To Be Filled By O.E.M.", "Default string", "SKU 1"])
def test_what_its_maker_never_filled_in_is_no_product(tmp_path: Path, said: str) -> None:
    exam = examine(standin.healthy_spark(tmp_path, dmi={"sys_vendor": "ACME", "product_name": said}))
    assert exam.read("machine.product") == absent(f"{DMI}/product_name")
    assert exam.read("machine.vendor").value == "ACME"
