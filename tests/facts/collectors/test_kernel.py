from __future__ import annotations

import os
from pathlib import Path

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import measured
from sparkdoctor.machine import Machine
from tests import standin
from tests.facts.collectors.examined import examine, reason

WSL_VERSION = "Linux version 6.6.87.2-microsoft-standard-WSL2 (root@builder) #1 SMP PREEMPT_DYNAMIC\n"
NAMED_LIKE_A_PAPER = "Linux version 6.17.0-1014-nvidia (newsletter@builder) #14-Ubuntu SMP\n"


def test_release_and_command_line(spark: standin.Root) -> None:
    exam = examine(spark)
    assert exam.read("kernel.release") == measured("6.17.0-1014-nvidia", "/proc/sys/kernel/osrelease")
    cmdline = exam.read("kernel.cmdline")
    assert cmdline.where == "/proc/cmdline"
    assert isinstance(cmdline.value, str)
    assert cmdline.value.endswith("pci=pcie_bus_safe")


def test_this_machine() -> None:
    exam = Examination(Machine())
    assert exam.read("kernel.release").value == os.uname().release
    assert exam.read("kernel.cmdline").value == Path("/proc/cmdline").read_text().strip()


@pytest.mark.parametrize("text", ["", "\n", "nvidia\n"])
def test_a_release_that_is_no_version(spark: standin.Root, text: str) -> None:
    spark.write("/proc/sys/kernel/osrelease", text)
    assert "is no release" in reason(examine(spark).read("kernel.release"))


@pytest.mark.parametrize("name", ["kernel.release", "kernel.cmdline", "wsl"])
def test_an_image_without_proc_tells_nothing(tmp_path: Path, name: str) -> None:
    assert reason(examine(tmp_path).read(name)).endswith("isn't there")


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("/proc/version", WSL_VERSION, measured(True, "/proc/version")),
        ("/proc/version", NAMED_LIKE_A_PAPER, measured(False, "/proc/version")),
        ("/dev/dxg", "", measured(True, "/dev/dxg")),
        ("/proc/sys/fs/binfmt_misc/WSLInterop", "", measured(True, "/proc/sys/fs/binfmt_misc/WSLInterop")),
        ("/proc/cmdline", "microsoft", measured(False, "/proc/version")),
    ],
)
def test_wsl_by_each_of_its_marks(spark: standin.Root, path: str, content: str, expected: object) -> None:
    spark.write(path, content)
    assert examine(spark).read("wsl") == expected


@pytest.mark.parametrize("name", ["kernel.release", "kernel.cmdline"])
def test_a_folder_in_place_of_the_file(tmp_path: Path, name: str) -> None:
    root = standin.Root(tmp_path)
    root.folder("/proc/sys/kernel/osrelease")
    root.folder("/proc/cmdline")
    assert "not a regular file" in reason(examine(root).read(name))
