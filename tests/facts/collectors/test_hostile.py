"""Whatever lies in the files of a machine, each fact gets a reading, and the reason where it has no value."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkdoctor.facts import schema
from sparkdoctor.facts.values import Reading
from tests import standin
from tests.facts.collectors.examined import examine, in_process

if TYPE_CHECKING:
    from pathlib import Path

MODULES = (
    *("gpu", "nvml", "driver", "kernel", "os", "machine", "memory", "container"),
    *("boot", "kernel_log", "network", "firmware", "display", "limits", "engine", "libc", "disk"),
)
FACTS = [name for name, fact in schema.FACTS.items() if fact.collector and fact.collector.partition(":")[0] in MODULES]
FILES = {
    "/sys/devices/pci000f:01/000f:01:00.0/class": "gpu.count",
    "/proc/driver/nvidia/gpus/000f:01:00.0/information": "gpu.name",
    "/proc/driver/nvidia/version": "driver.module",
    "/sys/module/nvidia/version": "driver.version",
    "/proc/sys/kernel/osrelease": "kernel.release",
    "/proc/cmdline": "kernel.cmdline",
    "/proc/version": "wsl",
    "/etc/os-release": "os.id",
    "/etc/centos-release": "os.id",
    "/etc/dgx-release": "dgx_os.version",
    "/sys/class/dmi/id/product_name": "machine.product",
    "/proc/meminfo": "memory.total_gib",
    "/proc/1/cgroup": "container.kind",
    "/usr/lib/modules/6.17.0-1014-nvidia/modules.dep": "driver.module_installed",
    "/sys/class/dmi/id/bios_version": "firmware.version",
    "/etc/docker/daemon.json": "container.docker_runtimes",
    "/var/lib/dpkg/status": "container.toolkit_version",
    "/proc/1/limits": "memory.lockable_gib",
}
FRAGMENTS = (
    b"=",
    b'"',
    b"\\",
    b"\n",
    b"\0",
    b"0x",
    b" kB",
    b"Model:",
    b"NVRM version: NVIDIA UNIX ",
    b"ID",
    b"MemTotal:",
)


def all_readings(root: Path) -> dict[str, Reading]:
    exam = examine(root)
    return {name: exam.read(name, 0) if schema.per_gpu(name) else exam.read(name) for name in FACTS}


def damaged(path: Path, file: str) -> Path:
    """A Spark of which `file` can be replaced (a distribution without os-release, where the older one is meant)."""
    root = standin.healthy_spark(path)
    if file == "/etc/centos-release":
        root.at("/etc/os-release").unlink()
        root.at("/usr/lib/os-release").unlink()
    target = root.at(file)
    target.unlink(missing_ok=True)
    return target


@pytest.mark.parametrize("file", FILES)
@given(
    content=st.one_of(
        st.binary(max_size=64), st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=4), max_size=12).map(b"".join)
    )
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(tmp_path: Path, file: str, content: bytes) -> None:
    target = tmp_path / file.lstrip("/")
    if not target.exists():
        damaged(tmp_path, file)
    target.write_bytes(content)
    assert all(isinstance(reading, Reading) for reading in all_readings(tmp_path).values())


@pytest.mark.parametrize("kind", ["pipe", "folder", "circle"])
@pytest.mark.parametrize(("file", "fact"), FILES.items())
def test_something_else_in_place_of_a_file(tmp_path: Path, file: str, fact: str, kind: str) -> None:
    target = damaged(tmp_path, file)
    if kind == "pipe":
        os.mkfifo(target)
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(target.name)
    assert not all_readings(tmp_path)[fact].known


@pytest.mark.parametrize(("file", "fact"), [item for item in FILES.items() if item[0] != "/etc/centos-release"])
def test_a_file_that_may_not_be_read_is_unknown(spark: standin.Root, file: str, fact: str) -> None:
    spark.at(file).chmod(0)
    code = f"""
import json
from tests.facts.collectors.examined import examine
from pathlib import Path
reading = examine(Path({str(spark.path)!r})).read({fact!r}, {0 if schema.per_gpu(fact) else None})
print(json.dumps([reading.known, repr(reading.value)]))
"""
    known, value = in_process(code, under=_without_roots_rights())
    assert not known
    assert "needs root" in value or "Permission denied" in value


def _without_roots_rights() -> tuple[str, ...]:
    """A command under which root, too, may read only what the mode of a file allows."""
    if os.geteuid() != 0:
        return ()
    command = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    try:
        subprocess.run((*command, "true"), check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("setpriv can't take root's rights away here")
    return command
