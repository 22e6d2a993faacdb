from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.values import ABSENT, absent, measured
from tests import standin
from tests.facts.collectors.examined import examine, reason
from tests.facts.collectors.stated import stated

if TYPE_CHECKING:
    from pathlib import Path

MODULE_VERSION = "/sys/module/nvidia/version"
NVRM = "/proc/driver/nvidia/version"
PROPRIETARY = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.256.02  Thu May  2 14:37:44 UTC 2024\n"
OPEN = (
    "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.142  Release Build  (builder)  Tue Mar  3 2026\n"
    "GCC version:  gcc version 13.3.0 (Ubuntu 13.3.0-6ubuntu2~24.04.1)\n"
)
PRE_RELEASE = "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  TempVersion  Release Build  (bugfix_main)\n"


def test_the_loaded_module(spark: standin.Root) -> None:
    exam = examine(spark)
    assert exam.read("driver.version") == measured("580.159.03", MODULE_VERSION)
    assert exam.read("driver.module") == measured("open", NVRM)


@pytest.mark.parametrize(
    ("text", "version", "kind"), [(OPEN, "580.142", "open"), (PROPRIETARY, "470.256.02", "proprietary")]
)
def test_proc_alone_tells_both(tmp_path: Path, text: str, version: str, kind: str) -> None:
    root = standin.no_driver(tmp_path)
    root.write(NVRM, text)
    exam = examine(root)
    assert exam.read("driver.version") == measured(version, NVRM)
    assert exam.read("driver.module") == measured(kind, NVRM)


@pytest.mark.parametrize(("open_module", "kind"), [(True, "open"), (False, "proprietary")])
def test_the_kernels_mark_tells_the_kind_without_proc(tmp_path: Path, open_module: bool, kind: str) -> None:
    root = standin.healthy_spark(tmp_path, open_module=open_module)
    root.at(NVRM).unlink()
    assert examine(root).read("driver.module") == measured(kind, "/sys/module/nvidia/taint")


def test_a_module_of_which_only_the_version_is_seen(spark: standin.Root) -> None:
    spark.at(NVRM).unlink()
    spark.at("/sys/module/nvidia/taint").unlink()
    exam = examine(spark)
    assert exam.read("driver.version").value == "580.159.03"
    assert "nor /sys/module/nvidia/taint is there" in reason(exam.read("driver.module"))


def test_a_version_that_is_no_number_is_unknown(tmp_path: Path) -> None:
    root = standin.no_driver(tmp_path)
    root.write(NVRM, PRE_RELEASE)
    exam = examine(root)
    assert reason(exam.read("driver.version")) == f"{NVRM}: 'TempVersion' is no version"
    assert exam.read("driver.module").value == "open"


def test_a_module_built_into_nothing_known(spark: standin.Root) -> None:
    spark.at(MODULE_VERSION).unlink()
    spark.write(NVRM, "something new\n")
    assert reason(examine(spark).read("driver.version")) == "/sys/module/nvidia states no version"


def test_no_module_is_knowledge(tmp_path: Path) -> None:
    exam = examine(standin.no_driver(tmp_path))
    for name in ("driver.version", "driver.module"):
        assert exam.read(name) == absent("/sys/module/nvidia")
    assert exam.read("driver.library_version").value is ABSENT


def test_no_module_inside_a_container_is_not(tmp_path: Path) -> None:
    exam = examine(standin.no_driver(tmp_path, container="docker"))
    assert reason(exam.read("driver.version")).startswith("ask the host")


def test_an_image_without_sys_tells_nothing_of_modules(tmp_path: Path) -> None:
    assert "out of sight" in reason(examine(tmp_path).read("driver.version"))


def test_the_libraries_by_the_link_that_the_loader_follows(tmp_path: Path) -> None:
    root = standin.broken_spark(tmp_path)
    root.write("/usr/lib/aarch64-linux-gnu/libcuda.so.570.10", "an older one that was left")
    exam = examine(root)
    assert exam.read("driver.version").value == "580.159.03"
    assert exam.read("driver.library_version") == measured("580.142", "/usr/lib/aarch64-linux-gnu/libcuda.so.1")


def test_links_are_followed_inside_the_root(tmp_path: Path) -> None:
    root = standin.no_driver(tmp_path)
    root.write("/opt/driver/libcuda.so.580.95.05", "")
    root.link("/etc/alternatives/libcuda", "/opt/driver/libcuda.so.580.95.05")
    root.link("/usr/lib64/libcuda.so.1", "/etc/alternatives/libcuda")
    assert examine(root).read("driver.library_version").value == "580.95.05"


