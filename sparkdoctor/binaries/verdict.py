"""Whether a library runs on a GPU: judged by its containers, each of which is one translation unit.

A kernel is looked for in the container of its own translation unit. So a library is no better than most of its
containers: one cubin for sm_121a beside 476 for sm_120 makes none of the other kernels native. And it can lack code in
some of them by design, where it chooses its kernels by GPU; those fail only if they are asked for.
"""

from __future__ import annotations

from sparkdoctor.binaries import jit
from sparkdoctor.binaries.compatibility import (
    BEST_FIRST,
    COMPATIBILITY_GUIDE,
    COMPATIBLE,
    NATIVE,
    NONE,
    NONE_FOUND,
    PTX,
    UNKNOWN,
    Reason,
    reason,
)
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sparkdoctor.binaries.contents import Code, Contents

STRAY = 50
"""Code for the GPU in fewer than one of so many containers doesn't make a library run: the rest of it fails. Working
libraries have it in at least one of five (cuSPARSELt 0.10 on 12.1: 161 of 795)."""

_ENVIRONMENT = "https://docs.nvidia.com/cuda/cuda-programming-guide/05-appendices/environment-variables.html"


class Verdict(Record):
    """How a library runs on a GPU: `runs` is a word of `compatibility`, `reason` says why in a sentence.

    `source` is the address of the rule that decides. `containers` says how many translation units have code that runs
    which way; empty where the file has no containers that load.
    """

    runs: str
    reason: str
    source: str
    containers: dict[str, int] = {}


class Driver(Record):
    """What the driver makes of PTX: its CUDA ("13.0"; None: not known), and whether it may compile at all."""

    cuda: str | None = None
    compiles: bool = True


class _Best(Record):
    """The best that a container has for the GPU."""

    target: str
    reason: Reason


def judge(found: Contents, capability: str, driver: Driver | None = None) -> Verdict:
    """How a GPU of `capability` ("12.1") runs what a file holds.

    Code that the runtime loads decides; where none of it runs, code outside of sections, which the library loads
    itself; then PTX of relocatable device code, which can be linked when the program runs. Relocatable machine code
    decides only where there is nothing else: the file is still to be linked.
    """
    driver = driver or Driver()
    places = [(found.code, ""), (found.outside_sections, ", kept as plain data that the library loads itself")]
    verdicts = [_judge(_sets(code), capability, driver, where) for code, where in places if code.targets]
    relocatable = found.relocatable
    if not verdicts and relocatable.targets:
        verdicts.append(_judge(_sets(relocatable), capability, driver, ", once it is linked"))
    elif relocatable.ptx:
        verdicts.append(
            _judge(_sets(relocatable, ptx_alone=True), capability, driver, ", linked when the program runs")
        )
    if not verdicts:
        return Verdict(NONE_FOUND, _nothing(found), COMPATIBILITY_GUIDE)
    units = verdicts[0].containers if found.code.containers else {}
    chosen = next((one for one in verdicts if one.runs not in (NONE, NONE_FOUND)), verdicts[0])
    return Verdict(chosen.runs, chosen.reason, chosen.source, units)


def _sets(code: Code, ptx_alone: bool = False) -> Mapping[tuple[str, ...], int]:
    """The targets of each container and how many there are of it; of bare cubins, each by itself."""
    if ptx_alone:
        return {(f"{name}/{isa}",): images["count"] for name, images in code.ptx.items() for isa in images["isa"]}
    return code.containers or {(name,): count for name, count in code.cubins.items()}


def _judge(sets: Mapping[tuple[str, ...], int], capability: str, driver: Driver, where: str) -> Verdict:
    bests = [(_best(targets, capability, driver), count) for targets, count in sets.items()]
    units = dict.fromkeys(BEST_FIRST, 0)
    targets: dict[str, dict[str, int]] = {outcome: {} for outcome in BEST_FIRST}
    for best, count in bests:
        units[best.reason.runs] += count
        by_target = targets[best.reason.runs]
        by_target[best.target] = by_target.get(best.target, 0) + count
    counts = {outcome: count for outcome, count in units.items() if count}
    total = sum(counts.values())
    usable = total - units[NONE] - units[UNKNOWN]
    if not usable or usable * STRAY < total:
        if units[UNKNOWN] and not usable:
            unknown = next(best.reason for best, _ in bests if best.reason.runs == UNKNOWN)
            return Verdict(UNKNOWN, unknown.text + where, unknown.source, counts)
        return _lacking(sets, bests, capability, usable, total, counts)
    outcome = max((one for one in reversed(BEST_FIRST) if one not in (NONE, UNKNOWN)), key=lambda one: units[one])
    target = max(targets[outcome], key=lambda one: targets[outcome][one])
    decisive = next(best.reason for best, _ in bests if best.target == target and best.reason.runs == outcome)
    return Verdict(outcome, decisive.text + where + _rest(counts, outcome, total), decisive.source, counts)


