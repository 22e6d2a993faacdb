"""A rule's fixes as they stand for this machine: which apply, filled in, and which one would be carried out."""

from __future__ import annotations

import re

from sparkdoctor.diagnosis.conditions import ALWAYS, Outcome, evaluate
from sparkdoctor.diagnosis.model import Offer
from sparkdoctor.diagnosis.placeholders import facts_of, told
from sparkdoctor.facts.values import ABSENT, CERTAIN
from sparkdoctor.records import changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sparkdoctor.facts.values import Reading
    from sparkdoctor.rulebook.model import Fix, Rule

    Read = Callable[[str], Reading]

_PLAIN = re.compile(r"[\w@%+=:,./~\-]+", re.ASCII)


def offers(rule: Rule, read: Read, indexes: Mapping[str, str]) -> tuple[Offer, ...]:
    """The alternatives, best first, without those that certainly don't apply; at most one is planned."""
    found = [offer for fix in rule.detail.fixes if (offer := _offer(fix, read, indexes)) is not None]
    planned = next((place for place, offer in enumerate(found) if offer.reason is None), None)
    return tuple(
        changed(offer, planned=True)
        if place == planned
        else changed(offer, reason=offer.reason or "a better one is planned")
        for place, offer in enumerate(found)
    )


def _offer(fix: Fix, read: Read, indexes: Mapping[str, str]) -> Offer | None:
    outcome = ALWAYS if fix.condition is None else evaluate(fix.condition.node, read)
    if outcome.truth is False and outcome.strength == CERTAIN:
        return None
    named = facts_of(fix.text, *fix.set.values(), *fix.file.values())
    if any(read(name).value is ABSENT for name in named):
        return None
    unknown = [name for name in named if not read(name).known]
    values = {name: told(value, read) for name, value in fix.set.items()}
    return Offer(
        kind=fix.kind,
        safety=fix.safety,
        text=_text(fix, values, read, indexes),
        effect=fix.effect,
        set=None if unknown or not values else values,
        planned=False,
        reason=_reason(fix, outcome, unknown),
        unset=fix.unset,
        ready=outcome.truth is True and not unknown,
        packages=fix.packages,
        index=fix.index,
        command=fix.command,
        file={name: told(value, read) for name, value in fix.file.items()},
    )


def _reason(fix: Fix, outcome: Outcome, unknown: list[str]) -> str | None:
    if outcome.truth is None or unknown:
        return "unknown: " + ", ".join(dict.fromkeys([*outcome.missing, *unknown]))
    if outcome.truth is False:
        return "it seems not to apply: " + ", ".join(dict.fromkeys(outcome.facts))
    return {"safe": None, "unsafe": "needs --unsafe", "manual": "a step for a person"}[fix.safety]


def _text(fix: Fix, values: Mapping[str, str], read: Read, indexes: Mapping[str, str]) -> str:
    if fix.text:
        return told(fix.text, read)
    if fix.packages:
        return _installation(fix, read, indexes)
    return "\n".join(
        [f"export {name}={quoted(value)}" for name, value in values.items()] + [f"unset {name}" for name in fix.unset]
    )


def _installation(fix: Fix, read: Read, indexes: Mapping[str, str]) -> str:
    """The command that installs into the examined environment."""
    python = read("python.executable")
    if read("python.installer").value == "uv":
        command = ["uv", "pip", "install"] + (["--python", str(python.value)] if python.present else [])
    else:
        command = [str(python.value) if python.present else "python3", "-m", "pip", "install"]
    if fix.index:
        command += ["--index-url", indexes[fix.index]]
    return " ".join(map(quoted, [*command, "--upgrade", *fix.packages]))


def quoted(word: str) -> str:
    """A word for a POSIX shell; what unknown facts leave in angle brackets stays as it is, for a person to fill in."""
    if _PLAIN.fullmatch(word) or re.fullmatch(r"[^'\s]*<[\w.]+>[^'\s]*", word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"
