"""Findings → one plan: the admitted fix of each, equal ones merged, contradictions refused, ordered by component."""

from __future__ import annotations

import os

from sparkdoctor.facts.environment import CONDA, VENV
from sparkdoctor.fixes import trust
from sparkdoctor.fixes.actions import MODULES
from sparkdoctor.fixes.chosen import Chosen
from sparkdoctor.fixes.plan import ManualStep, Plan, Refusal, Step
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.records import changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from sparkdoctor.diagnosis.model import Diagnosis, Finding, Offer
    from sparkdoctor.facts.values import Reading
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.rulebook.model import Rulebook


def planned(
    diagnosis: Diagnosis,
    book: Rulebook,
    place: Place | None,
    read: Callable[[str], Reading],
    unsafe: bool = False,
) -> Plan:
    """The plan for all findings; `place` is None where nothing is applied (another root, a snapshot, an image).

    `read` gives facts for what is there now; `unsafe` admits package changes and commands as root.
    """
    ranks = {component: rank for rank, component in enumerate(book.components)}
    findings = sorted(diagnosis.findings, key=lambda finding: ranks.get(finding.rule.component, len(ranks)))
    chosen: list[Chosen] = []
    manual: list[ManualStep] = []
    refused: list[Refusal] = []
    for finding in findings:
        try:
            offer = _choice(finding, book, unsafe)
        except Refused as error:
            refused.append(Refusal((finding.rule.id,), str(error)))
            continue
        reason = _for_a_person(offer, place) if offer else None
        if offer is not None and reason is None:
            chosen.append(Chosen(finding, offer))
        elif (step := _manual(finding, offer, reason, unsafe)) is not None:
            manual.append(step)
    kept, contradictions = _agreed(chosen)
    steps = [*_env_steps(kept, read), *_other_steps(kept)]
    pins = [item for item in kept if item.offer.kind == "pin"]
    if pins:
        from sparkdoctor.fixes.packages import wanted

        packages = wanted.planned(pins, wanted.Asked(book, place, read, diagnosis.targets))
        steps += packages.steps
        manual += packages.manual
        refused += packages.refused
    order = {item.finding.rule.id: number for number, item in enumerate(kept)}
    steps.sort(key=lambda step: min(order[id] for id in step.rules))
    return Plan(
        environment=place.prefix if place and place.environment else None,
        steps=tuple(changed(step, n=number) for number, step in enumerate(steps, 1)),
        manual=tuple(_merged(manual)),
        refused=(*refused, *contradictions),
    )


def _choice(finding: Finding, book: Rulebook, unsafe: bool) -> Offer | None:
    """The first fix that applies and is admitted. Raises Refused where it asks for what its rule may not have."""
    for offer in finding.offers:
        if offer.ready and offer.kind in MODULES and (offer.safety == "safe" or (unsafe and offer.safety == "unsafe")):
            trust.checked(offer, finding.rule, book)
            return offer
    return None


def _for_a_person(offer: Offer, place: Place | None) -> str | None:
    """Why a person has to take the step after all; None where sparkdoctor can."""
    kind = place.environment.kind if place and place.environment else ""
    if offer.kind in ("env", "arch-flag"):
        if place is not None and kind not in (VENV, CONDA):
            return "this Python sets no variables by itself: set them where the program starts (sparkdoctor env)"
        if kind == CONDA and offer.unset:
            return "conda can't take a variable away that something else sets: take it out where it is set"
    if offer.kind == "command":
        from sparkdoctor.fixes.catalogue import CATALOGUE

        entry = CATALOGUE.get(offer.command)
        if entry is None:
            return f"{offer.command} is not in sparkdoctor's catalogue of commands"
        if entry.root and os.geteuid() != 0:
            return "needs root"
    return None


def _manual(finding: Finding, offer: Offer | None, reason: str | None, unsafe: bool) -> ManualStep | None:
    """The step that is left to a person: the fix that couldn't be taken, else the best that is known."""
    if offer is None:
        best = next((item for item in finding.offers if item.ready), next(iter(finding.offers), None))
        if best is None:
            return None
        offer = best
        if not best.ready:
            reason = best.reason
        elif best.safety == "unsafe" and not unsafe:
            reason = "needs --unsafe"
        else:
            reason = "a step for a person"
    return ManualStep((finding.rule.id,), offer.kind, offer.text, offer.effect, reason or "a step for a person")


def _merged(steps: Iterable[ManualStep]) -> list[ManualStep]:
    """Steps with the same text once, with all their rules."""
    found: dict[str, ManualStep] = {}
    for step in steps:
        known = found.get(step.text)
        found[step.text] = changed(known, rules=(*known.rules, *step.rules)) if known else step
    return list(found.values())


