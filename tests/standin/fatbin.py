"""Fat binaries as CUDA's tools lay them out, without a kernel in them: rows of containers, each a row of entries."""

from __future__ import annotations

import re
import struct

_PTX, _CUBIN, _TOGETHER = 1, 2, 0x100
_KINDS = {"sm": _CUBIN, "compute": _PTX, "lto": 8, "tile": 0x80}
_SUFFIXES = {"": 0, "a": 1 << 20, "f": 1 << 21}
_ZSTD = 1 << 15
_TARGET = re.compile(r"(sm|compute|lto|tile|kind0x[0-9a-f]+)_(\d+)([af]?)(?:/(\d+)\.(\d+))?")
_LINUX_64 = 0x11
CONTAINER = struct.Struct("<4sHHQ")
MAGIC = b"\x50\xed\x55\xba"


def padded(content: bytes, size: int = 8) -> bytes:
    """`content` with zeros after it up to a multiple of `size`."""
    return content + bytes(-len(content) % size)


def header(
    target: str, payload: int, compressed: int = 0, identifier: bytes = b"", size: int = 0, at: int = -1
) -> bytes:
    """The header of an entry for `target` ("sm_121a", "compute_120f/8.8", "lto_90", "tile_80", "kind0x40_0").

    `payload` is the padded size of what follows, `size` the one of the image itself. `at` stands in place of the
    header's size, as the records of images compressed together have it.
    """
    match = _TARGET.fullmatch(target)
    assert match, target
    kind = _KINDS.get(match[1]) or int(match[1].removeprefix("kind"), 16)
    major, minor = (int(match[4]), int(match[5])) if match[4] else (1, 8 if kind == _CUBIN else 0)
    options = _options(kind, int(match[2]), match[3])
    name_at = 64 if identifier else 0
    name = padded(identifier + b"\0") if identifier else b""
    options_at = 64 + len(name) if options else 0
    text_at = struct.pack("<I", options_at + 8) if options else b""
    whole = 64 + len(name) + len(padded(text_at + options))
    flags = _LINUX_64 | _SUFFIXES[match[3]] | (_ZSTD if compressed else 0)
    fields = (kind, 0x0101, whole if at < 0 else at, payload, compressed, options_at, minor, major, int(match[2]))
    fixed = struct.pack("<HHIQIIHHIIIQQQ", *fields, name_at, len(identifier), flags, 0, size)
    return fixed + name + padded(text_at + options)


def _options(kind: int, number: int, suffix: str) -> bytes:
    """The length and the text of the options: of newer cubins an empty text and a copy of their .nv.compat."""
    if kind == _CUBIN and number >= 100:
        compat = bytes((2, 9, suffix == "a", 0, 2, 2, 1, 0))
        return struct.pack("<I", len(compat)) + b"\0" + compat
    return struct.pack("<I", 0) + b"\0" if kind == _PTX else b""


def entry(target: str, size: int = 4096, compressed: bool = False, identifier: bytes = b"") -> bytes:
    """An entry whose image has `size` bytes, or a quarter of it if compressed."""
    if not compressed:
        return header(target, len(padded(bytes(size))), identifier=identifier) + padded(b"\x11" * size)
    payload = b"\x28\xb5\x2f\xfd" + b"\x22" * (size // 4)
    return header(target, len(padded(payload)), len(payload), identifier, size) + padded(payload)


def together(*targets: str, identifier: bytes = b"") -> bytes:
    """One entry of several images that are compressed as one."""
    size = 4096
    records = b"".join(
        header(target, size, identifier=identifier if number % 2 else b"", at=size * number)
        for number, target in enumerate(targets)
    )
    index = struct.pack("<II", len(targets), 8 + len(records)) + records
    payload = b"\x28\xb5\x2f\xfd" + b"\x33" * 400
    flags = _LINUX_64 | _ZSTD
    fields = (_TOGETHER, 0x0101, 64 + len(index), len(padded(payload)), len(payload), 0, 1, 0, 0, 0, 0, flags, 0)
    return struct.pack("<HHIQIIHHIIIQQQ", *fields, size * len(targets)) + index + padded(payload)


def container(*entries: bytes | str) -> bytes:
    """A container of entries; a target stands for an uncompressed one."""
    content = b"".join(one if isinstance(one, bytes) else entry(one) for one in entries)
    return CONTAINER.pack(MAGIC, 1, 16, len(content)) + content


def row(*containers: bytes, align: int = 8) -> bytes:
    """Containers as a section has them: aligned to 8 bytes on x86-64, to 256 on aarch64."""
    return b"".join(padded(one, align) for one in containers)
