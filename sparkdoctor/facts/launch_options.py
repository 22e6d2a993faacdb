"""The options of the engines that serve models: what they are called, which take a value, what their short forms mean.

Names are those of the engine's own long options, in small letters with underscores; the same thing under two names of
one engine, and the sizes that several engines share, have one.
"""

from __future__ import annotations

from sparkdoctor.facts.shell import unfilled
from sparkdoctor.lazy import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_VLLM = {
    "tp": "tensor_parallel_size", "pp": "pipeline_parallel_size", "dp": "data_parallel_size",
    "dcp": "decode_context_parallel_size", "dpn": "data_parallel_rank", "dpr": "data_parallel_start_rank",
    "dpl": "data_parallel_size_local", "dpa": "data_parallel_address", "dpp": "data_parallel_rpc_port",
    "dpb": "data_parallel_backend", "ep": "enable_expert_parallel", "q": "quantization", "cc": "compilation_config",
    "sc": "speculative_config", "ac": "attention_config", "n": "nnodes", "r": "node_rank", "asc": "api_server_count",
}  # fmt: skip
_SGLANG = {
    "tp": "tensor_parallel_size", "tp_size": "tensor_parallel_size", "pp": "pipeline_parallel_size",
    "pp_size": "pipeline_parallel_size", "dp": "data_parallel_size", "dp_size": "data_parallel_size",
    "ep": "expert_parallel_size", "ep_size": "expert_parallel_size", "model": "model_path",
    "dist_init_addr": "dist_init_addr", "nccl_init_addr": "dist_init_addr",
}  # fmt: skip
_TENSORRT_LLM = {
    "tp_size": "tensor_parallel_size", "pp_size": "pipeline_parallel_size", "cp_size": "context_parallel_size",
    "ep_size": "moe_expert_parallel_size", "kv_cache_free_gpu_memory_fraction": "free_gpu_memory_fraction",
    "extra_llm_api_options": "config",
}  # fmt: skip
_LLAMA = {
    "ngl": "gpu_layers", "n_gpu_layers": "gpu_layers", "c": "ctx_size", "fa": "flash_attn", "b": "batch_size",
    "ub": "ubatch_size", "np": "parallel", "t": "threads", "tb": "threads_batch", "ctk": "cache_type_k",
    "ctv": "cache_type_v", "nkvo": "no_kv_offload", "kvo": "kv_offload", "sm": "split_mode", "ts": "tensor_split",
    "mg": "main_gpu", "ot": "override_tensor", "cmoe": "cpu_moe", "ncmoe": "n_cpu_moe", "dio": "direct_io",
    "ndio": "no_direct_io", "lm": "load_mode", "dev": "device", "m": "model", "hf": "hf_repo", "hfr": "hf_repo",
    "hff": "hf_file", "hft": "hf_token", "mu": "model_url", "md": "model_draft", "fit": "fit", "n": "n_predict",
    "predict": "n_predict", "a": "alias", "cb": "cont_batching",
}  # fmt: skip
_TORCHRUN = {"nproc_per_node": "nproc_per_node", "m": "module"}

ALIASES: Mapping[str, Mapping[str, str]] = {
    "vllm": _VLLM,
    "sglang": _SGLANG,
    "tensorrt_llm": _TENSORRT_LLM,
    "llama_server": _LLAMA,
    "llama_cli": _LLAMA,
    "llama_bench": {**_LLAMA, "mmp": "mmap"},
    "torchrun": _TORCHRUN,
}
"""Program → other name of an option → the name that rules write."""

_SWITCHES = frozenset((
    "enforce_eager", "trust_remote_code", "async_scheduling", "headless", "calculate_kv_scales", "multi_instance",
    "aggregate_engine_logging", "fully_sharded_loras", "interleave_mm_strings", "kv_sharing_fast_prefill",
    "skip_server_warmup", "disable_overlap_schedule", "is_embedding", "cpu_moe", "mlock", "mmap", "direct_io",
    "jinja", "swa_full", "embedding", "embeddings", "reranking", "rerank", "metrics", "cont_batching", "offline",
    "verbose", "version", "help", "log_disable", "log_requests", "standalone", "flash_attn",
    "return_tokens_as_token_ids", "fail_fast_on_attention_window_too_large", "kv_offload", "perf", "escape",
    "warmup", "slots", "props", "webui", "module",
))  # fmt: skip
"""Options without a value, beside those whose first word says so."""
_SWITCH_STARTS = ("enable_", "disable_", "no_", "use_", "skip_", "allow_")
_VALUED = frozenset(("no_proxy", "enable_nan_detection_level", "use_tqdm_on_load"))
_TRUTHS = ("true", "false", "on", "off", "auto", "1", "0", "yes", "no")
_SECRETS = ("key", "token", "secret", "password", "passwd", "passphrase", "credential", "credentials", "auth")
_TIMES = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_DEEPEST = 3


