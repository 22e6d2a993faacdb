"""Where the dynamic loader would find a library (ld.so(8)), without loading it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sparkdoctor.machine import Machine

_NVML = "libnvidia-ml.so.1"
_CACHE = "/etc/ld.so.cache"
_CACHE_START = b"glibc-ld.so.cache1.1"
_CACHE_HEADER = 48
_CACHE_ENTRY = 24
LOADER_FOLDERS = (
    *("/lib", "/usr/lib", "/lib64", "/usr/lib64"),
    *("/usr/lib/aarch64-linux-gnu", "/usr/lib/x86_64-linux-gnu"),  # Debian's loader looks there without its cache
)


def nvml_in_sight(machine: Machine) -> bool:
    """Whether the loader would find the library; saves a child where there is none (ld.so(8): where it looks)."""
    folders = machine.environ.get("LD_LIBRARY_PATH", "").split(":")
    if any(machine.exists(f"{folder}/{_NVML}") for folder in (*filter(None, folders), *LOADER_FOLDERS)):
        return True
    try:
        return _NVML.encode() in machine.read(_CACHE)
    except OSError:
        return True


def found(machine: Machine, name: str, library_path: str = "") -> str | None:
    """Where the loader finds a library first: `library_path` (LD_LIBRARY_PATH), its cache, its own folders."""
    places = [f"{folder}/{name}" for folder in library_path.split(":") if folder.startswith("/")]
    for path in (*places, *_cached(machine, name), *(f"{folder}/{name}" for folder in LOADER_FOLDERS)):
        if machine.exists(path):
            return path
    return None


def _cached(machine: Machine, name: str) -> Iterable[str]:
    """What ldconfig wrote down for a library, in its order; nothing where there is no cache of today's form.

    A header, in which the number of entries follows the mark, then entries whose second and third number say where in
    the file the library's name and its path stand (glibc's sysdeps/generic/dl-cache.h).
    """
    try:
        content = machine.read(_CACHE)
    except OSError:
        return
    if not content.startswith(_CACHE_START) or name.encode() not in content:
        return
    count = int.from_bytes(content[20:24], "little")
    end = min(_CACHE_HEADER + count * _CACHE_ENTRY, len(content))
    wanted = name.encode()
    for at in range(_CACHE_HEADER, end, _CACHE_ENTRY):
        key = int.from_bytes(content[at + 4 : at + 8], "little")
        if content[key : key + len(wanted) + 1] == wanted + b"\0":
            value = int.from_bytes(content[at + 8 : at + 12], "little")
            yield content[value : content.find(b"\0", value)].decode("utf-8", "replace")
