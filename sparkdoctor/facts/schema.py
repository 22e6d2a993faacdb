"""Every fact there is: name, type, collector, cost, scope. Rules, cases and snapshots may name only these.

Adding a fact is one line here and one function in `collectors/`. A collector is named `module:function`; facts that
one look at the machine yields together share it. A fact without a collector can be stated (`--facts`), not read.
"""

from __future__ import annotations

from sparkdoctor.facts.versions import NUMERIC as NUMERIC
from sparkdoctor.facts.versions import PEP440 as PEP440
from sparkdoctor.lazy import remembered

BOOL, INT, FLOAT, STR, LIST, RECORDS = "bool", "int", "float", "str", "list", "records"
TYPES = (BOOL, INT, FLOAT, STR, LIST, RECORDS, PEP440, NUMERIC)
"""LIST holds strings; RECORDS holds mappings of strings with the fact's `fields`; PEP440 and NUMERIC are versions."""

FREE, FILE, PROCESS, SCAN = range(4)
"""Cost classes: in memory · a few files · a child process · whole binaries. Conditions ask the cheapest first."""

HOST, ENVIRONMENT, SESSION = "host", "environment", "process"
"""Whom a fact belongs to. Host facts out of sight in a container are Unknown, never Absent."""


class Fact:
    """One line of the schema; the text of a `private` fact may hold names, addresses, credentials."""

    __slots__ = ("collector", "cost", "fields", "name", "private", "scope", "type", "unit")

    def __init__(
        self,
        name: str,
        type: str,
        collector: str | None = None,
        cost: int = FILE,
        scope: str = HOST,
        unit: str = "",
        fields: dict[str, str] | None = None,
        private: bool = False,
    ) -> None:
        self.name = name
        self.type = type
        self.collector = collector
        self.cost = cost
        self.scope = scope
        self.unit = unit
        self.fields = fields or {}
        self.private = private


def _table(*facts: Fact) -> dict[str, Fact]:
    return {fact.name: fact for fact in facts}


