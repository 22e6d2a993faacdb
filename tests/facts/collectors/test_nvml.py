from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import standin
from tests.facts.collectors.examined import examine, in_process, reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GB10_AND_5090 = (
    standin.Gpu("0000:01:00.0", "10de:2b85", "NVIDIA GeForce RTX 5090"),
    standin.Gpu("000f:01:00.0", "10de:2e12", "NVIDIA GB10"),
)

READ = """
import json, os
from sparkdoctor.facts.collect import Examination
from sparkdoctor.machine import Machine
exam = Examination(Machine(), budgets={budgets})
told = {{}}
for name in {facts}:
    reading = exam.read(*name)
    told[" ".join(map(str, name))] = [reading.present, repr(reading.value), reading.where]
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    told["children"] = 0
print(json.dumps(told))
"""

CUDA = "driver.cuda_version"
QUICK = {0: 1.0, 1: 2.0, 2: 0.3, 3: 10.0}


def ask(
    library: Path | None,
    *facts: tuple[str] | tuple[str, int],
    budgets: dict[int, float] | None = None,
    under: tuple[str, ...] = (),
) -> dict[str, list[object]]:
    """Readings of facts in a process that finds `library`: whether there is a value, the value, where from."""
    code = READ.format(facts=list(facts), budgets=budgets)
    told = in_process(code, {"LD_LIBRARY_PATH": str(library)} if library else {}, under)
    assert told.pop("children") == 0
    return dict(told)


def test_asks_the_driver_for_its_cuda_version(fake_nvml: Callable[..., Path]) -> None:
    assert ask(fake_nvml(), (CUDA,)) == {CUDA: [True, "'13.0'", "nvmlSystemGetCudaDriverVersion_v2"]}


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("unloaded", "the NVIDIA driver isn't loaded"),
        ("mismatched", "version mismatch"),
        ("crashes", "signal 11"),
    ],
)
def test_an_nvml_that_cannot_answer_is_unknown(fake_nvml: Callable[..., Path], behaviour: str, expected: str) -> None:
    present, value, _ = ask(fake_nvml(behaviour), (CUDA,))[CUDA]
    assert not present
    assert expected in str(value)


def test_an_nvml_that_hangs_costs_one_budget_and_leaves_no_child(fake_nvml: Callable[..., Path]) -> None:
    told = ask(fake_nvml("hangs"), (CUDA,), budgets=QUICK)
    assert told[CUDA] == [False, "Unknown('took longer than 0.3 s')", None]


def test_an_nvml_that_hung_is_not_asked_again(fake_nvml: Callable[..., Path]) -> None:
    code = """
import json
from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.collectors import nvml
from sparkdoctor.machine import Machine
exam = Examination(Machine(), budgets={0: 1.0, 1: 2.0, 2: 0.3, 3: 10.0})
exam.read("driver.cuda_version")
print(json.dumps(nvml.asked(exam.machine).reason))
"""
    assert in_process(code, {"LD_LIBRARY_PATH": str(fake_nvml("hangs"))}) == "NVML gave no answer in time"


def test_what_nvml_prints_stays_out_of_our_output(fake_nvml: Callable[..., Path]) -> None:
    assert ask(fake_nvml("shouts"), (CUDA,))[CUDA][0]


def test_another_root_is_not_asked(spark: standin.Root) -> None:
    exam = examine(spark)
    for name in ("gpu.compute_capability", "gpu.memory_gib"):
        assert reason(exam.read(name, 0)) == "another root: NVML isn't asked"
    assert reason(exam.read(CUDA)) == "another root: NVML isn't asked"


def test_no_library_is_unknown(tmp_path: Path) -> None:
    if in_process("import ctypes.util, json; print(json.dumps(ctypes.util.find_library('nvidia-ml')))"):
        pytest.skip("this machine has an NVML of its own")
    assert ask(None, (CUDA,))[CUDA] == [False, "Unknown('no NVML library is in sight')", None]


