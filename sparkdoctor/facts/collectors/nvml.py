"""What NVIDIA's management library says of each GPU and of the driver; asked once, in a child, with a deadline."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from sparkdoctor.facts.child import in_child
from sparkdoctor.facts.collectors.loader import nvml_in_sight
from sparkdoctor.facts.values import Reading, Unknown, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine


PATIENCE = 4.5
"""Seconds that NVML may take for everything; below the budget of a collector that starts a process."""

_GIB = 1 << 30

_answers: WeakKeyDictionary[Machine, dict[str, Any] | Unknown] = WeakKeyDictionary()


def devices(exam: Examination) -> dict[str, Any] | Reading:
    """`gpu.compute_capability`, `gpu.memory_gib` and `gpu.name` of each GPU, in the order of the PCI bus.

    Memory is Absent where a GPU has none of its own (unified memory: NVML says that it isn't supported).
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

    def gpu(index: int) -> dict[str, Any]:
        try:
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        except pynvml.NVMLError as error:
            failed = {"failed": _words(pynvml, error)}
            return {"pci": failed, "name": failed, "capability": failed, "memory": failed}
        return {
            "pci": stated(pci, handle),
            "name": stated(pynvml.nvmlDeviceGetName, handle),
            "capability": stated(pynvml.nvmlDeviceGetCudaComputeCapability, handle),
            "memory": stated(lambda: pynvml.nvmlDeviceGetMemoryInfo(handle).total),
        }

    try:
        pynvml.nvmlInit()
        return {
            "driver": stated(pynvml.nvmlSystemGetDriverVersion),
            "cuda": stated(pynvml.nvmlSystemGetCudaDriverVersion_v2),
            "gpus": [gpu(index) for index in range(pynvml.nvmlDeviceGetCount())],
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


def _readings(gpu: dict[str, Any] | None) -> dict[str, Reading]:
    if gpu is None:
        missing = unknown("NVML doesn't list this GPU")
        return dict.fromkeys(("gpu.compute_capability", "gpu.memory_gib", "gpu.name"), missing)
    return {
        "gpu.compute_capability": _reading(gpu["capability"], "nvmlDeviceGetCudaComputeCapability", _capability),
        "gpu.memory_gib": absent("NVML: not supported")
        if "unsupported" in gpu["memory"]
        else _reading(gpu["memory"], "nvmlDeviceGetMemoryInfo", _gib),
        "gpu.name": _name(gpu),
    }


def _name(gpu: dict[str, Any]) -> Reading:
    return _reading(gpu["name"], "nvmlDeviceGetName", str)


def _reading(stated: dict[str, Any], where: str, convert: Callable[[Any], str | float]) -> Reading:
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