def _best(targets: Iterable[str], capability: str, driver: Driver) -> _Best:
    """The target of a container that the GPU runs best; among equals the highest."""
    # Targets come in the order of their numbers.
    bests = [_Best(target, _reason(target, capability, driver)) for target in targets][::-1]
    return min(bests, key=lambda best: BEST_FIRST.index(best.reason.runs))


def _reason(target: str, capability: str, driver: Driver) -> Reason:
    name, _, isa = target.partition("/")
    why = reason(name, capability)
    if why.runs == NONE_FOUND:
        return Reason(NONE, why.text, why.source)
    if why.runs != PTX:
        return why
    if not driver.compiles:
        return Reason(NONE, f"{name} would have to be compiled, which CUDA_DISABLE_PTX_JIT forbids", _ENVIRONMENT)
    needed = jit.cuda_of(isa)
    can = jit.compiles(isa, driver.cuda)
    if can is False:
        needs = f"needs a driver of CUDA {needed}" if needed else "is newer than any CUDA known to this release"
        return Reason(NONE, f"{name} is of PTX ISA {isa}, which {needs}; this one's is {driver.cuda}", jit.SOURCE)
    if can is None and needed:
        return Reason(PTX, f"{why.text} (PTX ISA {isa}: a driver of CUDA {needed} or later)", jit.SOURCE)
    return Reason(PTX, f"{why.text} (PTX ISA {isa})", why.source)


def _lacking(
    sets: Mapping[tuple[str, ...], int],
    bests: list[tuple[_Best, int]],
    capability: str,
    usable: int,
    total: int,
    counts: dict[str, int],
) -> Verdict:
    """The verdict where the GPU runs nothing, or next to nothing."""
    names = list(dict.fromkeys(target.partition("/")[0] for targets in sets for target in targets))
    held = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    if usable:
        verb = "has" if usable == 1 else "have"
        text = f"only {usable} of {total} translation units {verb} code for {capability}; it holds {held}"
        return Verdict(NONE, text, COMPATIBILITY_GUIDE, counts)
    near = _nearest(bests, capability)
    return Verdict(NONE, f"nothing of {held} runs on {capability}: {near.text}", near.source, counts)


def _nearest(bests: list[tuple[_Best, int]], capability: str) -> Reason:
    """The reason that tells most: PTX that can't be compiled, else a target of the same major, else any."""
    major = capability.partition(".")[0]
    reasons = {best.target: best.reason for best, _ in bests}
    for why in reasons.values():
        if why.source in (jit.SOURCE, _ENVIRONMENT):
            return why
    same = [why for target, why in reasons.items() if target.partition("_")[2].startswith(major)]
    return same[0] if same else next(iter(reasons.values()))


def _rest(counts: Mapping[str, int], outcome: str, total: int) -> str:
    """What the other translation units have, in words."""
    words = {
        NATIVE: "this GPU's own code",
        COMPATIBLE: "compatible machine code",
        PTX: "PTX alone",
        UNKNOWN: "code that may run",
        NONE: "no code for it",
    }
    parts = [f"{_have(count)} {words[one]}" for one, count in counts.items() if one != outcome]
    return f"; of {total} translation units, {', '.join(parts)}" if parts else ""


def _have(count: int) -> str:
    return f"{count} {'has' if count == 1 else 'have'}"


def _nothing(found: Contents) -> str:
    held = [name for code in (found.code, found.outside_sections, found.relocatable) for name in code.counted]
    if held:
        return f"it holds {', '.join(dict.fromkeys(held))}, which no GPU loads by itself"
    if found.searched:
        return "no GPU code was found, neither in sections nor by searching the rest"
    return "its sections for GPU code are empty" if found.sections else "it has no sections for GPU code"