FACTS = _table(
    Fact("gpu.count", INT, "gpu:devices"),
    Fact("gpu.pci_id", STR, "gpu:devices"),
    Fact("gpu.name", STR, "gpu:names"),
    Fact("gpu.compute_capability", NUMERIC, "nvml:devices", PROCESS),
    Fact("gpu.sm", STR, None, FREE),
    Fact("gpu.sm_a", STR, None, FREE),
    Fact("gpu.unified", BOOL, None, FREE),
    Fact("gpu.memory_gib", FLOAT, "nvml:devices", PROCESS, unit="GiB"),
    Fact("gpu.clock_mhz", FLOAT, "nvml:devices", PROCESS, unit="MHz"),
    Fact("gpu.temperature_c", FLOAT, "nvml:devices", PROCESS, unit="°C"),
    Fact("gpu.utilization_percent", FLOAT, "nvml:devices", PROCESS, unit="%"),
    Fact("gpu.throttle_reasons", LIST, "nvml:devices", PROCESS),
    Fact("gpu.processes", INT, "nvml:devices", PROCESS),
    Fact("gpu.kernel_driver", STR, "gpu:bound"),
    Fact("driver.version", NUMERIC, "driver:module"),
    Fact("driver.module", STR, "driver:module"),
    Fact("driver.library_version", NUMERIC, "driver:library", scope=SESSION),
    Fact("driver.libcuda_linkable", BOOL, "driver:linking", scope=SESSION),
    Fact("driver.device_nodes", LIST, "driver:nodes", scope=SESSION),
    Fact("driver.module_installed", BOOL, "boot:module"),
    Fact("driver.cuda_version", NUMERIC, "driver:cuda", PROCESS),
    Fact("kernel.release", NUMERIC, "kernel:release"),
    Fact("kernel.cmdline", STR, "kernel:cmdline", private=True),
    Fact("kernel.newest_installed", NUMERIC, "boot:newest"),
    Fact("kernel.newest_has_driver", BOOL, "boot:newest"),
    Fact("kernel.secure_boot", BOOL, "boot:secure_boot"),
    Fact("kernel.xids", LIST, "kernel_log:faults"),
    Fact("kernel.oom_kills", INT, "kernel_log:faults"),
    Fact("os.id", STR, "os:release", scope=ENVIRONMENT),
    Fact("os.version", NUMERIC, "os:release", scope=ENVIRONMENT),
    Fact("os.name", STR, "os:release", scope=ENVIRONMENT),
    Fact("os.arch", STR, "os:architecture", scope=ENVIRONMENT),
    Fact("os.reboot_pending", BOOL, "boot:reboot"),
    Fact("libc.version", NUMERIC, "libc:version", scope=ENVIRONMENT),
    Fact("dgx_os.version", NUMERIC, "os:dgx"),
    Fact("dgx_os.name", STR, "os:dgx"),
    Fact("machine.vendor", STR, "machine:identity"),
    Fact("machine.product", STR, "machine:identity"),
    Fact("firmware.version", NUMERIC, "firmware:stated"),
    Fact("firmware.date", NUMERIC, "firmware:stated"),
    Fact("memory.total_gib", FLOAT, "memory:usage", unit="GiB"),
    Fact("memory.available_gib", FLOAT, "memory:usage", unit="GiB"),
    Fact("memory.cached_gib", FLOAT, "memory:usage", unit="GiB"),
    Fact("memory.swap_gib", FLOAT, "memory:usage", unit="GiB"),
    Fact("memory.swap_used_gib", FLOAT, "memory:usage", unit="GiB"),
    Fact("memory.cma_total_gib", FLOAT, "memory:usage", unit="GiB"),
    Fact("memory.cma_free_gib", FLOAT, "memory:usage", unit="GiB"),
    Fact("memory.stalled_percent", FLOAT, "memory:pressure", unit="%"),
    Fact("memory.shm_gib", FLOAT, "limits:shared", scope=SESSION, unit="GiB"),
    Fact("memory.lockable_gib", FLOAT, "limits:locked", scope=SESSION, unit="GiB"),
    Fact("memory.limit_gib", FLOAT, "limits:group", scope=SESSION, unit="GiB"),
    Fact("disk.packages_free_gib", FLOAT, "disk:packages", scope=ENVIRONMENT, unit="GiB"),
    Fact("disk.cache_free_gib", FLOAT, "disk:cache", scope=SESSION, unit="GiB"),
    Fact("disk.temporary_free_gib", FLOAT, "disk:temporary", scope=SESSION, unit="GiB"),
    Fact("disk.log_free_gib", FLOAT, "disk:logs", scope=SESSION, unit="GiB"),
    Fact("power.draw_w", FLOAT, "nvml:power", PROCESS, unit="W"),
    Fact("display.mode", STR, "display:screens"),
    Fact("display.preferred_modes", LIST, "display:screens"),
    Fact("cluster.nodes", INT),
    Fact("nic.links", INT, "network:ports"),
    Fact("nic.speed_gbps", FLOAT, "network:ports", unit="Gbit/s"),
    Fact("nic.mtu", INT, "network:ports", unit="bytes"),
    Fact("nic.pcie_width", INT, "network:ports", unit="lanes"),
    Fact("nic.shared_subnet", BOOL, "network:subnets"),
    Fact("wsl", BOOL, "kernel:wsl"),
    Fact("container.kind", STR, "container:kind", scope=SESSION),
    Fact("container.image", STR, "container:image", scope=SESSION, private=True),
    Fact("container.docker", STR, "engine:docker"),
    Fact("container.docker_runtimes", LIST, "engine:runtimes", private=True),
    Fact("container.toolkit_version", NUMERIC, "engine:toolkit"),
    Fact("container.cdi_driver_version", NUMERIC, "engine:device_lists"),
    Fact("launch.command", STR, None, FREE, SESSION, private=True),
    Fact("launch.program", STR, None, FREE, SESSION),
    Fact("launch.model", STR, None, FREE, SESSION),
    Fact("python.version", PEP440, "python:interpreter", scope=ENVIRONMENT),
    Fact("python.implementation", STR, "python:interpreter", scope=ENVIRONMENT),
    Fact("python.executable", STR, "python:interpreter", scope=ENVIRONMENT),
    Fact("python.prefix", STR, "python:interpreter", scope=ENVIRONMENT),
    Fact("python.kind", STR, "python:interpreter", scope=ENVIRONMENT),
    Fact("python.installer", STR, "python:interpreter", scope=ENVIRONMENT),
    Fact("python.overlaps", LIST, "overlaps:overlaps", scope=ENVIRONMENT),
    Fact("cuda.toolkits", RECORDS, "cuda:toolkits", scope=ENVIRONMENT, fields={"path": STR, "version": NUMERIC}),
    Fact("cuda.toolkit_path", STR, "cuda:toolkit", scope=ENVIRONMENT),
    Fact("cuda.toolkit_version", NUMERIC, "cuda:toolkit", scope=ENVIRONMENT),
    Fact("cuda.toolkit_targets", LIST, "cuda:toolkit_targets", SCAN, ENVIRONMENT),
    Fact("cuda.headers_glibc", NUMERIC, "cuda:headers", scope=ENVIRONMENT),
    Fact("cuda.nvcc_version", NUMERIC, "cuda:nvcc", SCAN, ENVIRONMENT),
    Fact("cuda.ptxas_path", STR, "cuda:assembler", SCAN, ENVIRONMENT),
    Fact("cuda.ptxas_version", NUMERIC, "cuda:assembler", SCAN, ENVIRONMENT),
    Fact("cuda.ptxas_targets", LIST, "cuda:assembler", SCAN, ENVIRONMENT),
    Fact("torch.cuda_version", NUMERIC, "torch:cuda", scope=ENVIRONMENT),
    Fact("triton.ptxas_version", NUMERIC, "triton:bundled", SCAN, ENVIRONMENT),
    Fact("triton.ptxas_targets", LIST, "triton:bundled", SCAN, ENVIRONMENT),
    Fact("triton.ptxas_blackwell_version", NUMERIC, "triton:bundled_blackwell", SCAN, ENVIRONMENT),
    Fact("triton.ptxas_blackwell_targets", LIST, "triton:bundled_blackwell", SCAN, ENVIRONMENT),
    Fact("triton.ptxas_override_version", NUMERIC, "triton:override", SCAN, ENVIRONMENT),
    Fact("triton.ptxas_override_targets", LIST, "triton:override", SCAN, ENVIRONMENT),
    Fact("triton.ptxas_blackwell_override_version", NUMERIC, "triton:override_blackwell", SCAN, ENVIRONMENT),
    Fact("triton.ptxas_blackwell_override_targets", LIST, "triton:override_blackwell", SCAN, ENVIRONMENT),
)
"""Facts with a name of their own. `torch.cuda_version` is "none" for a CPU build; `triton.ptxas_override_*` is of the
assembler that TRITON_PTXAS_PATH names; `launch.program` is vllm, sglang, tensorrt_llm, llama_server, ollama, torchrun
or the name of another program, module or script."""

