from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collectors.pci import slot
from sparkdoctor.facts.values import ABSENT, measured
from tests import standin
from tests.facts.collectors.examined import examine, reason

if TYPE_CHECKING:
    from pathlib import Path

GB10 = standin.Gpu("000f:01:00.0", "10de:2e12", "NVIDIA GB10")
RTX_5090 = standin.Gpu("0000:01:00.0", "10de:2b85", "NVIDIA GeForce RTX 5090")
H100 = standin.Gpu("10000:e1:00.0", "10de:2330", "NVIDIA H100 80GB HBM3", "0x030200")


def test_a_spark_has_one_gpu_although_more_devices_are_from_nvidia(spark: standin.Root) -> None:
    exam = examine(spark)
    assert exam.read("gpu.count") == measured(1, "/sys/bus/pci/devices")
    assert exam.read("gpu.pci_id", 0) == measured("10de:2e12", "/sys/bus/pci/devices/000f:01:00.0")
    where = "/proc/driver/nvidia/gpus/000f:01:00.0/information"
    assert exam.read("gpu.name", 0) == measured("NVIDIA GB10", where)


def test_another_makers_display_is_none(tmp_path: Path) -> None:
    assert examine(standin.rtx5090_host(tmp_path)).read("gpu.count").value == 1


def test_gpus_come_in_the_order_of_the_bus(tmp_path: Path) -> None:
    exam = examine(standin.rtx5090_host(tmp_path, gpus=(H100, GB10, RTX_5090)))
    assert [exam.read("gpu.name", index).value for index in range(exam.gpus())] == [
        "NVIDIA GeForce RTX 5090",
        "NVIDIA GB10",
        "NVIDIA H100 80GB HBM3",
    ]
    assert [exam.read("gpu.pci_id", index).value for index in range(3)] == ["10de:2b85", "10de:2e12", "10de:2330"]


def test_without_a_driver_the_bus_still_tells_the_gpu(tmp_path: Path) -> None:
    exam = examine(standin.no_driver(tmp_path))
    assert exam.read("gpu.count").value == 1
    assert exam.read("gpu.pci_id", 0).value == "10de:2e12"
    assert reason(exam.read("gpu.name", 0)) == "the NVIDIA driver isn't loaded"


def test_a_loaded_driver_whose_files_are_out_of_sight(spark: standin.Root) -> None:
    shutil.rmtree(spark.at("/proc/driver"))
    assert reason(examine(spark).read("gpu.name", 0)) == "/proc/driver/nvidia isn't in sight"


def test_a_gpu_that_the_driver_leaves_alone(tmp_path: Path) -> None:
    root = standin.rtx5090_host(tmp_path, gpus=(RTX_5090, H100))
    root.at("/proc/driver/nvidia/gpus/10000:e1:00.0/information").unlink()
    exam = examine(root)
    assert exam.read("gpu.name", 0).value == "NVIDIA GeForce RTX 5090"
    assert reason(exam.read("gpu.name", 1)) == "the driver doesn't list this GPU"


@pytest.mark.parametrize("text", ["Model: \t\t Unknown\n", "Model:\n", "", "IRQ: 10\n"])
def test_a_driver_that_names_no_model(spark: standin.Root, text: str) -> None:
    spark.write("/proc/driver/nvidia/gpus/000f:01:00.0/information", text)
    assert "names no model" in reason(examine(spark).read("gpu.name", 0))


def test_no_gpu_is_knowledge(tmp_path: Path) -> None:
    exam = examine(standin.no_gpu(tmp_path))
    assert exam.read("gpu.count") == measured(0, "/sys/bus/pci/devices")
    assert exam.read("gpu.name", 0).value is ABSENT


def test_a_machine_without_a_pci_bus_has_none(tmp_path: Path) -> None:
    standin.Root(tmp_path).folder("/sys/bus/platform")
    assert examine(tmp_path).read("gpu.count").value == 0


