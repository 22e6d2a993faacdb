"""Counts GPU code while it is read, by numbers; names come at the end."""

from __future__ import annotations

from sparkdoctor.binaries.broken import Broken
from sparkdoctor.binaries.contents import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sparkdoctor.binaries.contents import Ptx

    Key = tuple[int, int, int, int]
    """Kind, architecture number, suffix bits, and of PTX the ISA version (major << 16 | minor), else 0."""

PTX = 1
CUBIN = 2
LTO_IR = 8
TILE_IR = 0x80

ACCELERATED = 1 << 20
"""Flag of an entry: the suffix `a`."""
FAMILY = 1 << 21
"""Flag of an entry: the suffix `f`."""

_MOST_KEYS = 1 << 10
_MOST_SETS = 1 << 12
_MOST_ALIKE = 1 << 8


class Tally:
    """How many images there are of each key, and how many containers of each set of keys.

    Containers are counted by their likes first, since a library has thousands of a few kinds: `settle` adds them up.
    """

    __slots__ = ("_alike", "containers", "images")

    def __init__(self) -> None:
        self.images: dict[Key, int] = {}
        self.containers: dict[frozenset[Key], int] = {}
        self._alike: dict[tuple[Key, ...], int] = {}

    def image(self, key: Key, offset: int) -> None:
        """Counts an image that is in no container. Raises Broken as `settle` does."""
        self.images[key] = self.images.get(key, 0) + 1
        self._check(offset)

    def container(self, images: list[Key], offset: int, lacks: bool = False) -> None:
        """Counts a container, found at `offset`; one that `lacks` kernels by nature counts by its images alone.

        Raises Broken as `settle` does.
        """
        if lacks:
            self._add(images, 1)
            return
        alike = tuple(images)
        self._alike[alike] = self._alike.get(alike, 0) + 1
        if len(self._alike) > _MOST_ALIKE or len(alike) > _MOST_KEYS:
            self.settle(offset)

    def settle(self, offset: int) -> None:
        """Adds up what was counted; raises Broken, at `offset`, where that is more than is kept of one file."""
        for images, count in self._alike.items():
            self._add(images, count)
            if any(key[0] in (PTX, CUBIN) for key in images):
                found = frozenset(images)
                self.containers[found] = self.containers.get(found, 0) + count
        self._alike.clear()
        self._check(offset)

    def merge(self, other: Tally, offset: int) -> None:
        """Adds another's settled counts; raises Broken as `settle` does."""
        for key, count in other.images.items():
            self.images[key] = self.images.get(key, 0) + count
        for found, count in other.containers.items():
            self.containers[found] = self.containers.get(found, 0) + count
        self._check(offset)

    def _add(self, images: Iterable[Key], count: int) -> None:
        for key in images:
            self.images[key] = self.images.get(key, 0) + count

    def _check(self, offset: int) -> None:
        if len(self.images) > _MOST_KEYS:
            raise Broken(offset, f"more than {_MOST_KEYS:,} different targets")
        if len(self.containers) > _MOST_SETS:
            raise Broken(offset, f"more than {_MOST_SETS:,} different containers")

    def code(self) -> Code:
        """The counts, by name and in the order of the targets' numbers."""
        cubins: dict[str, int] = {}
        ptx: dict[str, Ptx] = {}
        counted: dict[str, int] = {}
        for key, count in sorted(self.images.items(), key=lambda item: _order(item[0])):
            kind, name = key[0], _name(key)
            if kind == CUBIN:
                cubins[name] = cubins.get(name, 0) + count
            elif kind == PTX:
                images = ptx.setdefault(name, {"count": 0, "isa": []})
                images["count"] += count
                images["isa"].append(_isa(key[3]))
            else:
                counted[name] = counted.get(name, 0) + count
        sets = {
            tuple(_full_name(key) for key in sorted(found, key=_order)): count
            for found, count in self.containers.items()
        }
        return Code(cubins=cubins, ptx=ptx, counted=counted, containers=dict(sorted(sets.items())))


def _suffix(bits: int) -> str:
    return "a" if bits & ACCELERATED else "f" if bits & FAMILY else ""


def _order(key: Key) -> tuple[int, int, str, int]:
    kind, number, bits, version = key
    return (0 if kind == CUBIN else kind), number, _suffix(bits), version


def _name(key: Key) -> str:
    kind, number, bits, _ = key
    if kind == TILE_IR:
        return "tile"
    word = {CUBIN: "sm", PTX: "compute", LTO_IR: "lto"}.get(kind)
    return f"{word}_{number}{_suffix(bits)}" if word else f"kind{kind:#x}"


def _isa(version: int) -> str:
    return f"{version >> 16}.{version & 0xFFFF}"


def _full_name(key: Key) -> str:
    return f"{_name(key)}/{_isa(key[3])}" if key[0] == PTX else _name(key)
