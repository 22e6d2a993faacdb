"""A container on what looks like a DGX Spark, whose NVML answers, hangs or crashes.

The stand-in's /sys, /etc and /proc/meminfo lie over the container's own; the rest of /proc belongs to the kernel, which
lets nothing be laid over it. So kernel release and command line are this host's, and /proc/driver/nvidia isn't there.
"""

from __future__ import annotations

import json
import platform
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests import standin
from tests.acceptance import asking, sites
from tests.cli.running import report
from tests.containers import debian
from tests.standin.relatives import RTX_5090_HOST
from tests.standin.spark import MAC, PRODUCT_UUID, SERIAL, SPARK
from tests.standin.stacks import Stack
from tests.standin.venv import install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.containers.podman import Podman

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ARCH = platform.machine()
NODES = ("nvidia0", "nvidiactl", "nvidia-uvm")
LIBRARY = f"/usr/lib/{ARCH}-linux-gnu/libnvidia-ml.so"
HEALTHY = replace(SPARK, arch=ARCH, has_library=False)
OF_NO_TABLE = replace(HEALTHY, gpus=(replace(SPARK.gpus[0], pci_id="10de:2eff"),), dmi={"sys_vendor": "ACME"})
KERNEL_OF_THIS_HOST = ("--ignore", "KRN")


