"""Which program a list of words starts: an engine that serves models, or anything else by its name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

CONTAINERS = ("docker", "podman", "nerdctl")
SHELLS = ("sh", "bash", "dash", "zsh", "ash", "ksh")

_MODULES = (
    ("vllm.entrypoints", "vllm"), ("sglang.launch_server", "sglang"), ("sglang.srt.entrypoints", "sglang"),
    ("sglang.bench_one_batch", "sglang"), ("sglang.bench_offline_throughput", "sglang"),
    ("tensorrt_llm.commands.serve", "tensorrt_llm"), ("torch.distributed.run", "torchrun"),
    ("torch.distributed.launch", "torchrun"), ("llama_cpp.server", "llama_cpp_python"),
)  # fmt: skip
_CLIENT_BENCHES = ("serve", "sweep")


def is_python(name: str) -> bool:
    """Whether a program's name is an interpreter's: python, python3.12, pypy3."""
    return name.startswith(("python", "pypy")) and not name.removeprefix("python").removeprefix("pypy").strip(
        "0123456789."
    )


def base(word: str) -> str:
    """The name of a program without its folder."""
    return word.rstrip("/").rpartition("/")[2]


def after_options(words: Sequence[str], at: int, valued: Sequence[str]) -> int:
    """Where the options that start at `at` end; those in `valued` take the next word."""
    while at < len(words):
        word = words[at]
        if word == "--":
            return at + 1
        if len(word) < 2 or word[0] != "-":
            return at
        at += 2 if word in valued else 1
    return at


def program_of(words: Sequence[str]) -> tuple[str, list[str]]:
    """The program's name as rules write it, and its own words; ("", []) where there is none."""
    if not words:
        return "", []
    name = base(words[0])
    arguments = list(words[1:])
    if is_python(name):
        return _of_python(name, arguments)
    if name == "vllm":
        return _of_vllm(arguments)
    if name == "sglang" and arguments[:1] == ["serve"]:
        return "sglang", arguments[1:]
    if name in ("trtllm-serve", "trtllm-bench", "trtllm-eval"):
        return "tensorrt_llm" if name == "trtllm-serve" else name.replace("-", "_"), _without(arguments, "serve")
    if name == "ollama":
        return ("ollama" if arguments[:1] in (["serve"], ["start"], ["run"]) else "ollama_client"), arguments[1:]
    if name.startswith("llama-"):
        return name.replace("-", "_"), arguments
    if name in ("torchrun", "torchrun.exe"):
        return "torchrun", _before_script(arguments)
    return name, arguments


def _without(words: list[str], first: str) -> list[str]:
    return words[1:] if words[:1] == [first] else words


def _of_vllm(words: list[str]) -> tuple[str, list[str]]:
    verb = words[0] if words else ""
    if verb == "bench" and words[1:2] and words[1] not in _CLIENT_BENCHES:
        return "vllm", words[2:]
    if verb in ("serve", "run-batch"):
        return "vllm", words[1:]
    return ("vllm_client", words[1:]) if verb and not verb.startswith("-") else ("vllm", words)


def _of_python(name: str, words: list[str]) -> tuple[str, list[str]]:
    at = 0
    while at < len(words) and words[at].startswith("-"):
        word = words[at]
        if word == "-c" or word == "-":
            return "python", []
        if word.startswith("-m"):
            module = word[2:] or (words[at + 1] if at + 1 < len(words) else "")
            rest = words[at + (1 if word[2:] else 2) :]
            return _of_module(module, rest)
        at += 2 if word in ("-W", "-X") else 1
    if at >= len(words):
        return "python", []
    script = base(words[at])
    if script in ("vllm", "trtllm-serve", "torchrun", "sglang"):
        return program_of([script, *words[at + 1 :]])
    return script, words[at + 1 :]


def _of_module(module: str, rest: list[str]) -> tuple[str, list[str]]:
    for prefix, program in _MODULES:
        if module == prefix or module.startswith(prefix + "."):
            if program == "torchrun":
                return program, _before_script(rest)
            return program, _without(rest, "serve")
    if module == "vllm":
        return _of_vllm(rest)
    return module, rest


_TORCHRUN_SWITCHES = ("--standalone", "--no-python", "--no_python", "--run-path", "--run_path", "-m", "--module")


def _before_script(words: list[str]) -> list[str]:
    """The options of torchrun itself, without those of the script that it starts."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 1 if "=" in words[at] or words[at] in _TORCHRUN_SWITCHES else 2
    return words[:at]


_ENGINES = frozenset(
    ("vllm", "sglang", "tensorrt_llm", "llama_server", "llama_cli", "llama_bench", "ollama", "torchrun")
)


def starts_engine(words: Sequence[str]) -> bool:
    """Whether these words start an engine that serves or trains models."""
    return program_of(words)[0] in _ENGINES
