"""The start of an ELF file, as much of it as tells whom it is for."""

from __future__ import annotations

import struct

E_MACHINE = {"x86_64": 62, "aarch64": 183, "riscv64": 243}
_EXECUTABLE = 2


def elf(arch: str, content: bytes = b"") -> bytes:
    """A 64-bit little-endian ELF header for `arch` without sections or segments, and `content` after it."""
    ident = b"\x7fELF" + bytes((2, 1, 1)) + bytes(9)
    return (
        ident + struct.pack("<HHIQQQIHHHHHH", _EXECUTABLE, E_MACHINE[arch], 1, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0) + content
    )