@pytest.fixture(scope="session")
def spark(podman: Podman, installed: Path) -> Iterator[Path]:
    """A root with a toolkit, DGX OS's files, and two environments: /opt/venv (broken) and /usr (empty)."""
    made = debian.copy(installed, installed.with_name("spark"))
    root = standin.Root(made)
    host = standin.build(installed.with_name("spark-host"), HEALTHY)
    for path in ("/etc/dgx-release", "/usr/lib/os-release"):
        root.write(path, host.at(path).read_text())
    root.link(f"{LIBRARY}.1", f"libnvidia-ml.so.{SPARK.driver}")
    root.write(f"{LIBRARY}.{SPARK.driver}", "")
    standin.toolkit(root, arch=ARCH)
    done = podman.run(made, "python3", "-m", "venv", "--without-pip", "/opt/venv")
    assert done.returncode == 0, done.stderr
    [site] = made.glob("opt/venv/lib/python3.*/site-packages")
    sites.torch(site, "2.9.1", cuda=None)
    sites.triton(site, "3.5.1", {"ptxas": ("12.8.93", sites.CUDA_12_8)})
    install(root, f"/{site.relative_to(made)}", standin.Package("vllm", "0.12.0"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def without_gpu(podman: Podman, installed: Path) -> Iterator[Path]:
    """A root with an environment that wants the GPU (/opt/cuda-venv) and no library of the driver."""
    made = debian.copy(installed, installed.with_name("without-gpu"))
    minor = next(made.glob("usr/lib/python3.*/os.py")).parent.name.removeprefix("python")
    Stack("2.14.1", "13.0", "3.8.0", python=f"{minor}.0").build(standin.Root(made), "/opt/cuda-venv", ARCH)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def laid_over(tmp_path: Path, fake_nvml: Callable[..., Path]) -> Callable[..., list[str]]:
    """Podman's options that lay a host's hardware, and an NVML of some behaviour, over the container's own."""

    def options(
        host: standin.Host = HEALTHY, behaviour: str = "answers", gpus: str = "gb10", load: str = "idle"
    ) -> list[str]:
        hardware = standin.build(tmp_path / "hardware", host)
        hardware.folder("/sys/fs/cgroup")
        nodes = {hardware.at(f"/dev/{name}"): f"/dev/{name}" for name in NODES}
        for node in nodes:
            node.parent.mkdir(exist_ok=True)
            node.touch()
        over = {
            hardware.at("/sys"): "/sys",
            hardware.at("/proc/meminfo"): "/proc/meminfo",
            fake_nvml(behaviour, gpus, load) / "libnvidia-ml.so.1": f"{LIBRARY}.{SPARK.driver}",
            **nodes,
        }
        return [f"--volume={source}:{target}:ro" for source, target in over.items()]

    return options


def value(stated: dict[str, Any]) -> tuple[Any, Any, Any]:
    return stated.get("value"), stated.get("origin"), stated.get("where")


def test_a_healthy_one(podman: Podman, spark: Path, laid_over: Callable[..., list[str]]) -> None:
    done = podman.sparkdoctor(spark, "check", *KERNEL_OF_THIS_HOST, options=laid_over())
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    parts = asking.machine_line(done.stdout).split(" · ")
    assert parts[:4] == ["NVIDIA DGX Spark", "GB10 (sm_121)", "DGX OS 7.5.0", ARCH]
    assert parts[-2:] == ["driver 580.159.03 (CUDA 13.0)", "in a container (podman)"]
    assert "nothing found" in done.stdout


def test_its_facts(podman: Podman, spark: Path, laid_over: Callable[..., list[str]]) -> None:
    found = podman.facts(spark, options=laid_over())
    facts, [gpu] = found["facts"], found["gpus"]
    assert value(facts["driver.cuda_version"]) == ("13.0", "measured", "nvmlSystemGetCudaDriverVersion_v2")
    assert value(facts["driver.library_version"]) == (SPARK.driver, "measured", f"{LIBRARY}.1")
    assert gpu["memory_gib"] == {"absent": True, "where": "NVML: not supported"}
    assert (gpu["name"]["value"], gpu["compute_capability"]["value"]) == ("NVIDIA GB10", "12.1")
    assert facts["machine.product"]["value"] == "DGX Spark"
    assert facts["memory.total_gib"]["value"] == 121.6
    assert facts["cuda.toolkit_version"]["value"] == "13.0.2"
    assert "sm_121" in facts["cuda.toolkit_targets"]["value"]


def test_a_gpu_that_no_table_knows_is_asked(podman: Podman, spark: Path, laid_over: Callable[..., list[str]]) -> None:
    [gpu] = podman.facts(spark, options=laid_over(OF_NO_TABLE))["gpus"]
    assert value(gpu["compute_capability"]) == ("12.1", "measured", "nvmlDeviceGetCudaComputeCapability")
    assert gpu["sm"]["value"] == "sm_121"
    assert gpu["name"] == {"unknown": "/proc/driver/nvidia isn't in sight"}


def test_a_gpu_that_the_bus_does_not_show_is_told_by_nvml_alone(
    podman: Podman, spark: Path, laid_over: Callable[..., list[str]]
) -> None:
    options = laid_over(replace(HEALTHY, gpus=()))
    found = podman.facts(spark, options=options)
    [gpu] = found["gpus"]
    assert value(found["facts"]["gpu.count"]) == (1, "measured", "nvmlDeviceGetCount")
    assert value(gpu["pci_id"]) == ("10de:2e12", "measured", "nvmlDeviceGetPciInfo_v3")
    assert gpu["name"]["value"] == "NVIDIA GB10"
    assert gpu["compute_capability"]["value"] == "12.1"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("hangs", "NVML: no answer within 4.5 s"),
        ("crashes", "NVML: the child that asked ended without an answer (signal 11)"),
        ("unloaded", "NVML: the NVIDIA driver isn't loaded"),
    ],
)
def test_an_nvml_that_fails_costs_its_own_answers_only(
    podman: Podman, spark: Path, laid_over: Callable[..., list[str]], behaviour: str, reason: str
) -> None:
    options = laid_over(behaviour=behaviour)
    found = podman.facts(spark, options=options)
    [gpu] = found["gpus"]
    assert gpu["memory_gib"] == {"unknown": reason}
    assert value(found["facts"]["driver.cuda_version"]) == ("13.0", "estimated", "from driver.version")
    assert gpu["compute_capability"]["value"] == "12.1"
    done = podman.sparkdoctor(spark, "check", *KERNEL_OF_THIS_HOST, options=options)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_broken_environment_is_told_alike_from_inside_and_outside(
    podman: Podman, spark: Path, laid_over: Callable[..., list[str]]
) -> None:
    question = ("--target", "gb10", "--python", "/opt/venv")
    done = podman.sparkdoctor(spark, "check", "--format", "json", *question, options=laid_over())
    assert (done.returncode, done.stderr) == (1, "")
    inside, outside = json.loads(done.stdout), report("--root", spark, *question)
    first, second = inside["findings"][:2]
    assert first["causes"][0].startswith("torch-")
    assert "triton-bundled-ptxas-lacks-sm121" in second["causes"]
    assert [id for id, _ in sites.raised(inside)] == [id for id, _ in sites.raised(outside)]


