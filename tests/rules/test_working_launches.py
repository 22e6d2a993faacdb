"""Commands that NVIDIA, projects or owners publish as working on a Spark: none of them may be called a fault."""

from __future__ import annotations

from typing import Any

import pytest

from sparkdoctor.diagnosis.diagnose import diagnose
from sparkdoctor.diagnosis.resolve import Resolver
from sparkdoctor.facts.cases import from_case
from sparkdoctor.rulebook.load import load

BOOK = load()
SPARK = {"gpu.name": "NVIDIA GB10", "gpu.compute_capability": "12.1", "gpu.count": 1, "os.arch": "aarch64"}
H100 = {"gpu.name": "NVIDIA H100 80GB HBM3", "gpu.compute_capability": "9.0", "gpu.count": 8, "os.arch": "x86_64", "gpu.unified": False}  # fmt: skip  # noqa: E501

_BATCH = "--max-num-batched-tokens 8192 --enable-chunked-prefill --enable-prefix-caching"
_QWEN36 = f"--kv-cache-dtype fp8 --attention-backend flashinfer --moe-backend marlin --max-model-len 262144 {_BATCH} --load-format fastsafetensors"  # noqa: E501
_DOCKER = "docker run --gpus all --ipc host --ulimit memlock=-1 --ulimit stack=67108864"
_IFNAMES = dict.fromkeys(
    ("UCX_NET_DEVICES", "NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME", "TP_SOCKET_IFNAME"), "enp1s0f1np1"
)

ON_A_SPARK: list[tuple[str, dict[str, str], dict[str, str], int]] = [
    (f"vllm serve nvidia/Qwen3.6-35B-A3B-NVFP4 --trust-remote-code {_QWEN36} --gpu-memory-utilization 0.5 --max-num-seqs 8 --async-scheduling",  # noqa: E501
     {"vllm": "0.28.0", "torch": "2.13.0", "flashinfer-python": "0.6.16.post3"}, {"VLLM_USE_RUST_FRONTEND": "1"}, 1),
    (f"""{_DOCKER} --entrypoint "" -v ~/.cache/vllm:/root/.cache/vllm vllm/vllm-openai:v0.28.0 vllm serve nvidia/Qwen3.6-35B-A3B-NVFP4 {_QWEN36} --gpu-memory-utilization 0.5""",  # noqa: E501
     {}, {}, 1),
    (f"""docker run --gpus all vllm/vllm-openai:latest nvidia/Qwen3.6-35B-A3B-NVFP4 {_QWEN36} --gpu-memory-utilization 0.4 --speculative-config '{{"method":"mtp","num_speculative_tokens":3,"moe_backend":"triton"}}'""",  # noqa: E501
     {}, {}, 1),
    (f"{_DOCKER} --network host nvcr.io/nvidia/vllm:26.05.post1-py3 vllm serve /workspace/model --kv-cache-dtype fp8 --gpu-memory-utilization 0.4 {_BATCH}",  # noqa: E501
     {}, {}, 1),
    ("vllm serve meta-llama/Llama-3.3-70B-Instruct --tensor-parallel-size 2 --max-model-len 2048 --gpu-memory-utilization 0.8 --distributed-executor-backend ray",  # noqa: E501
     {"vllm": "0.20.1", "ray": "2.48.0"}, {**_IFNAMES, "VLLM_HOST_IP": "192.0.2.1", "RAY_memory_monitor_refresh_ms": "0"}, 2),  # noqa: E501
    ("pip install vllm[audio] && vllm serve /model --max-num-seqs 8 --max-model-len 131072 --gpu-memory-utilization 0.8 --max-num-batched-tokens 32768",  # noqa: E501
     {"vllm": "0.20.0", "torch": "2.11.0", "flashinfer-python": "0.6.8.post1"}, {}, 1),
    ("""vllm serve unsloth/Qwen3.8-27B-NVFP4 --speculative-config '{"method":"mtp","num_speculative_tokens":3}' --kv-cache-dtype fp8 --attention-backend flashinfer --compilation-config '{"cudagraph_mode":"PIECEWISE","cudagraph_capture_sizes":[1,2,4,8,16]}' --gpu-memory-utilization 0.76 --load-format fastsafetensors""",  # noqa: E501
     {"vllm": "0.27.1", "torch": "2.13.0+cu130", "flashinfer-python": "0.6.16.post3"}, {"CUTE_DSL_ARCH": "sm_121a"}, 1),
    ("vllm serve local-inference-lab/Qwen3.8-Flash-Next-NVFP4 --mamba-cache-mode align --kv-cache-dtype fp8 --quantization modelopt_mixed --load-format b12x --linear-backend b12x --moe-backend b12x --no-enable-flashinfer-autotune --gpu-memory-utilization 0.8",  # noqa: E501
     {}, {"VLLM_PLE_TABLE_MEMORY": "disk"}, 1),
    ("vllm serve deepseek-ai/DeepSeek-V4-Flash-Vision-Exp --tensor-parallel-size 2 --kv-cache-dtype fp8 --block-size 256 --max-model-len auto --gpu-memory-utilization 0.85 --load-format instanttensor --moe-backend b12x --linear-backend b12x --attention-backend B12X",  # noqa: E501
     {}, {}, 2),
    ("python3 -m sglang.launch_server --model-path deepseek-ai/DeepSeek-V2-Lite --trust-remote-code --tp 1 --attention-backend flashinfer --mem-fraction-static 0.75",  # noqa: E501
     {}, {}, 1),
    ("docker run --gpus all -p 30000:30000 lmsysorg/sglang:latest-cu130 python3 -m sglang.launch_server --model-path deepseek-ai/DeepSeek-V2-Lite --tp 1 --attention-backend flashinfer",  # noqa: E501
     {}, {}, 1),
    ("sglang serve --model-path thinkingmachines/Inkling-Small-NVFP4 --tp 2 --attention-backend triton --disable-prefill-cuda-graph",  # noqa: E501
     {}, {"SGLANG_ENABLE_UNIFIED_RADIX_TREE": "1"}, 2),
    (f"{_DOCKER} --network host nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc13 trtllm-serve nvidia/Llama-3.1-8B-Instruct-FP4 --max_batch_size 64 --trust_remote_code --kv_cache_free_gpu_memory_fraction 0.9",  # noqa: E501
     {}, {}, 1),
    ("mpirun -x NCCL_SOCKET_IFNAME -x TRITON_PTXAS_PATH trtllm-llmapi-launch trtllm-serve nvidia/Qwen3-235B-A22B-FP4 --tp_size 2 --backend pytorch --max_num_tokens 32768",  # noqa: E501
     {"tensorrt-llm": "1.3.0rc5"}, {"TRITON_PTXAS_PATH": "/usr/local/cuda/bin/ptxas"}, 2),
    ("llama-server -hf unsloth/Qwen3.6-35B-A3B-MTP-GGUF:UD-Q4_K_XL --spec-type draft-mtp --spec-draft-n-max 3", {}, {}, 1),  # noqa: E501
    ("llama-server -m model.gguf -ngl 99 -fa on -ctk q8_0 -ctv q8_0 --no-mmap -c 98304", {}, {}, 1),
    ("python main.py --listen 0.0.0.0 --disable-mmap", {}, {}, 1),
    ("docker run -d --gpus=all -v ollama:/root/.ollama -p 11434:11434 ollama/ollama:0.32.2", {}, {}, 1),
    ("torchrun --nnodes 2 --node-rank 0 --nproc-per-node 1 train.py --tp 2", {}, {}, 2),
]  # fmt: skip

