"""What NVIDIA's management library says of each GPU and of the driver; asked once, in a child, with a deadline."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from sparkdoctor.facts.child import in_child
from sparkdoctor.facts.collectors.loader import nvml_in_sight
from sparkdoctor.facts.values import Reading, Unknown, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.facts.values import Value
    from sparkdoctor.machine import Machine


PATIENCE = 4.5
"""Seconds that NVML may take for everything; below the budget of a collector that starts a process."""

_GIB = 1 << 30
_MW_PER_W = 1000

_BUSY_PERCENT = 90
_SLOW_MHZ = 1000
_LOOKS = 5
_PAUSE = 0.1
"""A clock that is low while the only GPU is busy is looked at again: it may only just have got to work."""

_REASONS = (
    (0x1, "gpu_idle"),
    (0x2, "clocks_setting"),
    (0x4, "sw_power_cap"),
    (0x8, "hw_slowdown"),
    (0x10, "sync_boost"),
    (0x20, "sw_thermal_slowdown"),
    (0x40, "hw_thermal_slowdown"),
    (0x80, "hw_power_brake_slowdown"),
    (0x100, "display_clock_setting"),
)
"""Bits of nvmlDeviceGetCurrentClocksEventReasons, by their names in nvml.h."""

_QUESTIONS = {
    "gpu.compute_capability": ("capability", "nvmlDeviceGetCudaComputeCapability"),
    "gpu.memory_gib": ("memory", "nvmlDeviceGetMemoryInfo"),
    "gpu.name": ("name", "nvmlDeviceGetName"),
    "gpu.clock_mhz": ("clock", "nvmlDeviceGetClockInfo"),
    "gpu.temperature_c": ("temperature", "nvmlDeviceGetTemperature"),
    "gpu.utilization_percent": ("utilization", "nvmlDeviceGetUtilizationRates"),
    "gpu.throttle_reasons": ("reasons", "nvmlDeviceGetCurrentClocksEventReasons"),
    "gpu.processes": ("processes", "nvmlDeviceGetComputeRunningProcesses"),
}
"""Facts of each GPU: under which name its answer comes from the child, and the call."""

_answers: WeakKeyDictionary[Machine, dict[str, Any] | Unknown] = WeakKeyDictionary()


def devices(exam: Examination) -> dict[str, Any] | Reading:
    """What NVML says of each GPU, in the order of the PCI bus: see `_QUESTIONS`.

    Memory is Absent where a GPU has none of its own (unified memory: NVML says that it isn't supported). The clock is
    that of the SMs, the highest of a few looks where the only GPU is busy and slow; processes are those that compute.
    """
    answer = asked(exam.machine)
    if isinstance(answer, Unknown):
        return Reading(answer)
    return {"gpus": [_readings(gpu) for gpu in _in_bus_order(exam.machine, answer["gpus"])]}


def cuda_version(exam: Examination) -> dict[str, Reading] | Reading:
    """`driver.cuda_version`: the newest CUDA that the driver's own libraries implement."""
    answer = asked(exam.machine)
    if isinstance(answer, Unknown):
        return Reading(answer)
    return {"driver.cuda_version": _reading(answer["cuda"], "nvmlSystemGetCudaDriverVersion_v2", _cuda_version)}


def power(exam: Examination) -> dict[str, Reading] | Reading:
    """`power.draw_w`: what the GPUs draw together at this moment; Unknown where one of them doesn't tell."""
    answer = asked(exam.machine)
    if isinstance(answer, Unknown):
        return Reading(answer)
    where = "nvmlDeviceGetPowerUsage"
    told = [gpu["power"] for gpu in answer["gpus"]]
    untold = next((stated for stated in told if "value" not in stated), None)
    if untold is not None or not told:
        return {"power.draw_w": _reading(untold or {"failed": "NVML lists no GPU"}, where, str)}
    return {"power.draw_w": measured(round(sum(stated["value"] for stated in told) / _MW_PER_W, 1), where)}


def driver_version(machine: Machine) -> Reading:
    """The version of the driver by NVML, for machines whose kernel doesn't hold the driver (WSL)."""
    answer = asked(machine)
    if isinstance(answer, Unknown):
        return Reading(answer)
    return _reading(answer["driver"], "nvmlSystemGetDriverVersion", str)


def names(answer: dict[str, Any]) -> list[dict[str, Reading]]:
    """`gpu.name` of each GPU in the order of NVML."""
    return [{"gpu.name": _name(gpu)} for gpu in answer["gpus"]]


def pci_ids(answer: dict[str, Any]) -> list[dict[str, Reading]]:
    """`gpu.pci_id` of each GPU in the order of NVML."""
    return [{"gpu.pci_id": _reading(gpu["pci"], "nvmlDeviceGetPciInfo_v3", _pci_id)} for gpu in answer["gpus"]]


def asked(machine: Machine) -> dict[str, Any] | Unknown:
    """Everything that is ever asked of NVML, asked once for a machine: plain answers by question.

    A deadline that ends the wait leaves Unknown as the answer, so that nobody waits a second time.
    """
    if not machine.live:
        return Unknown("another root: NVML isn't asked")
    if not nvml_in_sight(machine):
        return Unknown("no NVML library is in sight")
    if machine not in _answers:
        _answers[machine] = Unknown("NVML gave no answer in time")
        answer = in_child(_everything, PATIENCE)
        if isinstance(answer, Unknown):
            answer = Unknown(f"NVML: {answer.reason}")
        elif "failed" in answer:
            answer = Unknown(answer["failed"])
        _answers[machine] = answer
    return _answers[machine]


def _everything() -> dict[str, Any]:
    """Runs in the child."""
    try:
        import pynvml
    except ImportError:
        return {"failed": "nvidia-ml-py isn't installed beside sparkdoctor"}

    def stated(question: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        try:
            return {"value": question(*arguments)}
        except pynvml.NVMLError_NotSupported:
            return {"unsupported": True}
        except Exception as error:  # one odd answer must not take the others away
            return {"failed": _words(pynvml, error)}

    def pci(handle: Any) -> list[int]:
        info = pynvml.nvmlDeviceGetPciInfo_v3(handle)
        return [info.domain, info.bus, info.device, info.pciDeviceId]

    def reasons(handle: Any) -> int:
        try:
            return int(pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle))
        except pynvml.NVMLError_FunctionNotFound:  # before driver 535 it had another name
            return int(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle))

    def moment(handle: Any) -> dict[str, Any]:
        return {
            "clock": stated(pynvml.nvmlDeviceGetClockInfo, handle, pynvml.NVML_CLOCK_SM),
            "utilization": stated(lambda: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu),
            "power": stated(pynvml.nvmlDeviceGetPowerUsage, handle),
        }

    def at_work(handle: Any, looks: int) -> dict[str, Any]:
        best = moment(handle)
        for _ in range(looks - 1):
            if not _busy_and_slow(best):
                break
            time.sleep(_PAUSE)
            again = moment(handle)
            if again["clock"].get("value", 0) > best["clock"]["value"] or not _busy(again):
                best = again
        return best

    def gpu(index: int, looks: int) -> dict[str, Any]:
        try:
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        except pynvml.NVMLError as error:
            failed = {"failed": _words(pynvml, error)}
            return dict.fromkeys(("pci", "power", *(name for name, _ in _QUESTIONS.values())), failed)
        return {
            **at_work(handle, looks),
            "pci": stated(pci, handle),
            "name": stated(pynvml.nvmlDeviceGetName, handle),
            "capability": stated(pynvml.nvmlDeviceGetCudaComputeCapability, handle),
            "memory": stated(lambda: pynvml.nvmlDeviceGetMemoryInfo(handle).total),
            "temperature": stated(pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU),
            "reasons": stated(reasons, handle),
            "processes": stated(lambda: len(pynvml.nvmlDeviceGetComputeRunningProcesses(handle))),
        }

    try:
        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
        looks = _LOOKS if count == 1 else 1
        return {
            "driver": stated(pynvml.nvmlSystemGetDriverVersion),
            "cuda": stated(pynvml.nvmlSystemGetCudaDriverVersion_v2),
            "gpus": [gpu(index, looks) for index in range(count)],
        }
    except pynvml.NVMLError as error:
        return {"failed": _words(pynvml, error)}


