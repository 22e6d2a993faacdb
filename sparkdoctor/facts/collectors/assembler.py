"""Reads NVIDIA's assembler (ptxas) and compiler (nvcc) as files: version and targets stand in their own bytes.

Nothing is executed, so the files of another processor, and those of an image that nobody trusts, tell as much.
"""

from __future__ import annotations

from sparkdoctor.facts.values import measured, unknown
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    import mmap

    from sparkdoctor.facts.values import Reading
    from sparkdoctor.machine import Machine

_VERSION = rb"release \d+\.\d+, V(\d+\.\d+\.\d+)"
_TARGET = rb"lto_(\d{2,3}[af]?)\0"
_CONSTANTS = b".rodata"
_LIMIT = 256 << 20
"""Bytes that are searched at most; the largest assembler so far has 52 MB."""


class Assembler:
    """What an assembler says of itself; None where its bytes don't say it."""

    __slots__ = ("path", "targets", "version")

    def __init__(self, path: str, version: str | None, targets: tuple[str, ...] | None) -> None:
        self.path = path
        self.version = version
        self.targets = targets

    def readings(self, prefix: str) -> dict[str, Reading]:
        """`PREFIX_version` and `PREFIX_targets` as readings."""
        return {
            f"{prefix}_version": measured(self.version, self.path)
            if self.version
            else unknown(f"{self.path} doesn't state its version"),
            f"{prefix}_targets": measured(self.targets, self.path)
            if self.targets
            else unknown(f"{self.path} doesn't state its targets"),
        }


def assembler(machine: Machine, path: str) -> Assembler:
    """Reads the assembler at `path`. Raises OSError where it can't be read."""
    content = machine.mapped(path)
    constants = _constants(content)
    stated = version(content, *constants) or version(content)
    return Assembler(path, stated, targets(content, *constants) or targets(content))


def _constants(content: bytes | mmap.mmap) -> tuple[int, int]:
    """Where a program's constants lie, a fifth of it, in which its texts stand; all of it where that isn't told."""
    from sparkdoctor.binaries import elf
    from sparkdoctor.binaries.broken import Broken, Steps
    from sparkdoctor.binaries.source import Buffer

    source = Buffer(content)
    try:
        if content[:4] == elf.MAGIC:
            for section in elf.named(source, elf.header(source), (_CONSTANTS,), Steps()):
                return section.offset, min(section.offset + section.size, _LIMIT)
    except Broken:
        pass
    return 0, _LIMIT


def version(content: bytes | mmap.mmap, start: int = 0, end: int = _LIMIT) -> str | None:
    """The V number that a program of the toolkit prints with --version, from its bytes ("12.9.86")."""
    found = re.compile(_VERSION).search(content, start, end)
    return found[1].decode() if found else None


def targets(content: bytes | mmap.mmap, start: int = 0, end: int = _LIMIT) -> tuple[str, ...] | None:
    """The targets that an assembler takes (`--gpu-name`), oldest first, from its bytes.

    Of the three names that it holds for a target (sm_90a, compute_90a, lto_90a) only those with lto_ are exactly its
    targets: names with sm_ also stand there for GPUs that it no longer serves (sm_50 in 13.0), and some that it does
    serve are shared with the end of a longer string (sm_89). Held against `--help` of ten releases, 11.8 to 13.5.
    """
    found: set[str] = set()
    target = re.compile(_TARGET)
    while match := target.search(content, start, end):
        found.add(match[1].decode())
        start = match.end()
    return tuple(f"sm_{name}" for name in sorted(found, key=_age)) or None


def _age(name: str) -> tuple[int, str]:
    return int(name.rstrip("af")), name
