"""Mutates and truncates samples of every format, and holds what is read of them to what must be true of any file.

`python -m tests.binaries.mutations 1000000` does so a million times, in as many processes as there are cores.
"""

from __future__ import annotations

import os
import random
import struct
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from sparkdoctor.binaries.broken import MOST_STEPS
from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.verdict import judge
from tests.standin.fatbin import container, entry, together
from tests.standin.library import OBJECT, archive, cubin, library, windows

LONGEST_READ = 16 << 20
_INTERESTING = (0, 1, 8, 16, 63, 64, 65, 127, 255, 4096, 65535, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1)


class Watched:
    """Bytes that note what is read of them, and refuse what no reader may ask for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)
        self.calls = 0

    def read(self, offset: int, count: int) -> bytes:
        """As `Source.read`; raises AssertionError for reads before, after or far beyond what there is."""
        self.calls += 1
        assert 0 <= offset <= self.size + (1 << 32), offset
        assert 0 <= count <= LONGEST_READ, count
        return self.content[offset : offset + count]


@cache
def samples() -> tuple[bytes, ...]:
    """Small files of every format and kind of entry."""
    images = [
        entry("sm_80", 200),
        entry("sm_90a", 300, compressed=True, identifier=b"kernel.cu"),
        entry("sm_121f", 100),
        entry("compute_120/8.7", 500, compressed=True),
        entry("lto_90", 64),
        together("sm_100a", "compute_121/9.5", "sm_121a", identifier=b"k.cu"),
    ]
    whole, half = container(*images), container(*images[:2])
    shared = library(whole, half, relocatable=(half,), data=cubin(90, "flags", abi=7) + half)
    return (
        shared,
        library(half, whole, arch="aarch64"),
        library(data=b"\1" * 40 + whole + cubin(121, "compat")),
        library(relocatable=(half,), type=OBJECT),
        archive(library(half, type=OBJECT), library(relocatable=(half,), type=OBJECT), cubin(90), b"text"),
        archive(library(half, type=OBJECT), long_names=True),
        windows(whole, half, relocatable=(half,)),
        whole,
        cubin(121, "compat"),
        cubin(90, "flags", abi=7),
    )


def mutated(sample: bytes, chance: random.Random) -> bytes:
    """A sample with a few bytes or numbers changed, or parts of it cut off, doubled, or moved."""
    content = bytearray(sample)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if len(content) < 16:
            break
        at = chance.randrange(len(content))
        way = chance.randrange(8)
        if way < 2:
            content[at] = chance.randrange(256)
        elif way < 5:
            form = chance.choice(("<H", "<I", "<Q"))
            size = struct.calcsize(form)
            at = min(at & -size, len(content) - size)
            value = (
                chance.choice(_INTERESTING)
                if way < 4
                else struct.unpack_from(form, content, at)[0] + chance.choice((-8, -1, 1, 8))
            )
            struct.pack_into(form, content, at, value & ((1 << 8 * size) - 1))
        elif way == 5:
            del content[at:]
        elif way == 6:
            del content[at : at + chance.choice((1, 7, 8, 64, 500))]
        else:
            piece = content[at : at + chance.choice((8, 16, 64, 500))]
            to = chance.randrange(len(content))
            content[to:to] = piece
    return bytes(content)


def hold(content: bytes, search: bool | None = None) -> bool:
    """Reads `content`, and raises AssertionError where something isn't as it must be; gives whether it was broken."""
    file = Watched(content)
    found = contents(file, search)
    assert file.calls < MOST_STEPS
    for code in (found.code, found.relocatable, found.outside_sections):
        images = sum(code.cubins.values()) + sum(one["count"] for one in code.ptx.values()) + sum(code.counted.values())
        assert images * 64 <= len(content) * 2
        assert sum(code.containers.values()) * 16 <= len(content) * 2
    if found.error is not None:
        offset = int(found.error.rpartition(" at offset ")[2], 16)
        assert offset >= 0
    judge(found, "12.1")
    return found.error is not None


def rounds(seed: int, count: int) -> int:
    """Holds `count` mutations made from `seed`; gives how many were broken. Says which one failed."""
    chance = random.Random(seed)
    every = samples()
    broken = 0
    for number in range(count):
        content = mutated(chance.choice(every), chance)
        try:
            broken += hold(content, chance.choice((None, None, False, True)))
        except Exception as error:
            path = Path(f"mutation-{seed}-{number}.bin").absolute()
            path.write_bytes(content)
            raise AssertionError(f"seed {seed}, number {number}, kept in {path}: {error!r}") from error
    return broken


def main() -> None:
    """Holds as many mutations as the command line says."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    started, share = time.monotonic(), 10_000
    print(f"{count:,} mutations, seeds from {seed}", flush=True)
    seeds = range(seed, seed + -(-count // share))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        broken = sum(pool.map(rounds, seeds, [share] * len(seeds)))
    print(f"{len(seeds) * share:,} read in {time.monotonic() - started:.0f} s, {broken:,} of them broken; none failed")


if __name__ == "__main__":
    main()