def _settings(offer: Offer) -> dict[str, str | None]:
    return {**(offer.set or {}), **dict.fromkeys(offer.unset)}


def _agreed(chosen: Sequence[Chosen]) -> tuple[list[Chosen], list[Refusal]]:
    """Without those that want different things of one variable or package, which are refused with both rules named."""
    wants: dict[str, dict[object, list[str]]] = {}
    for item in chosen:
        for subject, value in _wishes(item.offer):
            wants.setdefault(subject, {}).setdefault(value, []).append(item.finding.rule.id)
    refusals: list[Refusal] = []
    rejected: set[str] = set()
    for subject, values in wants.items():
        if len(values) > 1:
            rules = tuple(id for ids in values.values() for id in ids)
            told = ", ".join(f"{' and '.join(ids)} wants {_told(value)}" for value, ids in values.items())
            refusals.append(Refusal(rules, f"{subject}: {told}; choose one with --select, for example {rules[0]}"))
            rejected.update(rules)
    return [item for item in chosen if item.finding.rule.id not in rejected], refusals


def _wishes(offer: Offer) -> Iterable[tuple[str, object]]:
    """What a fix wants of each thing that it touches."""
    yield from _settings(offer).items()
    if offer.kind == "file":
        yield offer.file["path"], tuple(sorted(offer.file.items()))


def _told(value: object) -> str:
    return "it unset" if value is None else str(value)


def _env_steps(chosen: Sequence[Chosen], read: Callable[[str], Reading]) -> list[Step]:
    """One step for each group of fixes that share variables."""
    groups: list[tuple[dict[str, str | None], list[Chosen]]] = []
    for item in (item for item in chosen if MODULES[item.offer.kind] == "env"):
        settings, members = _settings(item.offer), [item]
        for group in [group for group in groups if group[0].keys() & settings.keys()]:
            groups.remove(group)
            settings, members = {**group[0], **settings}, [*group[1], *members]
        groups.append((settings, members))
    return [_env_step(settings, members, read) for settings, members in groups]


def _env_step(settings: Mapping[str, str | None], members: Sequence[Chosen], read: Callable[[str], Reading]) -> Step:
    from sparkdoctor.fixes.settings.blocks import posix

    payload: dict[str, Any] = {
        "set": {name: value for name, value in settings.items() if value is not None},
        "unset": [name for name, value in settings.items() if value is None],
    }
    readings = {name: read(f"env.{name}") for name in settings}
    now = {name: str(reading.value) for name, reading in readings.items() if reading.present}
    step = _step(members, payload, posix(settings).rstrip("\n"), assignments(settings))
    return changed(step, before=assignments(now) if now else None)


def assignments(settings: Mapping[str, str | None]) -> str:
    """Variables as the diff of a plan shows them: one a line, those that are unset said to be."""
    return "\n".join(f"{name} is not set" if value is None else f"{name}={value}" for name, value in settings.items())


def _other_steps(chosen: Sequence[Chosen]) -> list[Step]:
    """Files and commands: equal ones once."""
    groups: dict[tuple[str, str], list[Chosen]] = {}
    for item in chosen:
        if item.offer.kind == "file":
            groups.setdefault(("file", item.offer.file["path"]), []).append(item)
        elif item.offer.kind == "command":
            groups.setdefault(("command", item.offer.command), []).append(item)
    steps = []
    for (kind, subject), members in groups.items():
        offer = members[0].offer
        if kind == "file":
            steps.append(_step(members, dict(offer.file), offer.text, _file_told(offer.file)))
            continue
        from sparkdoctor.fixes.catalogue import CATALOGUE

        entry = CATALOGUE[subject]
        steps.append(changed(_step(members, {"name": subject}, entry.text, entry.text), notes=entry.notes))
    return steps


def _file_told(file: Mapping[str, str]) -> str:
    return f"{file['path']} -> {file['link']}" if "link" in file else f"{file['path']}:\n{file['content']}"


def _step(members: Sequence[Chosen], payload: Mapping[str, Any], text: str, after: str) -> Step:
    offer = members[0].offer
    return Step(
        n=0,
        rules=tuple(dict.fromkeys(item.finding.rule.id for item in members)),
        kind=offer.kind,
        safety="unsafe" if any(item.offer.safety == "unsafe" for item in members) else "safe",
        text=text,
        effect=" ".join(dict.fromkeys(item.offer.effect for item in members)),
        payload=payload,
        after=after,
    )
