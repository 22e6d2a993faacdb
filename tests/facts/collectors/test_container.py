from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import ABSENT, measured
from sparkdoctor.machine import Machine
from tests.facts.collectors.examined import examine, reason

if TYPE_CHECKING:
    from tests import standin

CGROUP = "/proc/1/cgroup"
ENVIRON = "/proc/1/environ"


def test_a_host(spark: standin.Root) -> None:
    assert examine(spark).read("container.kind") == measured("none", CGROUP)


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("/.dockerenv", "", "docker"),
        ("/run/.containerenv", 'engine="podman-5.0"\n', "podman"),
        (CGROUP, "12:pids:/docker/1f0c\n0::/system.slice\n", "docker"),
        (CGROUP, "0::/system.slice/docker-1f0c.scope\n", "docker"),
        (CGROUP, "0::/kubepods.slice/kubepods-burstable.slice/cri-containerd-1f0c.scope\n", "kubernetes"),
        (CGROUP, "0::/machine.slice/libpod-1f0c.scope/container\n", "podman"),
        (CGROUP, "8:cpu:/lxc/web\n", "lxc"),
        (ENVIRON, "PATH=/bin\0container=lxc\0", "lxc"),
        (ENVIRON, "container=systemd-nspawn\0TERM=linux\0", "systemd-nspawn"),
        (ENVIRON, "KUBERNETES_SERVICE_HOST=10.0.0.1\0", "kubernetes"),
        (ENVIRON, "container=\0A=container=docker\0", "none"),
    ],
)
def test_each_mark(spark: standin.Root, path: str, content: str, expected: str) -> None:
    spark.write(path, content)
    where = path if expected != "none" else CGROUP
    assert examine(spark).read("container.kind") == measured(expected, where)


def test_a_pod_of_docker_containers_is_kubernetes(spark: standin.Root) -> None:
    spark.write("/.dockerenv", "")
    spark.write(ENVIRON, "KUBERNETES_SERVICE_HOST=10.0.0.1\0")
    assert examine(spark).read("container.kind").value == "kubernetes"


def test_our_own_environment_plays_no_part_for_another_root(spark: standin.Root) -> None:
    exam = Examination(Machine(str(spark.path), environ={"KUBERNETES_SERVICE_HOST": "10.0.0.1"}))
    assert exam.read("container.kind").value == "none"


def test_our_own_environment_on_the_live_machine() -> None:
    exam = Examination(Machine(environ={"KUBERNETES_SERVICE_HOST": "10.0.0.1"}))
    assert exam.read("container.kind") == measured("kubernetes", "KUBERNETES_SERVICE_HOST")


def test_this_machine() -> None:
    kind = Examination(Machine(environ={})).read("container.kind")
    assert kind.known
    if Path("/.dockerenv").exists() and not Path("/run/.containerenv").exists():
        assert kind.value in ("docker", "kubernetes")


def test_nothing_to_read_is_unknown(tmp_path: Path) -> None:
    assert reason(examine(tmp_path).read("container.kind")) == "/proc/1/cgroup isn't there"


IMAGE = "docker.io/nvidia/cuda:12.2.0-devel-ubuntu22.04"
PODMAN = f'engine="podman-5.0"\nname="brave_curie"\nimage="{IMAGE}"\nimageid="1f0c"\nrootless=0\n'


def test_the_image_that_podman_wrote_down(spark: standin.Root) -> None:
    spark.write("/run/.containerenv", PODMAN)
    assert examine(spark).read("container.image") == measured(IMAGE, "/run/.containerenv")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ("NVIDIA_PYTORCH_VERSION=25.11\0", measured("nvcr.io/nvidia/pytorch:25.11-py3", "NVIDIA_PYTORCH_VERSION")),
        (
            "NVIDIA_PYTORCH_VERSION=25.10\0NVIDIA_VLLM_VERSION=25.10\0",
            measured("nvcr.io/nvidia/vllm:25.10-py3", "NVIDIA_VLLM_VERSION"),
        ),
    ],
)
def test_the_image_by_the_variables_that_nvidia_puts_in(spark: standin.Root, variables: str, expected: object) -> None:
    spark.write("/.dockerenv", "")
    spark.write(ENVIRON, variables)
    assert examine(spark).read("container.image") == expected


def test_an_image_that_nothing_tells(spark: standin.Root) -> None:
    assert examine(spark).read("container.image") == measured(ABSENT, CGROUP)
    spark.write("/.dockerenv", "")
    spark.write(ENVIRON, "PATH=/bin\0")
    assert "nothing inside" in reason(examine(spark).read("container.image"))