def _words(pynvml: Any, error: Exception) -> str:
    if isinstance(error, pynvml.NVMLError_LibraryNotFound):
        return "no NVML library is in sight"
    if isinstance(error, pynvml.NVMLError_DriverNotLoaded):
        return "NVML: the NVIDIA driver isn't loaded"
    return f"NVML: {error}"


def _in_bus_order(machine: Machine, gpus: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """NVML's GPUs in the order of the PCI enumeration; None for one that NVML doesn't list."""
    from sparkdoctor.facts.collectors.pci import addresses, slot

    found = addresses(machine)
    if not found:
        return [*gpus]
    by_slot = {tuple(gpu["pci"]["value"][:3]): gpu for gpu in gpus if "value" in gpu["pci"]}
    return [by_slot.get(slot(address)) for address in found]


def _busy(moment: dict[str, Any]) -> bool:
    return bool(moment["utilization"].get("value", 0) >= _BUSY_PERCENT)


def _busy_and_slow(moment: dict[str, Any]) -> bool:
    return _busy(moment) and bool(moment["clock"].get("value", _SLOW_MHZ) < _SLOW_MHZ)


def _readings(gpu: dict[str, Any] | None) -> dict[str, Reading]:
    if gpu is None:
        return dict.fromkeys(_QUESTIONS, unknown("NVML doesn't list this GPU"))
    readings = {
        fact: _reading(gpu[name], where, _CONVERTED.get(fact, float)) for fact, (name, where) in _QUESTIONS.items()
    }
    if "unsupported" in gpu["memory"]:
        readings["gpu.memory_gib"] = absent("NVML: not supported")
    return readings


def _name(gpu: dict[str, Any]) -> Reading:
    return _reading(gpu["name"], "nvmlDeviceGetName", str)


def _reading(stated: dict[str, Any], where: str, convert: Callable[[Any], Value]) -> Reading:
    if "value" in stated:
        return measured(convert(stated["value"]), where)
    return unknown(stated.get("failed", f"{where}: not supported"))


def _capability(value: list[int]) -> str:
    return f"{value[0]}.{value[1]}"


def _cuda_version(value: int) -> str:
    return f"{value // 1000}.{value % 1000 // 10}"


def _pci_id(value: list[int]) -> str:
    device_and_vendor = value[3]
    return f"{device_and_vendor & 0xFFFF:04x}:{device_and_vendor >> 16:04x}"


def _gib(value: int) -> float:
    return round(value / _GIB, 1)


def _reasons(bits: int) -> tuple[str, ...]:
    return tuple(name for bit, name in _REASONS if bits & bit)


_CONVERTED: dict[str, Callable[[Any], Value]] = {
    "gpu.compute_capability": _capability,
    "gpu.memory_gib": _gib,
    "gpu.name": str,
    "gpu.throttle_reasons": _reasons,
    "gpu.processes": int,
}
"""How an answer becomes the fact's value; others are numbers as they are."""
