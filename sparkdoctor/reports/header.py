"""The first two lines of a text report: which machine, which environment."""

from __future__ import annotations

from sparkdoctor.facts.values import ABSENT, Unknown, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.reports.report import Report

_PACKAGES = ("torch", "triton", "vllm", "sglang", "tensorrt_llm", "flashinfer_python", "jax", "onnxruntime_gpu")


def machine_line(report: Report) -> str:
    """Machine, GPUs, system, kernel, driver, firmware and shared memory, as far as known."""

    def value(name: str) -> str:
        reading = report.read(name, None)
        return shown(report.redactor.reading(name, reading).value) if reading.present else ""

    parts = [" ".join(dict.fromkeys(f"{value('machine.vendor')} {value('machine.product')}".split())), _gpus(report)]
    dgx, system = value("dgx_os.version"), value("os.name") or value("os.id")
    parts.append(f"DGX OS {dgx}" if dgx else system)
    parts.append(value("os.arch"))
    parts += [_memory(report)] if report.diagnosis.targets else []
    parts += [f"kernel {value('kernel.release')}" if value("kernel.release") else ""]
    parts += [_firmware(report)] if report.diagnosis.targets else []
    parts.append(_driver(report))
    container = value("container.kind")
    parts.append(f"in a container ({container})" if container not in ("", "none") else "")
    return " · ".join(part for part in parts if part)


def _gpus(report: Report) -> str:
    names: dict[str, int] = {}
    for target in report.diagnosis.targets:
        sm = f" (sm_{target.compute_capability.replace('.', '')})" if target.compute_capability else ""
        name = (target.name or "NVIDIA GPU").removeprefix("NVIDIA ") + sm
        names[name] = names.get(name, 0) + 1
    if names:
        return ", ".join(name if count == 1 else f"{count} × {name}" for name, count in names.items())
    count = report.read("gpu.count", None)
    if count.value == 0:
        return "no NVIDIA GPU"
    return f"NVIDIA GPU unknown ({count.value.reason})" if isinstance(count.value, Unknown) else "NVIDIA GPU"


def _driver(report: Report) -> str:
    version = report.read("driver.version", None)
    if version.value is ABSENT:
        return "no NVIDIA driver" if report.diagnosis.targets else ""
    if not version.present:
        return ""
    cuda = report.read("driver.cuda_version", None)
    by_branch = " by its branch" if cuda.origin == "estimated" else ""
    return f"driver {version.value}" + (f" (CUDA {cuda.value}{by_branch})" if cuda.present else "")


def _firmware(report: Report) -> str:
    version, date = report.read("firmware.version", None), report.read("firmware.date", None)
    if not version.present:
        return ""
    return f"firmware {version.value}" + (f" of {str(date.value).replace('.', '-')}" if date.present else "")


def _memory(report: Report) -> str:
    """What is left of a memory that processor and GPU share, and whether somebody computes on the GPU."""
    if report.read("gpu.unified", 0).value is not True:
        return ""
    total, available = report.read("memory.total_gib", None), report.read("memory.available_gib", None)
    if not (total.present and available.present):
        return ""
    running = report.read("gpu.processes", 0).value
    busy = (
        f", {running} process{'es' if running != 1 else ''} on the GPU" if isinstance(running, int) and running else ""
    )
    return f"{available.value:.0f} of {total.value:.0f} GiB free{busy}"


def environment_line(report: Report) -> str:
    """Where the packages lie, which Python, and the packages that owners ask about first."""
    prefix = report.read("python.prefix", None)
    version = report.read("python.version", None)
    parts = [report.redactor.path(str(prefix.value)) if prefix.present else ""]
    parts.append(f"Python {version.value}" if version.present else "")
    for name in _PACKAGES:
        package = report.read(f"pkg.{name}.version", None)
        if package.present:
            parts.append(f"{name.replace('_', '-')} {package.value}")
    return " · ".join(part for part in parts if part)
