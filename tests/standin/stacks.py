"""Environments whose packages are known to work together, by what their folders hold; and how to damage them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.standin.cuda import TARGETS_12_8, TARGETS_12_9, TARGETS_13_0, assembler
from tests.standin.fatbin import container
from tests.standin.library import library
from tests.standin.venv import Package, environment, install

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.standin.root import Root

OLD = ("12.8.93", TARGETS_12_8)
CUDA_12_9 = ("12.9.86", TARGETS_12_9)
ASSEMBLERS: Mapping[str, Mapping[str, tuple[str, Sequence[str]]]] = {
    "3.4.0": {"ptxas": OLD},
    "3.5.0": {"ptxas": OLD},
    "3.5.1": {"ptxas": OLD},
    "3.6.0": {"ptxas": OLD, "ptxas-blackwell": CUDA_12_9},
    "3.7.0": {"ptxas": OLD, "ptxas-blackwell": ("13.1.80", TARGETS_13_0)},
    "3.7.1": {"ptxas": OLD, "ptxas-blackwell": ("13.1.80", TARGETS_13_0)},
    "3.8.0": {"ptxas": CUDA_12_9, "ptxas-blackwell": ("13.3.33", TARGETS_13_0)},
    "3.9.0": {"ptxas": CUDA_12_9, "ptxas-blackwell": ("13.4.59", TARGETS_13_0)},
}
"""What Triton's wheels bring: file name → version and targets of each assembler."""

TORCH_CUDA_13: Mapping[str, Mapping[str, str]] = {
    "2.11.0": {"nvidia-cudnn-cu13": "9.19.0.56", "nvidia-nccl-cu13": "2.28.9", "cuda-toolkit": "13.0.2"},
    "2.12.1": {"nvidia-cudnn-cu13": "9.20.0.48", "nvidia-nccl-cu13": "2.29.7", "cuda-toolkit": "13.0.2"},
    "2.13.0": {"nvidia-cudnn-cu13": "9.20.0.48", "nvidia-nccl-cu13": "2.29.7"},
    "2.14.0": {"nvidia-cudnn-cu13": "9.24.0.43", "nvidia-nccl-cu13": "2.30.7"},
    "2.14.1": {
        "nvidia-cublas": "13.1.1.3",
        "nvidia-cuda-nvrtc": "13.0.88",
        "nvidia-cuda-runtime": "13.0.96",
        "nvidia-cudnn-cu13": "9.24.0.43",
        "nvidia-cufft": "12.0.0.61",
        "nvidia-cusparselt-cu13": "0.8.1",
        "nvidia-nccl-cu13": "2.30.7",
        "nvidia-nvshmem-cu13": "3.4.5",
        "cuda-toolkit": "13.0.3.0",
    },
    "2.15.0": {"nvidia-cudnn-cu13": "9.26.0.51", "nvidia-nccl-cu13": "2.30.7", "nvidia-nvshmem-cu13": "3.7.2"},
}
"""NVIDIA's distributions that torch's metadata of that release asks for, as far as rules look at them."""

TORCH_CUDA_12 = {
    "nvidia-cublas-cu12": "12.8.4.1",
    "nvidia-cuda-nvrtc-cu12": "12.8.93",
    "nvidia-cuda-runtime-cu12": "12.8.90",
    "nvidia-cudnn-cu12": "9.10.2.21",
}
"""The same of torch 2.8 to 2.10 for CUDA 12.8."""


_LIBRARIES = {
    "torchvision": ("torchvision/_C.so", ("sm_80", "sm_90", "sm_100", "sm_110", "sm_120", "compute_120/9.0")),
    "vllm": ("vllm/_C.abi3.so", ("sm_80", "sm_89", "sm_90a", "sm_100f", "sm_110f", "sm_120f", "compute_80/7.8")),
    "sgl-kernel": ("sgl_kernel/sm100/common_ops.abi3.so", ("sm_90a", "sm_100a", "sm_120a", "sm_121a")),
    "sglang-kernel": ("sgl_kernel/sm100/common_ops.abi3.so", ("sm_90a", "sm_100f", "sm_120a", "sm_121a")),
}
"""Distributions that bring GPU code of their own: the library, and what it is compiled for."""