ON_H100S = [
    "vllm serve deepseek-ai/DeepSeek-V3 -tp 8 --gpu-memory-utilization 0.95 --attention-backend FLASHMLA --moe-backend deep_gemm",  # noqa: E501
    "vllm serve openai/gpt-oss-120b --moe-backend triton --kv-cache-dtype fp8 --attention-backend FLASH_ATTN --swap-space 16",  # noqa: E501
    "python -m sglang.launch_server --model-path m --tp 8 --attention-backend fa3 --enable-hierarchical-cache",
    "torchrun --nproc-per-node 8 train.py",
    "llama-server -m model.gguf -ngl 99 --load-mode mmap",
]


def faults(case: dict[str, Any]) -> list[tuple[str, str]]:
    snapshot, complaints = from_case(case)
    assert complaints == []
    diagnosis = diagnose(BOOK, Resolver(snapshot, BOOK.estimates), list(BOOK.rules.values()))
    return [(finding.rule.id, finding.severity) for finding in diagnosis.findings if finding.severity != "info"]


@pytest.mark.parametrize(("command", "packages", "env", "nodes"), ON_A_SPARK, ids=lambda v: str(v)[:40])
def test_a_published_command_is_no_fault(command: str, packages: Any, env: Any, nodes: int) -> None:
    facts = {**SPARK, "cluster.nodes": nodes}
    assert faults({"facts": facts, "packages": packages, "env": env, "launch": {"command": command}}) == []


@pytest.mark.parametrize("command", ON_H100S)
def test_what_is_wrong_on_a_spark_is_right_on_hopper(command: str) -> None:
    assert faults({"facts": H100, "packages": {"vllm": "0.28.0"}, "launch": {"command": command}}) == []
