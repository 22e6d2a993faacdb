from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.values import absent, measured
from tests.facts.collectors.examined import examine, reason

if TYPE_CHECKING:
    from pathlib import Path

    from tests import standin

NAMES = ("nic.links", "nic.speed_gbps", "nic.mtu", "nic.pcie_width")
TWINS = (("enp1s0f0np0", "0000:01:00.0"), ("enP2p1s0f0np0", "0002:01:00.0"))
ROUTES = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


def port(root: standin.Root, name: str, address: str, **stated: str) -> None:
    """An interface of a function that the stand-in has on its bus."""
    folder = f"/sys/devices/pci{address.rpartition(':')[0]}/{address}"
    said = {"operstate": "up", "speed": "200000", "mtu": "9000", "current_link_width": "4", **stated}
    root.write(f"{folder}/current_link_width", said.pop("current_link_width") + "\n")
    for file, text in said.items():
        root.write(f"{folder}/net/{name}/{file}", f"{text}\n")
    root.link(f"{folder}/net/{name}/device", "../..")
    root.link(f"/sys/class/net/{name}", f"../..{folder.removeprefix('/sys')}/net/{name}")


@pytest.fixture
def uncabled(spark: standin.Root) -> standin.Root:
    """A Spark of which only the copper port is known."""
    shutil.rmtree(spark.at("/sys/class/net"), ignore_errors=True)
    spark.at("/proc/net/route").unlink(missing_ok=True)
    port(spark, "enP7s7", "0007:01:00.0", speed="10000", mtu="1500", current_link_width="1")
    return spark


def test_both_functions_of_a_cabled_port(uncabled: standin.Root) -> None:
    for name, address in TWINS:
        port(uncabled, name, address)
    port(uncabled, "enp1s0f1np1", "0000:01:00.1", operstate="down", speed="-1", mtu="1500")
    exam = examine(uncabled)
    assert [exam.read(name).value for name in NAMES] == [2, 200.0, 9000, 4]
    assert exam.read("nic.mtu").where == "/sys/class/net/enp1s0f0np0/mtu"


def test_the_weaker_of_two_counts(uncabled: standin.Root) -> None:
    port(uncabled, *TWINS[0])
    port(uncabled, *TWINS[1], speed="100000", mtu="1500", current_link_width="2")
    exam = examine(uncabled)
    assert [exam.read(name).value for name in NAMES] == [2, 100.0, 1500, 2]
    assert exam.read("nic.speed_gbps") == measured(100.0, "/sys/class/net/enP2p1s0f0np0/speed")


def test_without_a_cable_there_is_no_speed(uncabled: standin.Root) -> None:
    port(uncabled, *TWINS[0], operstate="down", speed="-1")
    exam = examine(uncabled)
    assert exam.read("nic.links").value == 0
    for name in NAMES[1:]:
        assert exam.read(name) == absent("/sys/class/net: no port has a link")


def test_a_speed_that_is_not_told_takes_only_its_fact_away(uncabled: standin.Root) -> None:
    port(uncabled, *TWINS[0], speed="-1")
    exam = examine(uncabled)
    assert "states no number" in reason(exam.read("nic.speed_gbps"))
    assert exam.read("nic.mtu").value == 9000


def test_other_adapters_do_not_count(uncabled: standin.Root) -> None:
    exam = examine(uncabled)
    for name in (*NAMES, "nic.shared_subnet"):
        assert exam.read(name) == absent("/sys/class/net, mlx5_core")
    uncabled.write("/.dockerenv", "")
    assert reason(examine(uncabled).read("nic.links")).startswith("ask the host")


def test_no_network_in_sight(tmp_path: Path) -> None:
    assert reason(examine(tmp_path).read("nic.links")) == "/sys/class/net isn't there"


@pytest.mark.parametrize(
    ("second", "expected"),
    [("0064A8C0", True), ("0065A8C0", False)],
    ids=["one network", "a network each"],
)
def test_twins_in_one_network(uncabled: standin.Root, second: str, expected: bool) -> None:
    for name, address in TWINS:
        port(uncabled, name, address)
    lines = [
        "enP7s7\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
        "enP7s7\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0",
        "enp1s0f0np0\t0064A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
        f"enP2p1s0f0np0\t{second}\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
    ]
    uncabled.write("/proc/net/route", ROUTES + "\n".join(lines) + "\n")
    assert examine(uncabled).read("nic.shared_subnet") == measured(expected, "/proc/net/route")