def test_the_active_environment_of_the_container_is_examined(
    podman: Podman, spark: Path, laid_over: Callable[..., list[str]]
) -> None:
    options = [*laid_over(), "--env=VIRTUAL_ENV=/opt/venv"]
    done = podman.sparkdoctor(spark, "check", options=options)
    assert (done.returncode, done.stderr) == (1, "")
    line = asking.environment_line(done.stdout)
    assert line.startswith("/opt/venv · Python 3.")
    assert "torch 2.9.1 · triton 3.5.1 · vllm 0.12.0" in line


def test_a_gpu_that_is_stuck_at_a_low_clock_is_told(
    podman: Podman, spark: Path, laid_over: Callable[..., list[str]]
) -> None:
    busy = podman.sparkdoctor(spark, "check", *KERNEL_OF_THIS_HOST, options=laid_over(load="busy"))
    assert (busy.returncode, busy.stderr) == (0, ""), busy.stdout
    assert "nothing found" in busy.stdout
    stuck = podman.sparkdoctor(spark, "check", "--format", "json", options=laid_over(load="wedged"))
    assert stuck.returncode in (0, 1), stuck.stderr
    report = json.loads(stuck.stdout)
    [found] = [item for item in report["findings"] if item["component"] == "firmware"]
    assert "gb10-power-controller-wedge-low-clock" in found["causes"]
    told = {evidence["fact"]: evidence["value"] for evidence in found["evidence"]}
    assert (told["gpu.clock_mhz"], told["power.draw_w"]) == (507, 11.9)


def test_an_rtx_5090_is_no_spark(podman: Podman, spark: Path, laid_over: Callable[..., list[str]]) -> None:
    host = replace(RTX_5090_HOST, arch=ARCH, has_library=False)
    done = podman.sparkdoctor(spark, "check", options=laid_over(host, gpus="rtx5090"))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    line = asking.machine_line(done.stdout)
    assert "GeForce RTX 5090 (sm_120)" in line
    assert "GB10" not in line
    [gpu] = podman.facts(spark, options=laid_over(host, gpus="rtx5090"))["gpus"]
    assert (gpu["memory_gib"]["value"], gpu["unified"]["value"]) == (31.8, False)


def test_a_container_without_the_gpu(podman: Podman, without_gpu: Path, tmp_path: Path) -> None:
    hardware = standin.build(tmp_path / "hardware", HEALTHY)
    hardware.folder("/sys/fs/cgroup")
    over = {hardware.at("/sys"): "/sys", hardware.at("/proc/meminfo"): "/proc/meminfo"}
    options = [f"--volume={source}:{target}:ro" for source, target in over.items()]
    done = podman.sparkdoctor(without_gpu, "check", *KERNEL_OF_THIS_HOST, options=options)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "in a container (podman)" in asking.machine_line(done.stdout)
    assert "nothing found" in done.stdout
    wants_it = ("check", "--python", "/opt/cuda-venv", "--format", "json", *KERNEL_OF_THIS_HOST)
    done = podman.sparkdoctor(without_gpu, *wants_it, options=options)
    first, *_ = json.loads(done.stdout)["findings"]
    assert "container-gpu-runtime-not-configured" in first["causes"]


def test_nothing_private_is_shown(podman: Podman, spark: Path, laid_over: Callable[..., list[str]]) -> None:
    options = [
        *laid_over(),
        "--hostname=zoehost-17",
        "--env=VLLM_HOST_IP=10.77.1.2",
        "--env=HF_TOKEN=hf_zoetoken0123456789",
        "--env=CUDA_HOME=/home/zoeuser/cuda",
        "--env=USER=zoeuser",
    ]
    private = ("zoe", "10.77.1.2", SERIAL, MAC, PRODUCT_UUID, SPARK.gpus[0].uuid)
    for command in (("check", "-v"), ("check", "-v", "--format", "json"), ("facts",), ("facts", "--format", "json")):
        done = podman.sparkdoctor(spark, *command, options=options)
        assert [mark for mark in private if mark in done.stdout + done.stderr] == [], command