PACKAGE = _table(
    Fact("version", PEP440, "packages:version", FREE, ENVIRONMENT),
    Fact("local", STR, "packages:local", FREE, ENVIRONMENT),
    Fact("installed_from", STR, "packages:installed_from", scope=ENVIRONMENT),
    Fact("tags", LIST, "packages:tags", scope=ENVIRONMENT),
    Fact("requires_nvidia", LIST, "packages:requires_nvidia", scope=ENVIRONMENT),
    Fact("gpu_code", LIST, "gpu_code:targets", SCAN, ENVIRONMENT),
    Fact("ptx_cuda_version", NUMERIC, "gpu_code:ptx_cuda_version", SCAN, ENVIRONMENT),
)
"""Fields of `pkg.NAME`, for every distribution there is; NAME is normalised, with underscores. `gpu_code` is what its
code is for, `ptx_cuda_version` the CUDA that a driver needs to compile its PTX."""

_VARIABLE = Fact("env", STR, "environ:variable", FREE, SESSION, private=True)
_PROGRAM = Fact("program", NUMERIC, "programs:version", PROCESS, ENVIRONMENT)
_WORKLOAD = Fact("workload", STR, None, FREE, SESSION)
_OPTION = Fact("launch.option", STR, None, FREE, SESSION, private=True)
_COUNT_OPTION = Fact("launch.option", INT, None, FREE, SESSION)
_SIZE_OPTION = Fact("launch.option", FLOAT, None, FREE, SESSION)
_OPTIONS = {
    **dict.fromkeys(
        ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size", "data_parallel_size_local", "nnodes",
         "max_model_len", "max_num_seqs", "max_num_batched_tokens", "max_seq_len", "context_length", "ctx_size",
         "chunked_prefill_size", "nproc_per_node"), _COUNT_OPTION,
    ),
    **dict.fromkeys(
        ("gpu_memory_utilization", "mem_fraction_static", "free_gpu_memory_fraction", "swap_space", "cpu_offload_gb",
         "kv_offloading_size"), _SIZE_OPTION,
    ),
}  # fmt: skip
"""Options of a launch command that are numbers; every other is a text, a switch "true" or "false"."""

