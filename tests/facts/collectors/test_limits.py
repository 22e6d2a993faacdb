from __future__ import annotations

import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import absent, measured
from sparkdoctor.machine import Machine
from tests.facts.collectors.examined import examine, in_process, reason

if TYPE_CHECKING:
    from tests.standin import Root

LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units
Max processes             96365                96365                processes
Max locked memory         {soft:<20} {hard:<20} bytes
"""
STATUS = "Name:\tpython3\nCapInh:\t0000000000000000\nCapEff:\t{:016x}\nCapBnd:\t000001ffffffffff\n"
IPC_LOCK = 1 << 14
ASK = """
import json
from sparkdoctor.facts.collect import Examination
from sparkdoctor.machine import Machine
print(json.dumps(Examination(Machine()).read("memory.lockable_gib").value))
"""


def first_process(root: Root, soft: str, hard: str, capabilities: int = 0) -> None:
    root.write("/proc/1/limits", LIMITS.format(soft=soft, hard=hard))
    root.write("/proc/1/status", STATUS.format(capabilities))


@pytest.mark.parametrize(
    ("soft", "hard", "capabilities", "expected"),
    [
        ("8388608", "8388608", 0, 0.008),
        ("65536", "17179869184", 0, 16.0),
        ("unlimited", "unlimited", 0, 121.6),
        ("65536", "65536", IPC_LOCK, 121.6),
        ("65536", "65536", ~IPC_LOCK & 0xFFFF, 0.0),
    ],
)
def test_what_a_process_may_lock(spark: Root, soft: str, hard: str, capabilities: int, expected: float) -> None:
    first_process(spark, soft, hard, capabilities)
    assert examine(spark).read("memory.lockable_gib") == measured(expected, "/proc/1/limits")


def test_a_root_without_a_process(spark: Root) -> None:
    spark.at("/proc/1/limits").unlink(missing_ok=True)
    assert reason(examine(spark).read("memory.lockable_gib")) == "/proc/1/limits isn't there"
    for name in ("memory.shm_gib", "memory.limit_gib"):
        assert reason(examine(spark).read(name)).startswith("another root")


def test_the_limit_of_this_process_by_its_own_word() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    value = in_process(ASK)
    if hard == resource.RLIM_INFINITY:
        assert value == Examination(Machine()).read("memory.total_gib").value
    else:
        assert isinstance(value, float)


def test_a_limit_that_was_lowered() -> None:
    under = ("setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock", "prlimit", "--memlock=8388608:8388608")
    try:
        subprocess.run((*under, sys.executable, "-c", ""), check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("setpriv or prlimit can't take the right to lock memory away here")
    assert in_process(ASK, under=under) == 0.008


def test_shared_memory_and_group_of_this_machine() -> None:
    exam = Examination(Machine())
    assert exam.read("memory.shm_gib").known
    limit = exam.read("memory.limit_gib")
    assert limit == absent("/sys/fs/cgroup") or float(limit.value) > 0  # type: ignore[arg-type]


class Fake(Machine):
    """The live machine, but for a few files that the kernel would show of a control group."""

    def __init__(self, files: dict[str, str]) -> None:
        super().__init__("/")
        self._files = files

    def read(self, path: str, limit: int = 1 << 20) -> bytes:
        if path.startswith(("/proc/self/cgroup", "/sys/fs/cgroup")):
            if path not in self._files:
                raise FileNotFoundError(2, "not there", path)
            return self._files[path].encode()[:limit]
        return super().read(path, limit)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "68719476736\n"}, 64.0),
        ({"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n"}, None),
        ({"/proc/self/cgroup": "0::/a.slice/b\n", "/sys/fs/cgroup/a.slice/memory.max": "1073741824\n"}, 1.0),
        ({"/proc/self/cgroup": "0::/../../x\n", "/sys/fs/cgroup/memory.max": "2147483648\n"}, 2.0),
        (
            {
                "/proc/self/cgroup": "9:memory:/docker/1f0c\n0::/\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "/sys/fs/cgroup/memory/docker/1f0c/memory.limit_in_bytes": "34359738368\n",
            },
            32.0,
        ),
        (
            {"/proc/self/cgroup": "9:memory:/\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2**63 - 4096}\n"},
            None,
        ),
    ],
)
def test_the_least_limit_on_the_way_up(files: dict[str, str], expected: float | None) -> None:
    reading = Examination(Fake(files)).read("memory.limit_gib")
    assert reading == absent("/sys/fs/cgroup") if expected is None else reading.value == expected
