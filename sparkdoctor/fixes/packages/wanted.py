"""What rules want of packages → steps of a plan: known-good versions, resolved together, one step for each index."""

from __future__ import annotations

from sparkdoctor.fixes.packages import installed, installer, processes, resolution, stacks
from sparkdoctor.fixes.plan import ManualStep, Refusal, Step
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.records import Record, changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from packaging.specifiers import SpecifierSet

    from sparkdoctor.diagnosis.model import Target
    from sparkdoctor.facts.values import Reading
    from sparkdoctor.fixes.chosen import Chosen
    from sparkdoctor.fixes.packages.resolution import Resolution
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.rulebook.model import Rulebook, Stack

    Read = Callable[[str], Reading]

_CONFIGURED = "the configured index"


class Asked(Record):
    """What the steps are made for: the rulebook, the environment (None: it is elsewhere), its facts, its GPUs."""

    book: Rulebook
    place: Place | None
    read: Read
    targets: Sequence[Target]


class Planned(Record):
    """Steps; what no known combination serves is left to a person, what can't be resolved is refused."""

    steps: list[Step]
    manual: list[ManualStep]
    refused: list[Refusal]


class _Unserved(Refused):
    """No known-good combination brings it: a person may know one."""


def planned(chosen: Sequence[Chosen], asked: Asked) -> Planned:
    """The steps for the pins among the chosen fixes."""
    found = Planned([], [], [])
    groups: dict[str, list[Chosen]] = {}
    for item in chosen:
        groups.setdefault(_group(item), []).append(item)
    for members in groups.values():
        try:
            found.steps.append(_step(members, asked))
            continue
        except Refused as error:
            if len(members) == 1:
                _left(members[0], error, found)
                continue
        kept: list[Chosen] = []
        step = None
        for item in members:
            try:
                step = _step([*kept, item], asked)
                kept.append(item)
            except Refused as error:
                _left(item, error, found, kept)
        found.steps.extend([step] if step is not None and kept else [])
    return found


def _group(item: Chosen) -> str:
    """The family together, whatever index its rules name: where it comes from follows from the combination."""
    names = {installed.name_of(package) for package in item.offer.packages}
    return "family" if names & {*stacks.FAMILY} else f"index {item.offer.index}"


def _left(item: Chosen, error: Refused, found: Planned, others: Sequence[Chosen] = ()) -> None:
    rules = (item.finding.rule.id,)
    if isinstance(error, _Unserved):
        found.manual.append(ManualStep(rules, "pin", item.offer.text, item.offer.effect, str(error)))
        return
    beside = f" (beside what {', '.join(one.finding.rule.id for one in others)} wants)" if others else ""
    found.refused.append(Refusal(rules, f"{error}{beside}"))


def _step(members: Sequence[Chosen], asked: Asked) -> Step:
    """The step that serves all of some rules. Raises Refused."""
    requirements = list(dict.fromkeys(package for item in members for package in item.offer.packages))
    stack = None
    index = members[0].offer.index
    if _group(members[0]) == "family":
        stack = _stack(members, asked)
        index = stack.index
        requirements = _pinned(requirements, stack, asked.read)
    url = asked.book.indexes[index] if index else ""
    by = installer.chosen(asked.place) if asked.place is not None else None
    if by is None or asked.place is None:
        return _made(members, requirements, index, url, stack, None, "pip install " + " ".join(requirements))
    found = resolution.resolved(asked.place, by, requirements, url)
    if not found.after:
        raise Refused(f"{', '.join(requirements)} is there already: this takes more than an installation")
    step = _made(members, requirements, index, url, stack, found, by.shown(requirements, url))
    return changed(step, notes=(*step.notes, *_warnings(asked.place)))


def _stack(members: Sequence[Chosen], asked: Asked) -> Stack:
    from sparkdoctor.rulebook.stacks import load

    read = asked.read
    there = {name: _text(read(f"pkg.{name}.version")) for name in stacks.FAMILY}
    host = stacks.Host(
        python=_text(read("python.version")),
        arch=_text(read("os.arch")),
        capabilities=[target.compute_capability for target in asked.targets if target.compute_capability],
        driver=_text(read("driver.version")),
    )
    wanted = _specifiers(members)
    cudas = {item.offer.index.partition("-cu")[2][:2] for item in members if "-cu" in item.offer.index}
    found = None
    if len(cudas) < 2:
        installed_now = {name: version for name, version in there.items() if version}
        found = stacks.nearest(load(asked.book), wanted, installed_now, "".join(cudas), host)
    if found is None:
        told = ", ".join(f"{name}{specifier}" for name, specifier in wanted.items())
        beside = [name for name, version in there.items() if version and name not in wanted]
        raise _Unserved(
            f"no combination that is known to work brings {told}{' beside ' + ', '.join(beside) if beside else ''}"
            " to this GPU, driver and Python"
        )
    return found


def _specifiers(members: Sequence[Chosen]) -> dict[str, SpecifierSet]:
    from packaging.requirements import Requirement

    found: dict[str, SpecifierSet] = {}
    for item in members:
        for package in item.offer.packages:
            requirement = Requirement(package)
            name = installed.canonical(requirement.name)
            found[name] = found[name] & requirement.specifier if name in found else requirement.specifier
    return found


def _pinned(requirements: Sequence[str], stack: Stack, read: Read) -> list[str]:
    """The stack's exact versions of what is wanted or there, and what is wanted beside it as it was asked for."""
    names = {installed.name_of(requirement) for requirement in requirements}
    members = [name for name in stacks.FAMILY if name in names or read(f"pkg.{name}.version").present]
    pins = [f"{name}=={stack.packages[name]}" for name in members]
    return pins + [one for one in requirements if installed.name_of(one) not in stacks.FAMILY]


def _made(
    members: Sequence[Chosen],
    requested: Sequence[str],
    index: str,
    url: str,
    stack: Stack | None,
    found: Resolution | None,
    text: str,
) -> Step:
    notes = []
    if stack is not None:
        notes.append(f"Known to fit together: {stack.id} ({stack.sources[0].url}). {stack.note}")
    if url:
        notes.append(f"From {url} alone, in place of {_CONFIGURED}.")
    if found is None:
        notes.append("What else would change, pip or uv says on that machine.")
    before, after = ({}, {}) if found is None else (found.before, found.after)
    return Step(
        n=0,
        rules=tuple(dict.fromkeys(item.finding.rule.id for item in members)),
        kind="pin",
        safety="unsafe",
        text=text,
        effect=" ".join(dict.fromkeys(item.offer.effect for item in members)),
        payload={
            "packages": list(requested) if found is None else found.pins,
            "requested": list(requested),
            "before": dict(before),
            "after": dict(after),
            "index": index,
            "index_url": url,
            "stack": stack.id if stack else "",
        },
        before="\n".join(f"{name} {version}" for name, version in before.items() if version) or None,
        after="\n".join(
            f"{name} {version}{'' if before[name] else ' (new)'}" for name, version in sorted(after.items())
        )
        or "\n".join(requested),
        notes=tuple(notes),
    )


def _warnings(place: Place) -> list[str]:
    using = processes.using(place)
    if not using:
        return []
    told = ", ".join(f"{number} ({name})" for number, name in using[:5])
    return [f"Processes that use it now and may fail when they load more of it: {told}. Stop them first."]


def _text(reading: Reading) -> str:
    return str(reading.value) if reading.present else ""
