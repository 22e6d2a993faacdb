"""Which known-good combination fits this machine, and is nearest to what is installed."""

from __future__ import annotations

from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.specifiers import SpecifierSet

    from sparkdoctor.rulebook.model import Stack

FAMILY = ("vllm", "torch", "torchvision", "torchaudio")
"""Packages that only fit together in certain versions, the most particular first: they change together or stay."""


class Host(Record):
    """What a combination has to suit; "" and empty where it isn't known."""

    python: str
    arch: str
    capabilities: Sequence[str]
    driver: str


def suited(stack: Stack, host: Host) -> bool:
    """Whether a combination is known to work on such a machine; what isn't known of it speaks against nothing."""
    low, high = map(_numbers, stack.python)
    python = _numbers(host.python)[:2]
    return (
        (not python or low <= python <= high)
        and (not host.arch or host.arch in stack.arch)
        and all(capability in stack.gpus for capability in host.capabilities)
        and (not host.driver or not stack.driver or _numbers(host.driver) >= _numbers(stack.driver))
    )


def nearest(
    stacks: Iterable[Stack],
    wanted: Mapping[str, SpecifierSet],
    installed: Mapping[str, str],
    cuda: str,
    host: Host,
) -> Stack | None:
    """The combination that brings what is wanted; None where none is known.

    It must hold every package of the family that is installed or wanted, differ from what is there in a way that an
    installer sees, and be built for the CUDA major `cuda` ("": any). One that needs no extra index comes first, then
    the one nearest to what is installed.
    """
    from packaging.version import Version

    known = list(stacks)
    needed = [name for name in FAMILY if name in wanted or name in installed]
    fitting = [
        stack
        for stack in known
        if suited(stack, host)
        and all(name in stack.packages for name in needed)
        and ("vllm" in needed or "vllm" not in stack.packages)
        and all(stack.packages[name] in specifier for name, specifier in wanted.items() if name in FAMILY)
        and (not cuda or stack.cuda.partition(".")[0] == cuda)
        and _visible(stack, installed, needed)
    ]

    def distance(stack: Stack, name: str) -> tuple[int, float]:
        """Steps between what is installed and the stack's version; of two at one distance the newer."""
        order = sorted(
            {Version(version) for item in (*(one.packages for one in known), installed) if (version := item.get(name))}
        )
        place = order.index(Version(stack.packages[name]))
        base = order.index(Version(installed[name])) if name in installed else len(order)
        return abs(place - base), -place

    def rank(stack: Stack) -> tuple[object, ...]:
        names = [name for name in reversed(FAMILY) if name in needed]
        first = [name for name in ("vllm", "torch") if name in wanted and name in needed]
        return bool(stack.index), *(distance(stack, name) for name in dict.fromkeys([*first, *reversed(names)]))

    return min(fitting, key=rank, default=None)


def _visible(stack: Stack, installed: Mapping[str, str], needed: Sequence[str]) -> bool:
    """Whether an installer would tell the stack from what is there: +cpu and no local part are one version to it."""
    from packaging.version import Version

    changes = [name for name in needed if installed.get(name) != stack.packages[name]]
    return bool(changes) and not any(
        name in installed
        and Version(installed[name]).public == Version(stack.packages[name]).public
        and not Version(stack.packages[name]).local
        for name in changes
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