class TestInsideTheStandIn:
    """A live machine whose /sys is that of a stand-in, in a mount namespace of its own."""

    @pytest.fixture
    def with_sys(self, tmp_path: Path) -> Callable[[standin.Root], tuple[str, ...]]:
        """Gives a command prefix under which /sys is that of a root; skips where mounting isn't allowed."""

        def under(root: standin.Root) -> tuple[str, ...]:
            mounts = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /sys && exec "$@"', str(root.at("/sys"))]
            try:
                subprocess.run([*mounts, "true"], check=True, capture_output=True, timeout=30)
            except (OSError, subprocess.SubprocessError):
                pytest.skip("no mount namespace may be made here: /sys can't be replaced")
            return tuple(mounts)

        return under

    def test_a_gb10_has_no_memory_of_its_own(
        self, spark: standin.Root, with_sys: Callable[[standin.Root], tuple[str, ...]], fake_nvml: Callable[..., Path]
    ) -> None:
        told = ask(
            fake_nvml(), ("gpu.count",), ("gpu.compute_capability", 0), ("gpu.memory_gib", 0), under=with_sys(spark)
        )
        assert told == {
            "gpu.count": [True, "1", "/sys/bus/pci/devices"],
            "gpu.compute_capability 0": [True, "'12.1'", "nvmlDeviceGetCudaComputeCapability"],
            "gpu.memory_gib 0": [False, "ABSENT", "NVML: not supported"],
        }

    @pytest.mark.parametrize(
        ("load", "expected"),
        [
            ("idle", ["208.0", "44.0", "0.0", "('gpu_idle',)", "0", "4.5"]),
            ("busy", ["2405.0", "44.0", "97.0", "()", "2", "82.0"]),
            ("wedged", ["507.0", "44.0", "97.0", "()", "2", "11.9"]),
        ],
    )
    def test_how_hard_it_works(
        self,
        spark: standin.Root,
        with_sys: Callable[[standin.Root], tuple[str, ...]],
        fake_nvml: Callable[..., Path],
        load: str,
        expected: list[str],
    ) -> None:
        names = ("clock_mhz", "temperature_c", "utilization_percent", "throttle_reasons", "processes")
        facts: list[tuple[str] | tuple[str, int]] = [(f"gpu.{name}", 0) for name in names]
        told = ask(fake_nvml(load=load), *facts, ("power.draw_w",), under=with_sys(spark))
        assert [value for _, value, _ in told.values()] == expected

    def test_the_draw_of_all_gpus_together(
        self, tmp_path: Path, with_sys: Callable[[standin.Root], tuple[str, ...]], fake_nvml: Callable[..., Path]
    ) -> None:
        root = standin.healthy_spark(tmp_path / "two", gpus=GB10_AND_5090, devices=())
        told = ask(fake_nvml(gpus="both"), ("power.draw_w",), under=with_sys(root))
        assert told == {"power.draw_w": [True, "9.0", "nvmlDeviceGetPowerUsage"]}

    def test_answers_are_put_in_the_order_of_the_bus(
        self, tmp_path: Path, with_sys: Callable[[standin.Root], tuple[str, ...]], fake_nvml: Callable[..., Path]
    ) -> None:
        root = standin.healthy_spark(tmp_path / "two", gpus=GB10_AND_5090, devices=())
        facts = [(name, gpu) for gpu in (0, 1) for name in ("gpu.compute_capability", "gpu.memory_gib")]
        told = ask(fake_nvml(gpus="both"), *facts, under=with_sys(root))
        assert [value for _, value, _ in told.values()] == ["'12.0'", "31.8", "'12.1'", "ABSENT"]

    def test_a_gpu_that_nvml_does_not_list_is_unknown(
        self, tmp_path: Path, with_sys: Callable[[standin.Root], tuple[str, ...]], fake_nvml: Callable[..., Path]
    ) -> None:
        root = standin.healthy_spark(tmp_path / "two", gpus=GB10_AND_5090, devices=())
        told = ask(fake_nvml(), ("gpu.compute_capability", 0), ("gpu.compute_capability", 1), under=with_sys(root))
        assert told["gpu.compute_capability 0"][1] == 'Unknown("NVML doesn\'t list this GPU")'
        assert told["gpu.compute_capability 1"][1] == "'12.1'"

    def test_nvml_counts_the_gpus_that_only_a_device_node_hints_at(
        self, tmp_path: Path, with_sys: Callable[[standin.Root], tuple[str, ...]], fake_nvml: Callable[..., Path]
    ) -> None:
        root = standin.no_gpu(tmp_path / "bare")
        mounts = with_sys(root)
        hint = (*mounts[:4], "mount -t tmpfs none /dev && touch /dev/nvidia0 && " + mounts[4], mounts[5])
        facts: list[tuple[str] | tuple[str, int]] = [
            ("gpu.count",),
            ("gpu.pci_id", 0),
            ("gpu.name", 0),
            ("gpu.compute_capability", 0),
        ]
        told = ask(fake_nvml(), *facts, under=hint)
        assert told == {
            "gpu.count": [True, "1", "nvmlDeviceGetCount"],
            "gpu.pci_id 0": [True, "'10de:2e12'", "nvmlDeviceGetPciInfo_v3"],
            "gpu.name 0": [True, "'NVIDIA GB10'", "nvmlDeviceGetName"],
            "gpu.compute_capability 0": [True, "'12.1'", "nvmlDeviceGetCudaComputeCapability"],
        }
