"""Which PTX a driver can compile: it knows the versions of the PTX ISA up to those of its own CUDA.

Minor version compatibility doesn't cover PTX: newer PTX fails with cudaErrorUnsupportedPtxVersion (222).
https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
"""

from __future__ import annotations

from sparkdoctor.lazy import re

SOURCE = "https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html"

CUDA_OF_ISA = {
    **{(7, minor): (11, minor) for minor in range(9)},
    **{(8, minor): (12, minor) for minor in range(6)},
    (8, 6): (12, 7),
    (8, 7): (12, 8),
    (8, 8): (12, 9),
    **{(9, minor): (13, minor) for minor in range(6)},
}
"""PTX ISA version → the first CUDA that knows it. 7.0 to 9.1 from NVIDIA's cuda-python, 9.0 and 9.5 measured with ptxas
13.0 and 13.5, 9.2 to 9.4 from the toolkits' release notes.
https://nvidia.github.io/cuda-python/cuda-bindings/latest/module/generated/cuda.bindings.utils.get_minimal_required_cuda_ver_from_ptx_ver.html
"""

_OLDEST = min(CUDA_OF_ISA)
_NEWEST = max(CUDA_OF_ISA.values())
_VERSION = r"(\d+)\.(\d+)"


def cuda_of(isa: str) -> str | None:
    """The first CUDA whose drivers compile PTX of an ISA version; None for versions older and newer than the table."""
    cuda = CUDA_OF_ISA.get(_version(isa) or (0, 0))
    return f"{cuda[0]}.{cuda[1]}" if cuda else None


def compiles(isa: str, driver_cuda: str | None) -> bool | None:
    """Whether a driver of CUDA `driver_cuda` compiles PTX of an ISA version; None where that isn't known."""
    version = _version(isa)
    driver = _version(driver_cuda or "")
    if version is None or driver is None:
        return None
    if version < _OLDEST:
        return True
    cuda = CUDA_OF_ISA.get(version)
    if cuda is None:
        # Newer than the table: certainly not by a driver that the table knows in full.
        return False if driver <= _NEWEST else None
    return driver >= cuda


def _version(text: str) -> tuple[int, int] | None:
    match = re.match(_VERSION, text)
    return (int(match[1]), int(match[2])) if match else None