@pytest.mark.parametrize("folders", [(), ("/sys",)])
def test_an_image_without_sys_tells_nothing(tmp_path: Path, folders: tuple[str, ...]) -> None:
    root = standin.Root(tmp_path)
    for folder in folders:
        root.folder(folder)
    exam = examine(root)
    assert "/sys/bus isn't there" in reason(exam.read("gpu.count"))
    assert "/sys/bus isn't there" in reason(exam.read("gpu.name", 0))


def test_the_driver_knows_gpus_that_the_bus_does_not_show(tmp_path: Path) -> None:
    root = standin.rtx5090_host(tmp_path)
    root.at("/sys/bus/pci/devices/0000:01:00.0").unlink()
    exam = examine(root)
    assert exam.read("gpu.count") == measured(1, "/proc/driver/nvidia/gpus")
    assert exam.read("gpu.name", 0).value == "NVIDIA GeForce RTX 5090"
    assert "doesn't show this GPU" in reason(exam.read("gpu.pci_id", 0))


@pytest.mark.parametrize("node", ["/dev/nvidia0", "/dev/dxg"])
def test_a_device_node_is_not_zero_gpus(tmp_path: Path, node: str) -> None:
    root = standin.no_gpu(tmp_path)
    root.write(node, "")
    assert reason(examine(root).read("gpu.count")) == "another root: NVML isn't asked"


def test_thor_has_its_gpu_beside_the_bus(tmp_path: Path) -> None:
    assert reason(examine(standin.thor(tmp_path)).read("gpu.count")) == "another root: NVML isn't asked"


def test_a_device_that_leaves_meanwhile_is_passed_over(spark: standin.Root) -> None:
    spark.link("/sys/bus/pci/devices/0000:05:00.0", "../../../devices/pci0000:05/0000:05:00.0")
    assert examine(spark).read("gpu.count").value == 1


def test_a_circle_of_links_is_unknown_and_not_zero(spark: standin.Root) -> None:
    spark.link("/sys/bus/pci/devices/0000:05:00.0", "0000:06:00.0")
    spark.link("/sys/bus/pci/devices/0000:06:00.0", "0000:05:00.0")
    assert "a circle of links" in reason(examine(spark).read("gpu.count"))


def test_a_pipe_where_a_file_should_be(spark: standin.Root) -> None:
    vendor = spark.at("/sys/devices/pci000f:01/000f:01:00.0/vendor")
    vendor.unlink()
    os.mkfifo(vendor)
    assert "not a regular file" in reason(examine(spark).read("gpu.count"))


def test_a_bus_that_is_a_file(tmp_path: Path) -> None:
    standin.Root(tmp_path).write("/sys/bus/pci/devices", "")
    assert reason(examine(tmp_path).read("gpu.count"))


@pytest.mark.parametrize(
    ("one", "other"),
    [("0000000F:01:00.0", "000f:01:00.0"), ("10000:E1:00.0", "00010000:e1:00.0")],
)
def test_an_address_is_the_same_in_both_spellings(one: str, other: str) -> None:
    assert slot(one) == slot(other)


@pytest.mark.parametrize("text", ["", "01:00.0", "000f:01:00", "000f:01:00.9", "pci000f:01:00.0"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="not a PCI address"):
        slot(text)


@pytest.mark.parametrize("driver", ["nvidia", "nouveau", "vfio-pci"])
def test_which_driver_has_taken_the_gpu(spark: standin.Root, driver: str) -> None:
    spark.folder(f"/sys/bus/pci/drivers/{driver}")
    link = "/sys/devices/pci000f:01/000f:01:00.0/driver"
    spark.link(link, f"../../../bus/pci/drivers/{driver}")
    where = "/sys/bus/pci/devices/000f:01:00.0/driver"
    assert examine(spark).read("gpu.kernel_driver", 0) == measured(driver, where)
    spark.at(link).unlink()
    assert examine(spark).read("gpu.kernel_driver", 0) == measured(ABSENT, where)