def is_secret(option: str) -> bool:
    """Whether only the presence of an option may be told, by its normalised name."""
    return option.rpartition("_")[2] in _SECRETS


def number(text: str) -> float | None:
    """The number that an engine reads in a text (`8192`, `0.9`, `32k`, `1.5M`: k for 1000, K for 1024), or None."""
    text = text.strip()
    times = _TIMES.get(text[-1:], 0)
    digits = text[:-1] if times else text
    if not digits.lstrip("-").replace(".", "", 1).isdecimal() or not digits.isascii():
        return None
    return float(digits) * (times or 1)


def parse(words: Sequence[str], program: str) -> tuple[dict[str, str], list[str]]:
    """The options of an engine by normalised name, and the words that belong to none.

    Of an option that is given twice the last counts, as engines read it; a switch is "true" or "false"; JSON objects
    and dotted options are told by their parts, too: `speculative_config.method`.
    """
    aliases = ALIASES.get(program, {})
    options: dict[str, str] = {}
    rest: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if not _is_option(word):
            if word != "--":
                rest.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if program == "vllm" and (word == "-O" or word.startswith("-O.") or (word[:2] == "-O" and word[2:3].isdigit())):
            name, value, equals = _optimisation(word)
        name = _normalised(name, aliases)
        following = words[at] if at < len(words) and not _is_option(words[at]) else None
        if not equals and following is not None and (not _is_switch(name) or following.lower() in _TRUTHS):
            value = following
            at += 1
        elif not equals:
            value = "true"
        _state(options, name, value)
    return options, rest


def _is_option(word: str) -> bool:
    return len(word) > 1 and word[0] == "-" and not word[1].isdigit() and word != "--"


def _optimisation(word: str) -> tuple[str, str, str]:
    """`-O3` is a level, `-O.mode=3` a part of the compilation's configuration."""
    if word.startswith("-O."):
        name, equals, value = word[3:].partition("=")
        return f"compilation_config.{name}", value, equals
    return "optimization_level", word[2:], "=" if word[2:] else ""


def _normalised(name: str, aliases: Mapping[str, str]) -> str:
    first, dot, rest = name.partition(".")
    first = first.replace("-", "_")
    plain = aliases.get(first) or aliases.get(first.lower()) or first.lower()
    return plain + dot + rest.replace("-", "_").lower().rstrip("+")


def _is_switch(name: str) -> bool:
    return name in _SWITCHES or (name.startswith(_SWITCH_STARTS) and name not in _VALUED)


def _state(options: dict[str, str], name: str, value: str) -> None:
    lowered = value.lower()
    if name.startswith("no_") and (lowered == "true" or not value):
        name, value = name[3:], "false"
    elif _is_switch(name) and lowered in ("true", "false"):
        value = lowered
    options[name] = value
    if value.startswith("{"):
        try:
            _flatten(options, name, json.loads(value), _DEEPEST)
        except (ValueError, RecursionError):
            return


def _flatten(options: dict[str, str], name: str, value: Any, depth: int) -> None:
    for key, item in value.items():
        part = f"{name}.{key}".lower()
        if isinstance(item, dict) and depth:
            _flatten(options, part, item, depth - 1)
        options[part] = item if isinstance(item, str) else json.dumps(item)


def opaque(options: Mapping[str, str], rest: Sequence[str]) -> str:
    """Why more options may be given than are seen: a file, or what only a shell fills in; empty where all are."""
    for name in ("config", "args", "preset"):
        if name in options and not options[name].startswith("{"):
            return f"--{name} may state it"
    return next((f"{word} may state it" for word in rest if unfilled(word) or word.startswith("@")), "")