@pytest.mark.parametrize("name", ["libcuda.so.580.95.05", "libnvidia-ml.so.580.95.05"])
def test_one_library_of_either_kind_is_enough(tmp_path: Path, name: str) -> None:
    root = standin.no_driver(tmp_path)
    root.write(f"/usr/lib/x86_64-linux-gnu/{name}", "")
    where = f"/usr/lib/x86_64-linux-gnu/{name}"
    assert examine(root).read("driver.library_version") == measured("580.95.05", where)


def test_stubs_of_a_toolkit_are_no_driver(tmp_path: Path) -> None:
    root = standin.no_driver(tmp_path)
    root.write("/usr/local/cuda-13.0/lib64/stubs/libcuda.so", "")
    root.write("/usr/lib/aarch64-linux-gnu/stubs/libcuda.so.580.95.05", "")
    assert examine(root).read("driver.library_version").value is ABSENT


def test_windows_libraries_have_no_version_in_their_names(tmp_path: Path) -> None:
    root = standin.no_driver(tmp_path)
    root.write("/usr/lib/wsl/lib/libcuda.so.1", "")
    assert (
        reason(examine(root).read("driver.library_version")) == "/usr/lib/wsl/lib/libcuda.so.1 doesn't tell its version"
    )


def test_under_wsl_the_module_is_not_absent(tmp_path: Path) -> None:
    root = standin.no_driver(tmp_path)
    root.write("/dev/dxg", "")
    exam = examine(root)
    assert reason(exam.read("driver.version")) == "another root: NVML isn't asked"
    assert "Windows" in reason(exam.read("driver.module"))


def test_a_pipe_in_place_of_the_version(spark: standin.Root) -> None:
    path = spark.at(MODULE_VERSION)
    path.unlink()
    os.mkfifo(path)
    assert "not a regular file" in reason(examine(spark).read("driver.version"))


def test_a_library_where_the_variable_says(tmp_path: Path) -> None:
    root = standin.no_driver(tmp_path)
    root.write("/usr/local/nvidia/lib64/libcuda.so.580.95.05", "")
    root.link("/usr/local/nvidia/lib64/libcuda.so.1", "libcuda.so.580.95.05")
    where = "/usr/local/nvidia/lib64/libcuda.so.1"
    exam = stated(root, {"LD_LIBRARY_PATH": "/usr/local/cuda/lib64:/usr/local/nvidia/lib64"})
    assert exam.read("driver.library_version") == measured("580.95.05", where)


def test_a_container_into_which_no_library_was_put_knows_that(tmp_path: Path) -> None:
    exam = examine(standin.no_driver(tmp_path, container="docker"))
    assert exam.read("driver.library_version").value is ABSENT
    assert exam.read("driver.libcuda_linkable").value is ABSENT


LIBRARIES = "/usr/lib/aarch64-linux-gnu"


@pytest.mark.parametrize(
    ("plain", "variables", "expected"),
    [
        (f"{LIBRARIES}/libcuda.so", {}, True),
        ("/usr/local/cuda/lib64/stubs/libcuda.so", {}, False),
        ("/usr/local/cuda/lib64/stubs/libcuda.so", {"LIBRARY_PATH": "/usr/local/cuda/lib64/stubs:"}, True),
    ],
)
def test_whether_a_linker_finds_libcuda(
    spark: standin.Root, plain: str, variables: dict[str, str], expected: bool
) -> None:
    spark.at(f"{LIBRARIES}/libcuda.so").unlink(missing_ok=True)
    spark.at("/etc/ld.so.cache").unlink(missing_ok=True)
    spark.write(plain, "")
    reading = stated(spark, variables).read("driver.libcuda_linkable")
    assert reading == measured(expected, f"{LIBRARIES}/libcuda.so.1")


def test_the_nodes_of_the_devices(spark: standin.Root) -> None:
    for name in ("nvidia0", "nvidiactl", "nvidia-uvm", "null"):
        spark.write(f"/dev/{name}", "")
    told = examine(spark).read("driver.device_nodes").value
    assert isinstance(told, tuple)
    assert {"nvidia0", "nvidiactl", "nvidia-uvm"} <= set(told)
    assert "null" not in told
