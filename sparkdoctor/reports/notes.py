"""Sentences about what was examined: no GPU here, the wrong Python perhaps, other environments nearby."""

from __future__ import annotations

from sparkdoctor.facts.values import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.diagnosis.resolve import Resolver
    from sparkdoctor.facts.collect import Examination

_GPU_PACKAGES = frozenset(
    {
        "bitsandbytes", "cupy", "cupy_cuda12x", "cupy_cuda13x", "deepspeed", "flash_attn", "flashinfer_python", "jax",
        "jaxlib", "llama_cpp_python", "mamba_ssm", "numba_cuda", "onnxruntime_gpu", "pytorch_triton", "sgl_kernel",
        "sglang", "tensorflow", "tensorrt_llm", "torch", "torchaudio", "torchvision", "transformer_engine", "triton",
        "vllm", "warp_lang", "xformers",
    }
)  # fmt: skip
"""Distributions that use the GPU, by which an environment is known for one that models run in."""

_NAMED = 5


def notes(examination: Examination | None, facts: Resolver, target: str | None) -> tuple[str, ...]:
    """What to tell before the findings; nothing for snapshots and cases, which examine no machine."""
    if examination is None:
        return ()
    found = [] if target else _gpu(facts)
    return tuple(found + _environment(examination, facts))


def _gpu(facts: Resolver) -> list[str]:
    count = facts.read("gpu.count")
    if count.value != 0:
        return []
    return [
        f"No NVIDIA GPU is in this machine ({count.where} was read). To judge this environment for another machine: "
        "sparkdoctor check --target gb10"
    ]


def _environment(examination: Examination, facts: Resolver) -> list[str]:
    from sparkdoctor.facts.collectors import packages, python

    listed = packages.distributions(examination)
    advice = "Name the environment that runs your models: sparkdoctor check --python PATH"
    if isinstance(listed, Unknown):
        told, advice = f"No Python environment was examined: {listed.reason}.", ""
    elif _GPU_PACKAGES.isdisjoint(listed):
        prefix = facts.read("python.prefix")
        where = str(prefix.value) if prefix.present else "this environment"
        told = f"{where} holds no torch, triton, vllm or the like ({len(listed)} distributions)."
    else:
        return []
    others = [environment.prefix for environment in python.nearby(examination)][:_NAMED]
    if others:
        commands = "; ".join(f"sparkdoctor check --python {prefix}" for prefix in others)
        return [f"{told} Others are near: {commands}"]
    return [f"{told} {advice}".strip()]
