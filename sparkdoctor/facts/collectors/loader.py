"""Where the dynamic loader would find a library (ld.so(8)), without loading it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.machine import Machine

_NVML = "libnvidia-ml.so.1"
_LOADER_FOLDERS = (
    *("/lib", "/usr/lib", "/lib64", "/usr/lib64"),
    *("/usr/lib/aarch64-linux-gnu", "/usr/lib/x86_64-linux-gnu"),  # Debian's loader looks there without its cache
)


def nvml_in_sight(machine: Machine) -> bool:
    """Whether the loader would find the library; saves a child where there is none (ld.so(8): where it looks)."""
    folders = machine.environ.get("LD_LIBRARY_PATH", "").split(":")
    if any(machine.exists(f"{folder}/{_NVML}") for folder in (*filter(None, folders), *_LOADER_FOLDERS)):
        return True
    try:
        return _NVML.encode() in machine.read("/etc/ld.so.cache")
    except OSError:
        return True
