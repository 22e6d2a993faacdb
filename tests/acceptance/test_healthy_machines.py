"""What check says of machines without a fault: on one screen, exit 0, the truth about the machine and nothing else."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests import standin
from tests.acceptance import asking, sites
from tests.acceptance.machines import GB10, HEALTHY, SPARKS, WITHOUT_GPU
from tests.standin.known_good import KNOWN_GOOD
from tests.standin.relatives import CONTAINER_WITHOUT_GPU
from tests.standin.stacks import CUDA_12_9

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.standin.host import Host

    Built = Callable[[str, bool], standin.Root]

ONE_SCREEN = 24
WIDTH = 100
MODERN = KNOWN_GOOD["index, torch 2.14.1"]
OLDER = KNOWN_GOOD["torch 2.9.1 cu128, newer NVRTC"]
"""For a driver that knows no CUDA 13."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Builds each machine once, bare or with CUDA and an environment; nobody writes into what it gives."""

    @cache
    def build(host: str, equipped: bool) -> standin.Root:
        described: Host = HEALTHY[host].host
        root = standin.build(tmp_path_factory.mktemp("machine"), described)
        if equipped:
            if (described.driver or "580") < "550":
                standin.toolkit(root, "12.9.1", *CUDA_12_9, arch=described.arch)
                OLDER.build(root, arch=described.arch)
            else:
                standin.toolkit(root, arch=described.arch)
                MODERN.build(root, arch=described.arch)
        return root

    return build


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("equipped", [False, True], ids=["bare", "with torch"])
def test_nothing_is_raised_and_it_fits_on_a_screen(name: str, equipped: bool, built: Built) -> None:
    root = built(name, equipped)
    said = asking.check(root)
    assert (said.code, said.err) == (0, ""), said.out
    assert sites.raised(asking.report("--root", root.path)) == []
    lines = said.out.splitlines()
    assert len(lines) <= ONE_SCREEN, said.out
    assert all(len(line) <= WIDTH for line in lines), said.out
    assert f"{root.path}" not in said.out


@pytest.mark.parametrize("name", HEALTHY)
def test_the_first_line_says_which_machine_it_is(name: str, built: Built) -> None:
    told = HEALTHY[name]
    line = asking.machine_line(asking.check(built(name, False)).out)
    for part in told.parts:
        assert part in line.replace(" (CUDA 13.0 by its branch)", ""), line
    assert ("DGX Spark" in line or GB10 in line) == told.is_spark, line
    assert ("no NVIDIA GPU" in line) == (name in WITHOUT_GPU)


@pytest.mark.parametrize("name", [name for name in HEALTHY if name not in SPARKS])
def test_what_is_no_spark_is_judged_by_no_rule_for_one(name: str, built: Built) -> None:
    found = asking.report("--root", built(name, True).path)
    assert "12.1" not in [target["compute_capability"] for target in found["targets"]]
    assert all("12.1" not in str(evidence.get("value")) for item in found["findings"] for evidence in item["evidence"])


def test_a_gpu_that_is_nobody_s_known_one_has_no_made_up_capability(built: Built) -> None:
    [target] = asking.report("--root", built("laptop with N1X", False).path)["targets"]
    assert (target["name"], target["compute_capability"]) == ("NVIDIA JMJWOA-Generic-GPU", None)


def test_a_container_without_the_gpu_is_quiet_until_something_wants_it(tmp_path: Path) -> None:
    root = standin.build(tmp_path / "machine", CONTAINER_WITHOUT_GPU)
    said = asking.check(root)
    assert said.code == 0
    assert sites.raised(asking.report("--root", root.path)) == []
    assert "in a container (docker)" in asking.machine_line(said.out)


def test_a_target_that_is_elsewhere_is_judged_without_this_machine() -> None:
    said = asking.sparkdoctor("check", "--target", "gb10")
    assert said.code in (0, 1)
    line = asking.machine_line(said.out)
    assert line.startswith(f"{GB10} · ")
    assert "aarch64" in line
    assert not any(word in line for word in ("driver", "kernel", "DGX"))
