"""Where GPU code runs: what holds for machine code (sm_), PTX (compute_) and their suffixes `a` and `f`.

Sources:

- NVIDIA, Blackwell Compatibility Guide: machine code runs on the same major number with the same or a higher minor;
  PTX without a suffix is compiled for every later GPU.
  https://docs.nvidia.com/cuda/blackwell-compatibility-guide/
- NVIDIA, CUDA Programming Guide, Feature Set Compiler Targets (table 28): `a` is one GPU's own, `f` a family's.
  https://docs.nvidia.com/cuda/cuda-programming-guide/05-appendices/compute-capabilities.html
- NVIDIA, family-specific architecture features in CUDA 12.9.
  https://developer.nvidia.com/blog/nvidia-blackwell-and-nvidia-cuda-12-9-introduce-family-specific-architecture-features/
- ptxas 13.5 as measured: the families have 10.7 too, and PTX for 10.1 is taken as PTX for 11.0 (Thor's number before
  CUDA 13).

Whether the driver knows the PTX's ISA version is another question, and so is whether a library has code for *each* of
its kernels.
"""

from __future__ import annotations

from sparkdoctor.lazy import re, remembered_pair
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

NATIVE = "native"
"""Machine code of the GPU's own capability."""
COMPATIBLE = "compatible"
"""Machine code of a lower minor of the same major: complete and fast, nothing is compiled."""
PTX = "ptx"
"""PTX that the driver compiles when it is first used."""
NONE = "none"
"""There is code, but none that this GPU can use."""
UNKNOWN = "unknown"
"""Nobody has said whether it runs: machine code for a GPU's former number, or a capability that can't be read."""
NONE_FOUND = "none-found"
"""No GPU code was found at all, which doesn't prove that there is none."""

FAMILIES = {
    (10, 0): ((10, 0), (10, 3), (10, 7)),
    (10, 3): ((10, 3), (10, 7)),
    (10, 7): ((10, 7),),
    (11, 0): ((11, 0),),
    (12, 0): ((12, 0), (12, 1)),
    (12, 1): ((12, 1),),
}
"""Target with the suffix `f` → capabilities that it serves. Membership doesn't follow from the numbers."""

_RENAMED = {(10, 1): (11, 0)}
"""Capabilities that NVIDIA renumbered."""

_TEGRA = {(7, 2), (8, 7), (11, 0)}
"""Capabilities of Tegra, from which and to which NVIDIA promises nothing across minors."""

COMPATIBILITY_GUIDE = "https://docs.nvidia.com/cuda/blackwell-compatibility-guide/"
TARGETS = "https://docs.nvidia.com/cuda/cuda-programming-guide/05-appendices/compute-capabilities.html"
PROGRAMMING_GUIDE = "https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#binary-compatibility"

BEST_FIRST = (NATIVE, COMPATIBLE, PTX, UNKNOWN, NONE)
_ENTRY = r"(sm|compute)_(\d+)(\d)([af]?)"
_CAPABILITY = r"(\d+)\.(\d)"


def runs(code: Iterable[str], capability: str) -> str:
    """How a GPU of `capability` ("12.1") runs `code` ("sm_80", "sm_120f", "compute_90"…): by the best of its entries.

    Returns NATIVE, COMPATIBLE, PTX, UNKNOWN or NONE, and NONE_FOUND where `code` is empty. What is no machine code or
    PTX (LTO IR, Tile IR) is passed over: no GPU loads it by itself.

    COMPATIBLE follows the general rule on Orin (8.7) too, where NVIDIA promises it between neither Tegra and desktop
    nor the minors of Tegra (CUDA C++ Programming Guide, Binary Compatibility).
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#binary-compatibility
    """
    return _best(tuple(code), capability)


@remembered_pair
def _best(code: tuple[str, ...], capability: str) -> str:
    match = re.fullmatch(_CAPABILITY, capability)
    if match is None:
        return UNKNOWN
    gpu = int(match[1]), int(match[2])
    outcomes = {_outcome(entry, gpu) for text in code if (entry := re.fullmatch(_ENTRY, text))}
    return next((outcome for outcome in BEST_FIRST if outcome in outcomes), NONE_FOUND)


