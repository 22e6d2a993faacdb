"""The index that rules' pins are proven on: what the rulebook and its stacks name, with the metadata that matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkdoctor.rulebook.stacks import load as stacks_of
from tests.fixes.wheelhouse import Index, Wheel
from tests.standin.cuda import assembler
from tests.standin.fatbin import container
from tests.standin.library import library
from tests.standin.stacks import ASSEMBLERS, TORCH_CUDA_13

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sparkdoctor.rulebook.model import Rulebook

TRITON = {
    "2.8.0": "3.4.0", "2.9.0": "3.5.0", "2.9.1": "3.5.1", "2.10.0": "3.6.0", "2.11.0": "3.6.0", "2.12.1": "3.7.1",
    "2.13.0": "3.7.1", "2.14.0": "3.8.0", "2.14.1": "3.8.0", "2.15.0": "3.9.0",
}  # fmt: skip
"""The Triton that each release of torch asks for, by its metadata on the package index."""

NEWEST = {
    "bitsandbytes": "0.50.2", "cmake": "4.4.5", "ctranslate2": "4.8.5", "comfy-kitchen": "0.2.40",
    "cudf-cu13": "26.10.2", "cupy-cuda13x": "14.2.0", "flash-attn-4": "4.0.0b36", "flashinfer-python": "0.7.2.post1",
    "jax": "0.12.0.1", "ninja": "1.13.2", "numpy": "2.3.5", "nvidia-cublas": "13.10.0.20",
    "nvidia-cuda-nvcc": "13.5.37", "nvidia-cuda-nvrtc": "13.5.37", "nvidia-cuda-nvrtc-cu12": "12.9.86",
    "nvidia-cuda-runtime": "13.5.37", "nvidia-cudnn-cu13": "9.28.1.4", "nvidia-curand": "10.4.5.25",
    "nvidia-cutlass": "4.2.0.0", "nvidia-cutlass-dsl": "4.8.1", "nvidia-nccl-cu12": "2.32.3",
    "nvidia-nccl-cu13": "2.32.3", "onnxruntime-gpu": "1.31.1", "setuptools": "84.2.1", "sglang-kernel": "0.4.10",
    "torchcodec": "0.17.0", "tilelang": "0.1.15", "transformer-engine": "2.20.2",
}  # fmt: skip
"""What the rules' requirements without a stack are served with."""

OLDER = {"numpy": ("1.26.4",), "setuptools": ("81.0.0",)}
EXTRAS = ("cu13", "cuda13", "cuda", "cudnn", "nvcc")
BRINGS = {"tilelang": ("nvidia-cuda-nvcc; extra == 'nvcc'",)}
GPU_CODE = {
    "vllm": "vllm/_C.abi3.so",
    "bitsandbytes": "bitsandbytes/libbitsandbytes_cuda130.so",
    "onnxruntime-gpu": "onnxruntime/capi/libonnxruntime_providers_cuda.so",
    "torchvision": "torchvision/_C.so",
    "sglang-kernel": "sgl_kernel/sm100/common_ops.abi3.so",
}
CUDA_12 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
CUDA_13 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_110", "sm_120", "compute_120/9.0")


def stocked(index: Index, book: Rulebook) -> None:
    """Fills the index, and one beside it for each key of indexes.toml."""
    wheels = [*_of_stacks(book), *(plain(name, version) for name, version in NEWEST.items())]
    wheels += [plain(name, version) for name, versions in OLDER.items() for version in versions]
    wheels += [_triton(version) for version in ASSEMBLERS]
    for stack in stacks_of(book):
        if stack.index:
            named = [_torch(version, stack.cuda) for name, version in stack.packages.items() if name == "torch"]
            index.add(*named, *(_triton(version) for version in ASSEMBLERS), *_nvidia(), name=stack.index)
    index.add(*{(wheel.name, wheel.version): wheel for wheel in (*wheels, *_nvidia())}.values())


def _of_stacks(book: Rulebook) -> Iterator[Wheel]:
    for stack in stacks_of(book):
        for name, version in stack.packages.items() if not stack.index else ():
            if name == "torch":
                yield _torch(version, stack.cuda)
            elif name == "torchaudio":
                yield Wheel(name, version)
            elif name in ("torchvision", "vllm"):
                requires = [f"torch=={stack.packages['torch']}"]
                requires += [f"torchvision=={stack.packages['torchvision']}"] if name == "vllm" else []
                yield Wheel(name, version, tuple(requires), _code(name))


def _torch(version: str, cuda: str) -> Wheel:
    public = version.partition("+")[0]
    local = version if "+" in version else f"{version}+cu{cuda.replace('.', '')}"
    requires = [f"triton=={TRITON[public]}"]
    requires += [f"{name}=={pin}" for name, pin in TORCH_CUDA_13.get(public, {}).items()] if cuda >= "13" else []
    files = {
        "torch/__init__.py": b"",
        "torch/version.py": f"__version__ = '{local}'\ncuda: Optional[str] = '{cuda}'\n".encode(),
        "torch/lib/libtorch_cpu.so": library(),
        "torch/lib/libtorch_cuda.so": library(container(*(CUDA_13 if cuda >= "13" else CUDA_12))),
    }
    return Wheel("torch", version, tuple(requires), files, platform=True)


def _triton(version: str) -> Wheel:
    files = {
        f"triton/backends/nvidia/bin/{name}": assembler(build, targets)
        for name, (build, targets) in ASSEMBLERS[version].items()
    }
    return Wheel("triton", version, files={"triton/__init__.py": b"", **files}, platform=True)


def _nvidia() -> list[Wheel]:
    pins = {(name, version) for release in TORCH_CUDA_13.values() for name, version in release.items()}
    return [plain(name, version) for name, version in sorted(pins)]


def plain(name: str, version: str) -> Wheel:
    """A distribution without dependencies but for what its extras bring."""
    return Wheel(name, version, BRINGS.get(name, ()), files=_code(name), extras=EXTRAS)


def _code(name: str) -> dict[str, bytes]:
    return {GPU_CODE[name]: library(container(*CUDA_13))} if name in GPU_CODE else {}
