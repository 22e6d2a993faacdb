from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import ABSENT, absent, measured
from sparkdoctor.machine import Machine
from tests import standin
from tests.facts.collectors.examined import examine, reason
from tests.standin.hosts import SERIAL

if TYPE_CHECKING:
    from pathlib import Path

OS = ("os.id", "os.version", "os.name")


def test_the_distribution(spark: standin.Root) -> None:
    exam = examine(spark)
    assert [exam.read(name) for name in OS] == [
        measured(value, "/etc/os-release") for value in ("ubuntu", "24.04", "Ubuntu 24.04.4 LTS")
    ]


def test_this_machine() -> None:
    exam = Examination(Machine())
    assert exam.read("os.arch") == measured(os.uname().machine, "uname")
    try:
        stated = platform.freedesktop_os_release()
    except OSError:
        pytest.skip("this machine has no os-release")
    assert exam.read("os.id").value == stated["ID"]
    assert exam.read("os.name").value == stated["PRETTY_NAME"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ID=arch\nNAME='Arch Linux'\nBUILD_ID=rolling\n", ("arch", ABSENT, "Arch Linux")),
        (
            'ID="ubuntu"\nVERSION_ID="26.04"\nPRETTY_NAME="A \\"quoted\\" \\$name"\n',
            ("ubuntu", "26.04", 'A "quoted" $name'),
        ),
        ('# ID=comment\n ID=fedora\nVERSION_ID=43\nNAME=""\n', ("fedora", "43", ABSENT)),
        ('ID=ubuntu\nNAME="no end\nVERSION_ID=24.04\n', ("ubuntu", "24.04", ABSENT)),
        ("", (ABSENT, ABSENT, ABSENT)),
    ],
)
def test_what_a_shell_would_read(tmp_path: Path, text: str, expected: tuple[object, ...]) -> None:
    standin.Root(tmp_path).write("/etc/os-release", text)
    exam = examine(tmp_path)
    assert tuple(exam.read(name).value for name in OS) == expected


def test_a_version_without_a_number_is_unknown(tmp_path: Path) -> None:
    standin.Root(tmp_path).write("/etc/os-release", "ID=debian\nVERSION_ID=sid\n")
    assert "'sid' is no version" in reason(examine(tmp_path).read("os.version"))


def test_the_vendors_copy_counts_where_etc_has_none(spark: standin.Root) -> None:
    spark.at("/etc/os-release").unlink()
    assert examine(spark).read("os.id") == measured("ubuntu", "/usr/lib/os-release")


def test_an_absolute_link_stays_inside_the_root(spark: standin.Root) -> None:
    spark.link("/etc/os-release", "/usr/lib/os-release")
    assert examine(spark).read("os.version").value == "24.04"


def test_a_distribution_from_before_os_release(tmp_path: Path) -> None:
    root = standin.Root(tmp_path)
    root.write("/opt/release", "CentOS release 6.10 (Final)\n")
    root.write("/etc/centos-release", "CentOS release 6.10 (Final)\n")
    root.link("/etc/redhat-release", "/etc/centos-release")
    exam = examine(root)
    assert [exam.read(name).value for name in OS] == ["centos", "6.10", "CentOS 6.10 (Final)"]
    assert exam.read("os.id").where == "/etc/centos-release"


def test_nothing_that_names_a_distribution(tmp_path: Path) -> None:
    standin.Root(tmp_path).folder("/etc")
    assert examine(tmp_path).read("os.id") == absent("/etc/os-release")


def test_no_etc_is_unknown(tmp_path: Path) -> None:
    assert reason(examine(tmp_path).read("os.id")).endswith("isn't there")


def test_the_architecture_of_an_image_is_in_its_programs(tmp_path: Path) -> None:
    spark, host = standin.healthy_spark(tmp_path / "spark"), standin.rtx5090_host(tmp_path / "pc")
    assert examine(spark).read("os.arch") == measured("aarch64", "/bin/sh")
    assert examine(host).read("os.arch").value == "x86_64"


def test_a_script_in_place_of_the_shell_is_passed_over(spark: standin.Root) -> None:
    spark.write("/usr/bin/dash", "#!/usr/bin/busybox sh\n")
    spark.write("/usr/bin/env", standin.elf("aarch64"))
    assert examine(spark).read("os.arch") == measured("aarch64", "/usr/bin/env")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (standin.elf("riscv64"), "243"),
        (standin.elf("aarch64")[:18], "no program"),
        (b"", "no program"),
    ],
)
def test_an_architecture_that_is_not_told(spark: standin.Root, content: bytes, words: str) -> None:
    spark.write("/usr/bin/dash", content)
    assert words in reason(examine(spark).read("os.arch"))


def test_dgx_os_by_its_last_update(spark: standin.Root) -> None:
    exam = examine(spark)
    assert exam.read("dgx_os.name") == measured("DGX Spark", "/etc/dgx-release")
    assert exam.read("dgx_os.version") == measured("7.5.0", "/etc/dgx-release")


def test_dgx_os_from_the_factory(spark: standin.Root) -> None:
    spark.write("/etc/dgx-release", 'DGX_NAME="DGX Spark"\nDGX_SWBUILD_VERSION="7.2.3"\nDGX_PLATFORM="30KL0004FC"\n')
    assert examine(spark).read("dgx_os.version").value == "7.2.3"


@pytest.mark.parametrize("text", [None, "", 'DGX_PLATFORM="DGX Server for KVM"\nDGX_SWBUILD_VERSION="7.2.3"\n'])
def test_no_dgx_os(tmp_path: Path, text: str | None) -> None:
    exam = examine(standin.healthy_spark(tmp_path, dgx_release=text))
    assert exam.read("dgx_os.name") == exam.read("dgx_os.version") == absent("/etc/dgx-release")


def test_dgx_os_is_out_of_a_containers_sight(tmp_path: Path) -> None:
    exam = examine(standin.healthy_spark(tmp_path, dgx_release=None, container="podman"))
    assert reason(exam.read("dgx_os.version")).startswith("ask the host")


def test_the_serial_number_is_in_no_fact(spark: standin.Root) -> None:
    exam = examine(spark)
    assert SERIAL in spark.at("/etc/dgx-release").read_text()
    for name in (*OS, "dgx_os.name", "dgx_os.version", "machine.vendor", "machine.product"):
        assert SERIAL not in repr(exam.read(name))


def test_a_pipe_in_place_of_os_release(spark: standin.Root) -> None:
    path = spark.at("/etc/os-release")
    path.unlink()
    os.mkfifo(path)
    assert "not a regular file" in reason(examine(spark).read("os.id"))
