"""Machines with one trouble that owners meet, each otherwise sound."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tests.standin.cuda import TARGETS_12_8, toolkit
from tests.standin.host import Host, build, kernel_on_disk
from tests.standin.known_good import KNOWN_GOOD
from tests.standin.relatives import CONTAINER, CONTAINER_WITHOUT_GPU, RTX_5090_HOST
from tests.standin.spark import CABLED, HOST_NAME, SPARK
from tests.standin.stacks import Stack, activate
from tests.standin.venv import Package, install

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.standin.root import Root

SOUND = KNOWN_GOOD["index, torch 2.14.1"]
"""What the machines of which nothing else is said hold."""


class Broken(NamedTuple):
    """How to build it, the cause that its first finding stands for, and rules that the same trouble raises, too."""

    build: Callable[[Path], Root]
    cause: str
    beside: tuple[str, ...] = ()


def machine(host: Host, stack: Stack = SOUND) -> Callable[[Path], Root]:
    """Builds a host with CUDA 13 and an environment."""

    def built(path: Path) -> Root:
        root = build(path, host)
        toolkit(root, arch=host.arch)
        stack.build(root, arch=host.arch)
        return root

    return built


def _spark(torch: str, cuda: str | None, triton: str | None = None, **packages: str) -> Callable[[Path], Root]:
    named = {name.replace("_", "-"): version for name, version in packages.items()}
    return machine(SPARK, Stack(torch, cuda, triton, named))


def _without_driver(path: Path) -> Root:
    files = {name: content for name, content in SPARK.files.items() if not name.startswith("/dev/")}
    root = machine(replace(SPARK, driver=None, files=files))(path)
    gpu = "/sys/devices/pci000f:01/000f:01:00.0"
    root.folder("/sys/bus/pci/drivers/nouveau")
    root.link(f"{gpu}/driver", "../../../bus/pci/drivers/nouveau")
    root.folder("/sys/module/nouveau")
    return root


def _old_toolkit_first(path: Path) -> Root:
    root = machine(SPARK)(path)
    toolkit(root, "12.8.1", "12.8.93", TARGETS_12_8, default=False)
    activate(
        root,
        PATH="/opt/venv/bin:/usr/local/cuda-12.8/bin:/usr/local/cuda/bin:/usr/bin",
        CUDA_HOME="/usr/local/cuda-12.8",
    )
    return root


def _old_toolkit_asked_for_12_1(path: Path) -> Root:
    root = build(path, SPARK)
    toolkit(root, "12.8.1", "12.8.93", TARGETS_12_8)
    SOUND.build(root)
    activate(root, TORCH_CUDA_ARCH_LIST="12.1")
    return root


def _assembler_that_is_gone(path: Path) -> Root:
    root = machine(SPARK)(path)
    activate(root, TRITON_PTXAS_BLACKWELL_PATH="/usr/local/cuda-12.9/bin/ptxas")
    return root


def _malformed_cuda_home(path: Path) -> Root:
    root = machine(SPARK)(path)
    activate(root, CUDA_HOME=":/usr/local/cuda")
    return root


def _placeholder(path: Path) -> Root:
    root = build(path, SPARK)
    toolkit(root)
    stack = KNOWN_GOOD["torch 2.13.0 cu130"]
    site = stack.build(root)
    install(root, site, Package("nvidia-cublas-cu13", "0.0.1"))
    return root


def _next_kernel_without_driver(path: Path) -> Root:
    root = machine(SPARK)(path)
    kernel_on_disk(root, "6.17.0-1029-nvidia", has_driver=False)
    return root


def _old_device_list(path: Path) -> Root:
    root = machine(SPARK)(path)
    mount = "  - hostPath: /usr/lib/aarch64-linux-gnu/libcuda.so.580.142\n"
    root.write("/var/run/cdi/nvidia.yaml", f"containerEdits:\n  mounts:\n{mount}")
    return root


def _docker_as_snap(path: Path) -> Root:
    files = {name: content for name, content in SPARK.files.items() if name != "/usr/bin/dockerd"}
    return machine(replace(SPARK, files={**files, "/snap/bin/docker": ""}))(path)


def _half_of_the_devices(path: Path) -> Root:
    return machine(replace(CONTAINER, files={"/dev/nvidia0": "", "/dev/nvidiactl": ""}))(path)


def _gpu_firmware_fault(path: Path) -> Root:
    root = machine(SPARK)(path)
    log = root.at("/var/log/kern.log")
    said = "NVRM: Xid (PCI:000f:01:00): 120, GSP task exception"
    log.write_text(f"{log.read_text()}2026-11-24T09:00:00.000000+00:00 {HOST_NAME} kernel: [ 3600.000000] {said}\n")
    return root


def _nothing_but_cpu_vision(path: Path) -> Root:
    return _spark("2.13.0+cu130", "13.0", "3.7.1", torchvision="0.28.0+cpu")(path)


_NARROW = tuple(replace(port, lanes=2) if port.name == "enP2p1s0f0np0" else port for port in CABLED)
_FULL = {**SPARK.meminfo_kib, "MemFree": 1048576, "MemAvailable": 2621440, "Cached": 1048576, "SwapFree": 4194304}

BROKEN: Mapping[str, Broken] = {
    "torch for CPUs only": Broken(_spark("2.9.1", None), "torch-aarch64-index-wheel-is-cpu-only-before-2-11"),
    "Triton's assembler too old": Broken(_spark("2.9.0+cu130", "13.0", "3.5.0"), "triton-bundled-ptxas-lacks-sm121"),
    "torch without code for Blackwell": Broken(
        machine(RTX_5090_HOST, Stack("2.6.0+cu124", "12.4")), "torch-capability-warning-with-max-9-0-is-real"
    ),
    "driver and its libraries differ": Broken(
        machine(replace(SPARK, library="580.142")), "driver-library-version-mismatch"
    ),
    "no driver but nouveau": Broken(_without_driver, "driver-module-missing-for-running-kernel"),
    "driver too old": Broken(
        machine(replace(SPARK, driver="570.124.06")), "gb10-driver-550-cuda12-stuck-at-5w", ("TOR006",)
    ),
    "closed kernel module": Broken(machine(replace(SPARK, open_module=False)), "gb10-needs-open-kernel-module"),
    "generic kernel": Broken(
        machine(replace(SPARK, kernel="6.17.0-8-generic")), "gb10-generic-kernel-instead-of-nvidia"
    ),
    "kernel that hides memory": Broken(
        machine(replace(SPARK, kernel="7.0.0-1019-nvidia")), "gb10-kernel7-kho-memory-missing"
    ),
    "memory full and swapping": Broken(
        machine(replace(SPARK, meminfo_kib=_FULL)), "unified-memory-swap-turns-oom-into-freeze"
    ),
    "vLLM for CUDA 12 beside torch for CUDA 13": Broken(
        _spark("2.9.0+cu130", "13.0", "3.6.0", vllm="0.11.2"), "vllm-pypi-aarch64-cuda12-before-0-20"
    ),
    "vLLM for CUDA 13 beside torch for CUDA 12": Broken(
        _spark("2.9.1+cu128", "12.8", vllm="0.23.0"), "vllm-pypi-needs-cuda13-runtime"
    ),
    "old CUDA first on PATH": Broken(_old_toolkit_first, "nvcc-knows-sm121-from-12-9"),
    "12.1 asked of an old CUDA": Broken(_old_toolkit_asked_for_12_1, "nvcc-knows-sm121-from-12-9"),
    "GPU not passed into the container": Broken(machine(CONTAINER_WITHOUT_GPU), "container-gpu-runtime-not-configured"),
    "torchvision for another CUDA": Broken(
        _spark("2.13.0+cu130", "13.0", "3.7.1", torchvision="0.24.1+cu128"), "torch-family-cuda-majors-differ"
    ),
    "torchvision for CPUs": Broken(_nothing_but_cpu_vision, "torchvision-cpu-and-cuda-share-one-version-string"),
    "an assembler that is gone": Broken(_assembler_that_is_gone, "triton-ptxas-path-typo-is-silent"),
    "CUDA_HOME that is no folder": Broken(_malformed_cuda_home, "cuda-home-malformed"),
    "FlashInfer's parts differ": Broken(
        _spark(
            "2.13.0+cu130",
            "13.0",
            "3.7.1",
            vllm="0.28.0",
            flashinfer_python="0.6.16.post3",
            flashinfer_cubin="0.6.13",
        ),
        "flashinfer-cubin-version-mismatch",
    ),
    "an empty package for a CUDA library": Broken(_placeholder, "nvidia-cu13-names-are-placeholders"),
    "the next kernel has no driver": Broken(_next_kernel_without_driver, "gb10-prebuilt-module-package-missing"),
    "device list of an old driver": Broken(_old_device_list, "gb10-factory-image-without-cdi-spec"),
    "Docker as a snap": Broken(_docker_as_snap, "docker-snap-cannot-see-driver"),
    "a container without nvidia-uvm": Broken(_half_of_the_devices, "nvidia-uvm-module-not-usable"),
    "the GPU's firmware failed": Broken(_gpu_firmware_fault, "gb10-capsules-applied-by-warm-reboot"),
    "network adapter with half its lanes": Broken(
        machine(replace(SPARK, ports=_NARROW)), "cluster-cx7-pcie-x2-with-old-firmware"
    ),
}
"""Name → a machine and its trouble."""
