from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.values import absent, measured
from tests.facts.collectors.examined import examine, reason
from tests.standin import Root

if TYPE_CHECKING:
    from pathlib import Path

STATUS = "/var/lib/dpkg/status"
BASH = "Package: bash\nStatus: install ok installed\nVersion: 5.2.21-2ubuntu4\n\n"


def package(name: str, version: str, status: str = "install ok installed") -> str:
    return f"Package: {name}\nStatus: {status}\nMaintainer: NVIDIA\nVersion: {version}\nDescription: x\n .\n text\n\n"


@pytest.fixture
def host(tmp_path: Path) -> Root:
    """A root with nothing of Docker in it, and marks of no container."""
    root = Root(tmp_path)
    root.write("/proc/1/cgroup", "0::/init.scope\n")
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["/usr/bin/dockerd"], measured("package", "/usr/bin/dockerd")),
        (["/snap/bin/docker"], measured("snap", "/snap/bin/docker")),
        (["/usr/bin/dockerd", "/snap/bin/docker"], measured("package", "/usr/bin/dockerd")),
        ([], absent("/usr/bin/dockerd")),
    ],
)
def test_where_docker_came_from(host: Root, files: list[str], expected: object) -> None:
    for file in files:
        host.write(file, "")
    assert examine(host).read("container.docker") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"runtimes": {"nvidia": {"args": [], "path": "nvidia-container-runtime"}}}', ("nvidia",)),
        ('{"registry-mirrors": ["https://user:word@mirror.example"], "runtimes": {}}', ()),
        ("{}", ()),
        ("[]", ()),
        ('{"runtimes": ["nvidia"]}', ()),
    ],
)
def test_runtimes_that_docker_was_told_of(host: Root, text: str, expected: tuple[str, ...]) -> None:
    host.write("/etc/docker/daemon.json", text)
    assert examine(host).read("container.docker_runtimes") == measured(expected, "/etc/docker/daemon.json")


def test_settings_that_are_missing_or_no_json(host: Root) -> None:
    assert examine(host).read("container.docker_runtimes") == absent("/etc/docker/daemon.json")
    host.write("/etc/docker/daemon.json", "{nonsense")
    assert reason(examine(host).read("container.docker_runtimes")) == "/etc/docker/daemon.json is no JSON"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (BASH + package("nvidia-container-toolkit", "1.19.0-1"), "1.19.0"),
        (package("nvidia-container-toolkit", "1:1.18.2~rc.1-1") + BASH, "1.18.2~rc.1"),
        (BASH + package("nvidia-container-toolkit-base", "1.20.1-1"), "1.20.1"),
    ],
)
def test_the_toolkit_by_its_package(host: Root, status: str, expected: str) -> None:
    host.write(STATUS, status)
    reading = examine(host).read("container.toolkit_version")
    assert reading.value == expected
    assert str(reading.where).startswith(f"{STATUS} nvidia-container-toolkit")


@pytest.mark.parametrize(
    "status", [BASH, package("nvidia-container-toolkit", "1.19.0-1", "deinstall ok config-files"), "", None]
)
def test_without_the_toolkit(host: Root, status: str | None) -> None:
    if status is not None:
        host.write(STATUS, status)
    assert examine(host).read("container.toolkit_version") == absent(f"{STATUS}, /usr/bin/nvidia-ctk")
    host.write("/usr/bin/nvidia-ctk", "")
    assert "no Debian package's" in reason(examine(host).read("container.toolkit_version"))


LIST = "containerEdits:\n  mounts:\n  - hostPath: /usr/lib/aarch64-linux-gnu/libcuda.so.{}\n"


def test_the_list_of_devices_by_the_library_that_it_names(host: Root) -> None:
    assert examine(host).read("container.cdi_driver_version") == absent("/var/run/cdi, /etc/cdi")
    host.write("/etc/cdi/nvidia.yaml", LIST.format("580.95.05"))
    assert examine(host).read("container.cdi_driver_version") == measured("580.95.05", "/etc/cdi/nvidia.yaml")
    host.write("/var/run/cdi/intel.yaml", "containerEdits: {}\n")
    host.write("/var/run/cdi/nvidia.yaml", LIST.format("580.159.03"))  # what is written anew by itself counts more
    assert examine(host).read("container.cdi_driver_version").value == "580.159.03"


def test_a_list_that_names_no_driver(host: Root) -> None:
    host.write("/etc/cdi/nvidia.yaml", LIST.format("1.1"))  # WSL
    assert reason(examine(host).read("container.cdi_driver_version")) == "/etc/cdi/nvidia.yaml names no libcuda"