@dataclass(frozen=True)
class Stack:
    """One environment: torch with its CUDA (None: CPU), Triton, other distributions, variables, what the host needs.

    `toolkit` is the CUDA toolkit of the host that the report of this stack names, None where it names none; `where`
    the hardware it was reported on.
    """

    torch: str
    cuda: str | None
    triton: str | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    toolkit: str | None = "13.0.2"
    driver: str = "580.159.03"
    where: str = "GB10"
    python: str = "3.12.3"
    note: str = ""

    def build(self, root: Root, path: str = "/opt/venv", arch: str = "aarch64") -> str:
        """Writes the environment, active in the machine's first process; gives its site-packages inside the root."""
        site = environment(root, path=path, python=self.python, arch=arch)
        torch(root, site, self.torch, self.cuda, arch)
        if self.triton:
            triton(root, site, self.triton, arch)
        for name, version in self.packages.items():
            files = libraries(name, arch)
            install(root, site, Package(name, version, (_tag(arch) if files else "py3-none-any",), files=files))
        if "nvidia-cuda-nvcc-cu12" in self.packages:
            root.write(f"{site}/nvidia/cuda_nvcc/bin/ptxas", assembler(*CUDA_12_9, arch), 0o755)
        activate(root, path, **{name: value.replace("SITE", site) for name, value in self.environ.items()})
        return site


def torch(root: Root, site: str, version: str, cuda: str | None, arch: str = "aarch64") -> None:
    """torch as its wheel lays it out: metadata, torch/version.py, and a library with GPU code where it has any."""
    stated = "None" if cuda is None else f"'{cuda}'"
    files = {
        "torch/version.py": f"__version__ = '{version}'\ncuda: Optional[str] = {stated}\n".encode(),
        "torch/lib/libtorch_cpu.so": library(arch=arch),
    }
    if cuda is not None:
        files["torch/lib/libtorch_cuda.so"] = library(container(*_torch_targets(cuda, arch)), arch=arch)
    install(root, site, Package("torch", version, (_tag(arch),), files=files))


def libraries(name: str, arch: str) -> dict[str, bytes]:
    """The libraries with GPU code that a distribution of that name brings; none for most."""
    if name not in _LIBRARIES:
        return {}
    path, targets = _LIBRARIES[name]
    return {path: library(container(*targets), arch=arch)}


def _torch_targets(cuda: str, arch: str) -> tuple[str, ...]:
    """What the kernels of PyTorch's own builds are compiled for."""
    if cuda < "12.8":
        return (
            ("sm_80", "sm_90") if arch == "aarch64" else ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
        )
    if arch == "x86_64":
        return ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
    return ("sm_80", "sm_90", "sm_100", *(("sm_110",) if cuda >= "13" else ()), "sm_120")


def triton(root: Root, site: str, version: str, arch: str = "aarch64") -> None:
    """Triton's dist-info and the assemblers of that release."""
    install(root, site, Package("triton", version, (_tag(arch),)))
    for name, (build, targets) in ASSEMBLERS[version].items():
        root.write(f"{site}/triton/backends/nvidia/bin/{name}", assembler(build, targets, arch), 0o755)


def activate(root: Root, path: str = "/opt/venv", **environ: str) -> None:
    """Makes the environment at `path` that of the machine's first process, which has these variables, too."""
    usual = {"VIRTUAL_ENV": path, "PATH": f"{path}/bin:/usr/local/cuda/bin:/usr/local/bin:/usr/bin", "HOME": "/root"}
    root.write("/proc/1/environ", "".join(f"{name}={value}\0" for name, value in {**usual, **environ}.items()))


def _tag(arch: str) -> str:
    return f"cp312-cp312-manylinux_2_28_{arch}"
