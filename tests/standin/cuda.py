"""CUDA toolkits without their gigabytes: the files that tell which toolkit it is and which GPUs it knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.standin.elf import elf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.standin.root import Root

TARGETS_12_8 = [
    "sm_50",
    "sm_52",
    "sm_53",
    "sm_60",
    "sm_61",
    "sm_62",
    "sm_70",
    "sm_72",
    "sm_75",
    "sm_80",
    "sm_86",
    "sm_87",
    "sm_89",
    "sm_90",
    "sm_90a",
    "sm_100",
    "sm_100a",
    "sm_101",
    "sm_101a",
    "sm_120",
    "sm_120a",
]
TARGETS_12_9 = [
    *TARGETS_12_8[:-4],
    "sm_100f",
    "sm_101",
    "sm_101a",
    "sm_101f",
    "sm_103",
    "sm_103a",
    "sm_103f",
    "sm_120",
    "sm_120a",
    "sm_120f",
    "sm_121",
    "sm_121a",
    "sm_121f",
]
TARGETS_13_0 = [
    "sm_75",
    "sm_80",
    "sm_86",
    "sm_87",
    "sm_88",
    "sm_89",
    "sm_90",
    "sm_90a",
    "sm_100",
    "sm_100a",
    "sm_100f",
    "sm_103",
    "sm_103a",
    "sm_103f",
    "sm_110",
    "sm_110a",
    "sm_110f",
    "sm_120",
    "sm_120a",
    "sm_120f",
    "sm_121",
    "sm_121a",
    "sm_121f",
]


def assembler(build: str = "13.0.88", targets: Sequence[str] = TARGETS_13_0, arch: str = "aarch64") -> bytes:
    """The content of a ptxas: its version and its targets stand in it as the real one has them.

    Names with sm_ are there of GPUs that it doesn't serve too, and sm_89 only as the end of another string.
    """
    release = ".".join(build.split(".")[:2])
    version = f"Cuda compilation tools, release {release}, V{build}"
    names = [target.removeprefix("sm_") for target in targets]
    no_targets = ["sm_11", "sm_20", "sm_30", "sm_50", "sm_53", "compute_20"]
    known = [f"{kind}_{name}" for kind in ("sm", "compute", "lto") for name in names if f"{kind}_{name}" != "sm_89"]
    texts = ["ptxas", "NVIDIA (R) Ptx optimizing assembler", version, *no_targets, *known, "cp_sm_89", "--gpu-name"]
    return elf(arch, b"\0" + b"\0".join(text.encode() for text in texts) + b"\0")


def toolkit(
    root: Root,
    version: str = "13.0.2",
    build: str = "13.0.88",
    targets: Sequence[str] = TARGETS_13_0,
    arch: str = "aarch64",
    default: bool = True,
) -> str:
    """A toolkit in /usr/local/cuda-X.Y, to which /usr/local/cuda leads if `default`; its path inside the root."""
    release = ".".join(version.split(".")[:2])
    folder = f"/usr/local/cuda-{release}"
    tools = f"Cuda compilation tools, release {release}, V{build}".encode()
    root.write(f"{folder}/bin/ptxas", assembler(build, targets, arch), 0o755)
    root.write(f"{folder}/bin/nvcc", elf(arch, b"\0" + tools + b"\0"), 0o755)
    components = {"cuda": ("CUDA SDK", version), "cuda_nvcc": ("CUDA NVCC", build)}
    stated = {key: {"name": name, "version": number} for key, (name, number) in components.items()}
    root.write(f"{folder}/version.json", json.dumps(stated, indent=3))
    if default:
        root.link("/usr/local/cuda", f"cuda-{release}")
    return folder
