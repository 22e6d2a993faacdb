"""Stacks that owners, projects or NVIDIA report to work, so that nothing of them may be called a fault.

Each states what its report states and nothing else, but for Triton: where torch's metadata pins it, it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standin.stacks import TORCH_CUDA_12, TORCH_CUDA_13, Stack

if TYPE_CHECKING:
    from collections.abc import Mapping

_PTXAS = {"TRITON_PTXAS_PATH": "/usr/local/cuda/bin/ptxas"}


def _from_index(torch: str, triton: str, cuda: str = "13.0", **vision: str) -> Stack:
    """torch as the package index offers it for both processors; its dist-info has no local part."""
    audio = {"torchaudio": "2.11.0", "setuptools": "80.9.0"}
    return Stack(torch, cuda, triton, {**TORCH_CUDA_13[torch], **vision, **audio})


TORCH: Mapping[str, Stack] = {
    "torch 2.9.0 cu130": Stack("2.9.0+cu130", "13.0", "3.5.0", environ=_PTXAS, driver="580.95.05"),
    "torch 2.9.1 cu130, cuTile": Stack("2.9.1+cu130", "13.0"),
    "torch 2.9.1 cu128, newer NVRTC": Stack(
        "2.9.1+cu128",
        "12.8",
        "3.5.1",
        {
            **TORCH_CUDA_12,
            "torchvision": "0.24.1+cu128",
            "nvidia-cuda-nvrtc-cu12": "12.9.86",
            "nvidia-cuda-nvcc-cu12": "12.9.86",
        },
        {"TRITON_PTXAS_PATH": "SITE/nvidia/cuda_nvcc/bin/ptxas"},
    ),
    "torch 2.9.1 cu129, Warp": Stack("2.9.1+cu129", "12.9", packages={"warp-lang": "1.12.0"}),
    "torch 2.10.0 cu130": Stack("2.10.0+cu130", "13.0", "3.6.0"),
    "torch 2.11.0, TileLang": Stack("2.11.0", "13.0", "3.6.0", {"tilelang": "0.1.9", "vllm": "0.25.0"}),
    "torch 2.13.0 cu130": Stack(
        "2.13.0+cu130", "13.0", "3.7.1", {**TORCH_CUDA_13["2.13.0"], "torchvision": "0.28.0"}, driver="580.173.02"
    ),
    "NGC PyTorch 25.10": Stack("2.9.0a0+145a3a7bda.nv25.10", "13.0"),
    "NGC vLLM 26.03 for training": Stack("2.11.0a0", "13.2", "3.6.0", {"flash-attn": "2.7.4.post1"}, toolkit="13.2.0"),
    "torch 2.10.0 on GB300": Stack(
        "2.10.0+cu130", "13.0", "3.6.0", {"torchvision": "0.25.0+cu130", "flash-attn": "2.8.1"}, where="GB300"
    ),
    "torch 2.14.0 cu130 on Thor": Stack("2.14.0+cu130", "13.0", where="Thor", driver="580.142"),
    "torch 2.9.1 of the Jetson index on Thor": Stack(
        "2.9.1",
        "13.0",
        packages={"nvpl-blas": "0.5", "nvpl-lapack": "0.3.2", "nvidia-cudss-cu13": "0.7.1"},
        where="Thor",
        driver="580.142",
    ),
    "index, torch 2.11.0": _from_index("2.11.0", "3.6.0", torchvision="0.26.0"),
    "index, torch 2.12.1": _from_index("2.12.1", "3.7.1", torchvision="0.27.1"),
    "index, torch 2.13.0": _from_index("2.13.0", "3.7.1", torchvision="0.28.0"),
    "index, torch 2.14.1": _from_index("2.14.1", "3.8.0", torchvision="0.29.1"),
    "index, torch 2.15.0": _from_index("2.15.0", "3.9.0", "13.2", torchvision="0.29.2"),
}

ENGINES: Mapping[str, Stack] = {
    "vLLM 0.28.0": Stack(
        "2.13.0",
        "13.0",
        "3.7.1",
        {"vllm": "0.28.0", "flashinfer-python": "0.6.16.post3", "flashinfer-cubin": "0.6.16.post3"},
        {"HF_HUB_OFFLINE": "1", "VLLM_USE_RUST_FRONTEND": "1"},
    ),
    "NGC vLLM 26.05": Stack(
        "2.12.0a0+5aff3928d8",
        "13.2",
        packages={"vllm": "0.20.1", "flashinfer-python": "0.6.10"},
        toolkit="13.2.1",
    ),
    "NGC vLLM 26.05 on two machines": Stack(
        "2.12.0a0+5aff3928d8",
        "13.2",
        packages={"vllm": "0.20.1", "flashinfer-python": "0.6.10"},
        environ={
            "UCX_NET_DEVICES": "enp1s0f1np1",
            "NCCL_SOCKET_IFNAME": "enp1s0f1np1",
            "GLOO_SOCKET_IFNAME": "enp1s0f1np1",
            "TP_SOCKET_IFNAME": "enp1s0f1np1",
            "RAY_memory_monitor_refresh_ms": "0",
        },
        toolkit="13.2.1",
    ),
    "vLLM 0.20.0": Stack("2.11.0", "13.0", "3.6.0", {"vllm": "0.20.0", "flashinfer-python": "0.6.8.post1"}),
    "vLLM 0.27.1 by uv": Stack(
        "2.13.0+cu130", "13.0", "3.7.1", {"vllm": "0.27.1", "flashinfer-python": "0.6.16.post3"}
    ),
    "vLLM 0.27.1 with speculation": Stack(
        "2.13.0+cu130",
        "13.0",
        "3.7.1",
        {
            "torchvision": "0.28.0+cu130",
            "torchaudio": "2.11.0+cu130",
            "vllm": "0.27.1",
            "flashinfer-python": "0.6.16.post3",
            "flashinfer-cubin": "0.6.13",
        },
        {
            "CUTE_DSL_ARCH": "sm_121a",
            "FLASHINFER_DISABLE_VERSION_CHECK": "1",
            "MAX_JOBS": "2",
            "FLASHINFER_NVCC_THREADS": "1",
        },
    ),
    "vLLM 0.23.0": Stack("2.11.0", "13.0", "3.6.0", {"vllm": "0.23.0", "flashinfer-python": "0.6.12"}),
    "a nightly vLLM built for 12.1": Stack(
        "2.13.0",
        "13.0",
        "3.7.1",
        {"torchvision": "0.28.0", "torchaudio": "2.11.0", "nvidia-cutlass-dsl": "4.7.0"},
        {"TORCH_CUDA_ARCH_LIST": "12.1a", "DG_JIT_USE_NVRTC": "0", **_PTXAS},
    ),
    "a fork of vLLM with its own kernels": Stack(
        "2.13.0",
        "13.0",
        "3.7.1",
        environ={
            "VLLM_PLE_TABLE_MEMORY": "disk",
            "CUTE_DSL_ARCH": "sm_121a",
            "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
            "VLLM_SSM_CONV_STATE_LAYOUT": "DS",
            "VLLM_USE_AOT_COMPILE": "1",
            "VLLM_USE_V2_MODEL_RUNNER": "1",
            "B12X_POLICY_MODE": "auto",
        },
    ),
    "the fork on two machines": Stack(
        "2.13.0",
        "13.0",
        "3.7.1",
        environ={
            "VLLM_ENABLE_ROCE_ALLREDUCE": "1",
            "VLLM_ROCE_ALLREDUCE_MAX_SIZE": "2MB",
            "NCCL_BUFFSIZE": "1048576",
            "NCCL_MAX_CTAS": "8",
            "VLLM_B12X_MOE_FP4_FORCE_A16": "1",
        },
    ),
    "community vLLM 0.16.0": Stack(
        "2.10.0+cu130",
        "13.0",
        "3.6.0",
        {"vllm": "0.16.0+cu131", "flashinfer-python": "0.6.3", "nvidia-nccl-cu13": "2.29.3"},
        toolkit="13.1.1",
    ),
    "vLLM 0.13.0 for CUDA 13": Stack(
        "2.9.0+cu130",
        "13.0",
        "3.5.0",
        {"vllm": "0.13.0+cu130"},
        {"VLLM_ALLOW_INSECURE_SERIALIZATION": "1", **_PTXAS},
    ),
    "NGC vLLM 26.10": Stack(
        "2.15.0a0+875d815502",
        "13.4",
        packages={"vllm": "0.31.0", "flashinfer-python": "0.7.1rc5"},
        toolkit="13.4.3",
    ),
    "vLLM 0.33.0 of the index": Stack(
        "2.14.0",
        "13.0",
        "3.8.0",
        {
            **TORCH_CUDA_13["2.14.0"],
            "vllm": "0.33.0",
            "flashinfer-python": "0.7.2.post1",
            "nvidia-cutlass-dsl": "4.8.0",
        },
    ),
    "SGLang on two machines": Stack(
        "2.13.0+cu130", "13.0", "3.7.1", {"flashinfer-python": "0.6.17"}, driver="580.173.02"
    ),
    "SGLang with its radix tree": Stack(
        "2.13.0+cu130",
        "13.0",
        "3.7.1",
        {"nvidia-nccl-cu13": "2.30.7"},
        {"SGLANG_ENABLE_UNIFIED_RADIX_TREE": "1"},
    ),
    "SGLang 0.5.9": Stack("2.9.1+cu129", "12.9", packages={"sglang": "0.5.9", "sgl-kernel": "0.3.21+cu130"}),
    "SGLang for images": Stack(
        "2.11.0+cu130",
        "13.0",
        "3.6.0",
        {"sglang-kernel": "0.4.2.post2", "flashinfer-python": "0.6.11.post1"},
    ),
    "community SGLang 0.5.8": Stack(
        "2.10.0+cu130",
        "13.0",
        "3.6.0",
        {"sglang": "0.5.8", "flashinfer-python": "0.6.3", "nvidia-nccl-cu13": "2.29.3"},
        toolkit="13.1.1",
    ),
    "SGLang 0.5.23 of the index": Stack(
        "2.14.1",
        "13.0",
        "3.8.0",
        {
            **TORCH_CUDA_13["2.14.1"],
            "sglang": "0.5.23",
            "sglang-kernel": "0.4.10",
            "flashinfer-python": "0.7.2",
            "nvidia-cutlass-dsl": "4.8.0",
        },
    ),
    "TensorRT-LLM 1.3.0rc13": Stack("2.11.0a0", "13.0", packages={"tensorrt-llm": "1.3.0rc13"}),
    "TensorRT-LLM 1.3.0rc9": Stack("2.11.0a0", "13.0", packages={"tensorrt-llm": "1.3.0rc9"}),
    "TensorRT-LLM 1.3.0rc5 on two machines": Stack(
        "2.10.0a0",
        "13.0",
        packages={"tensorrt-llm": "1.3.0rc5"},
        environ={
            "UCX_NET_DEVICES": "enp1s0f0np0,enp1s0f1np1",
            "NCCL_SOCKET_IFNAME": "enp1s0f0np0,enp1s0f1np1",
            "CPATH": "/usr/local/cuda/include",
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            **_PTXAS,
        },
    ),
    "TensorRT-LLM 1.2.1": Stack("2.9.0a0", "13.0", packages={"tensorrt-llm": "1.2.1"}),
}

KNOWN_GOOD: Mapping[str, Stack] = {**TORCH, **ENGINES}
