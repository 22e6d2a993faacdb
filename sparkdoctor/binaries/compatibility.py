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

import re
from functools import lru_cache

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

_BEST_FIRST = (NATIVE, COMPATIBLE, PTX, UNKNOWN, NONE)
_ENTRY = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)")
_CAPABILITY = re.compile(r"(\d+)\.(\d)")


def runs(code: Iterable[str], capability: str) -> str:
    """How a GPU of `capability` ("12.1") runs `code` ("sm_80", "sm_120f", "compute_90"…): by the best of its entries.

    Returns NATIVE, COMPATIBLE, PTX, UNKNOWN or NONE, and NONE_FOUND where `code` is empty. What is no machine code or
    PTX (LTO IR, Tile IR) is passed over: no GPU loads it by itself.

    COMPATIBLE follows the general rule on Orin (8.7) too, where NVIDIA promises it between neither Tegra and desktop
    nor the minors of Tegra (CUDA C++ Programming Guide, Binary Compatibility).
    https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#binary-compatibility
    """
    return _best(tuple(code), capability)


@lru_cache(maxsize=256)
def _best(code: tuple[str, ...], capability: str) -> str:
    match = _CAPABILITY.fullmatch(capability)
    if match is None:
        return UNKNOWN
    gpu = int(match[1]), int(match[2])
    outcomes = {_outcome(entry, gpu) for text in code if (entry := _ENTRY.fullmatch(text))}
    return next((outcome for outcome in _BEST_FIRST if outcome in outcomes), NONE_FOUND)


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
