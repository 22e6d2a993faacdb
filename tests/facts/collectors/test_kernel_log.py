from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import measured
from sparkdoctor.machine import Machine
from tests.facts.collectors.examined import examine, reason

if TYPE_CHECKING:
    from tests.standin import Root

KERN_LOG = "/var/log/kern.log"
START = "2026-11-24T08:00:01 spark-1a2b kernel: [    0.000000] Linux version 6.17.0-1014-nvidia (buildd@x) #14\n"
FAULTS = """\
2026-11-24T08:10:01 spark-1a2b kernel: NVRM: Xid (PCI:000f:01:00): 119, pid=1, Timeout after 45s of waiting for RPC
2026-11-24T08:10:02 spark-1a2b kernel: NVRM: Xid (PCI:000f:01:00): 31, pid=77, name=python3, MMU fault
2026-11-24T08:10:03 spark-1a2b kernel: NVRM: Xid (PCI:000f:01:00): 31, pid=78, name=python3, MMU fault
"""
KILLED = "2026-11-24T08:11:01 spark-1a2b kernel: Out of memory: Killed process 31415 (VLLM::EngineCor) total-vm:1kB\n"
KILLED_IN_GROUP = "2026-11-24T08:11:01 spark-1a2b kernel: Memory cgroup out of memory: Killed process 77 (cc1plus)\n"


@pytest.mark.parametrize(
    ("text", "xids", "kills"),
    [
        (START, (), 0),
        (START + FAULTS, ("119", "31"), 0),
        (START + KILLED + KILLED_IN_GROUP, (), 1),
        (FAULTS + KILLED + START, (), 0),  # before the last start
        (FAULTS + KILLED, ("119", "31"), 1),  # the file was turned over since the start
    ],
    ids=["quiet", "faults", "out of memory", "of the time before", "no start in the file"],
)
def test_faults_and_kills_since_the_start(spark: Root, text: str, xids: tuple[str, ...], kills: int) -> None:
    spark.write(KERN_LOG, text)
    exam = examine(spark)
    assert exam.read("kernel.xids") == measured(xids, KERN_LOG)
    assert exam.read("kernel.oom_kills") == measured(kills, KERN_LOG)


def test_the_file_of_the_start_alone(spark: Root) -> None:
    spark.at(KERN_LOG).unlink(missing_ok=True)
    spark.write("/var/log/dmesg", "[    0.000000] kernel: Linux version 6.17\n" + FAULTS)
    assert examine(spark).read("kernel.xids") == measured(("119", "31"), "/var/log/dmesg")


def test_no_log_in_sight_is_unknown(spark: Root) -> None:
    for file in (KERN_LOG, "/var/log/dmesg"):
        spark.at(file).unlink(missing_ok=True)
    assert "another root has no kernel" in reason(examine(spark).read("kernel.xids"))


def test_this_machine() -> None:
    reading = Examination(Machine()).read("kernel.oom_kills")
    if os.access("/dev/kmsg", os.R_OK):
        assert reading.where == "/dev/kmsg"
        assert isinstance(reading.value, int)
    else:
        assert not reading.known or reading.where in (KERN_LOG, "/var/log/dmesg")