PROGRAMS = ("ollama", "comfyui")
"""Programs of which a snapshot keeps the version."""

WORKLOADS = ("inference", "finetune", "pretrain", "nvfp4-pretrain", "cluster", "build")
"""What the machine is meant for, as --workload declares it: the values of `workload`, which is Absent otherwise."""

CAPTURED_PREFIXES = (
    "CMAKE_", "CONDA_", "CUBLAS_", "CUDA_", "CUDNN_", "DOCKER_", "FLASHINFER_", "FLASH_ATTENTION_", "GGML_", "GLOO_",
    "HF_", "JAX_", "LLAMA_", "LMCACHE_", "MAX_JOBS", "MKL_", "NCCL_", "NVCC_", "NVIDIA_", "NVTE_", "OLLAMA_", "OMP_",
    "PIP_", "PYTORCH_", "RAY_", "SGLANG_", "SGL_", "TF_", "TORCHINDUCTOR_", "TORCH_", "TRITON_", "TRTLLM_", "UCX_",
    "UV_", "VIRTUAL_ENV", "VLLM_", "XDG_CACHE_HOME", "XFORMERS_", "XLA_",
)  # fmt: skip
"""Environment variables that a snapshot keeps, so that newer rules can judge an old one."""

CAPTURED_NAMES = ("LD_LIBRARY_PATH", "LD_PRELOAD", "PATH", "PYTHONPATH", "CC", "CXX", "CPATH", "LIBRARY_PATH")
"""Variables without such a prefix that rules speak of."""


@remembered
def lookup(name: str) -> Fact | None:
    """The line that describes a fact as it is written in a rule (`pkg.torch.version`, `env.CUDA_HOME`), or None."""
    fact = FACTS.get(name)
    if fact is not None:
        return fact
    parts = package_parts(name)
    if parts:
        return PACKAGE.get(parts[1])
    root, _, rest = name.partition(".")
    if root == "env":
        return _VARIABLE if rest.isidentifier() and rest.isascii() else None
    if name == "workload":
        return _WORKLOAD
    if root == "program" and rest.endswith(".version"):
        return _PROGRAM if _plain(rest[: -len(".version")]) else None
    return _of_launch(name) if root == "launch" else None


def _of_launch(name: str) -> Fact | None:
    """The line of `launch.option.NAME` (dotted where it is a part of a JSON value) or `launch.container.NAME`."""
    for prefix in ("launch.option.", "launch.container."):
        rest = name.removeprefix(prefix)
        if rest != name and all(map(_plain, rest.split("."))):
            return _OPTIONS.get(rest, _OPTION) if prefix == "launch.option." else _OPTION
    return None


@remembered
def package_parts(name: str) -> tuple[str, str] | None:
    """`pkg.torch.version` → ("torch", "version"), `pkg.torch` → ("torch", "version"); None for other facts."""
    if not name.startswith("pkg."):
        return None
    package, _, field = name[4:].partition(".")
    return (package, field or "version") if _plain(package) and not name.endswith(".") else None


def _plain(name: str) -> bool:
    """Whether a name is normalised: small letters, digits, single underscores between them."""
    return all(part.isalnum() and part.isascii() and part == part.lower() for part in name.split("_"))


def per_gpu(name: str) -> bool:
    """Whether the fact belongs to each GPU in turn."""
    return name.startswith("gpu.") and name != "gpu.count"


def unknown(name: str) -> str:
    """The complaint about a name that `lookup` doesn't know, with what it may have meant."""
    from sparkdoctor.spelling import meant

    parts = name.split(".")
    if parts[0] in ("pkg", "package") and len(parts) == 3:
        return f"no such fact: {name}{meant(parts[2], PACKAGE, f'pkg.{parts[1]}.')}"
    forms = ("env.NAME", "program.NAME.version", "launch.option.NAME", "workload")
    return f"no such fact: {name}{meant(name, [*FACTS, *(f'pkg.NAME.{field}' for field in PACKAGE), *forms])}"