class Reason(Record):
    """How a GPU runs one target, why in words, and the address of the rule."""

    runs: str
    text: str
    source: str


@remembered_pair
def reason(target: str, capability: str) -> Reason:
    """How a GPU of `capability` ("12.1") runs a target ("sm_120f", "compute_80"), and why.

    Of what is no machine code or PTX: NONE_FOUND. Of a capability that can't be read: UNKNOWN.
    """
    match, entry = re.fullmatch(_CAPABILITY, capability), re.fullmatch(_ENTRY, target)
    if match is None:
        return Reason(UNKNOWN, f"no compute capability is called {capability!r}", COMPATIBILITY_GUIDE)
    if entry is None:
        return Reason(NONE_FOUND, f"{target} is nothing that a GPU loads by itself", TARGETS)
    gpu = int(match[1]), int(match[2])
    outcome = _outcome(entry, gpu)
    number = int(entry[2]), int(entry[3])
    ptx = entry[1] == "compute"
    if ptx:
        number = _RENAMED.get(number, number)
    text = _why_not(target, number, ptx, entry[4]) if outcome == NONE else _why(target, number, outcome, entry[4], gpu)
    return Reason(outcome, text, _source(number, gpu, ptx, entry[4], outcome))


def _why(target: str, number: tuple[int, int], outcome: str, suffix: str, gpu: tuple[int, int]) -> str:
    capability = _text(gpu)
    if outcome == UNKNOWN:
        return f"{target} is a former number of {capability}; whether a driver loads it isn't known"
    if outcome == NATIVE:
        return f"{target} is {capability}'s own code"
    if outcome == PTX:
        return f"the driver compiles {target} for {capability} when it is first used"
    if suffix == "f":
        return f"{target} code serves {capability} (same family)"
    promise = ", though NVIDIA promises nothing across minors on Tegra" if _TEGRA & {number, gpu} else ""
    return f"{target} code serves {capability} (same major, higher minor){promise}"


def _why_not(target: str, number: tuple[int, int], ptx: bool, suffix: str) -> str:
    if suffix == "a":
        return f"{target} serves {_text(number)} alone"
    if suffix == "f":
        members = [_text(member) for member in FAMILIES.get(number, ())]
        return f"{target} serves its family alone ({', '.join(members)})" if members else f"{target} has no family"
    if ptx:
        return f"{target} serves {_text(number)} and later GPUs"
    return f"{target} serves {number[0]}.x from {_text(number)} on"


def _source(number: tuple[int, int], gpu: tuple[int, int], ptx: bool, suffix: str, outcome: str) -> str:
    if suffix:
        return TARGETS
    return PROGRAMMING_GUIDE if outcome == COMPATIBLE and not ptx and _TEGRA & {number, gpu} else COMPATIBILITY_GUIDE


def _text(capability: tuple[int, int]) -> str:
    return f"{capability[0]}.{capability[1]}"


def _outcome(entry: re.Match[str], gpu: tuple[int, int]) -> str:
    kind, suffix = entry[1], entry[4]
    target = int(entry[2]), int(entry[3])
    if kind == "compute":
        return PTX if _compiles(_RENAMED.get(target, target), suffix, gpu) else NONE
    if target in _RENAMED:
        return UNKNOWN if gpu == _RENAMED[target] else NONE
    if not _loads(target, suffix, gpu):
        return NONE
    return NATIVE if target == gpu else COMPATIBLE


def _loads(target: tuple[int, int], suffix: str, gpu: tuple[int, int]) -> bool:
    """Whether machine code for `target` is loaded by the GPU."""
    if suffix == "a":
        return target == gpu
    if suffix == "f":
        return gpu in FAMILIES.get(target, ())
    return target[0] == gpu[0] and target[1] <= gpu[1]


def _compiles(target: tuple[int, int], suffix: str, gpu: tuple[int, int]) -> bool:
    """Whether PTX for `target` can be compiled for the GPU."""
    if suffix == "a":
        return target == gpu
    if suffix == "f":
        return gpu in FAMILIES.get(target, ())
    return target <= gpu
