"""Installs exact versions of packages, by the environment's own pip or by uv, and brings back what was there."""

from __future__ import annotations

import os

from sparkdoctor.fixes.actions import AFTER, BEFORE, BETWEEN, OTHER
from sparkdoctor.fixes.packages import aside, checked, difference, installed, installer
from sparkdoctor.fixes.packages.difference import Bounds
from sparkdoctor.fixes.refused import Refused, Worse
from sparkdoctor.fixes.rights import allowed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sparkdoctor.fixes.actions import Checkpoint, Intention
    from sparkdoctor.fixes.packages.difference import Difference
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.plan import Step

_SHOWN = 10


def intend(step: Step, place: Place, plan: str) -> Intention:
    """See `Action`. What an installation could touch lies aside afterwards."""
    allowed(place)
    own = aside.of_step(plan, step.n)
    by = installer.chosen(place)
    _writable(place)
    before, after = step.payload["before"], step.payload["after"]
    now = installed.versions(place)
    moved = [name for name, version in before.items() if now.get(name) != version]
    if moved:
        raise Refused(f"{', '.join(sorted(moved))} changed since this was planned; call it again")
    within = difference.bounds(place)
    intention = {
        "installer": by.kind,
        "index_url": step.payload["index_url"],
        "before": before,
        "after": after,
        "plan": own,
        "within": within.__dict__,
        "conflicts": checked.conflicts(place, by),
    }
    return intention | {"kept": aside.put(place, own).files}


def do(intention: Intention, place: Place, checkpoint: Checkpoint) -> dict[str, Any]:
    """See `Action`. Raises Worse where afterwards something doesn't fit together that did."""
    by = installer.chosen(place)
    after = intention["after"]
    pins = [f"{name}=={version}" for name, version in sorted(after.items())]
    checkpoint("installing")
    answer = installer.install(place, by, pins, intention["index_url"], "--no-deps")
    if answer.status != 0:
        raise Refused(f"{by.kind} could not install {', '.join(pins)}: {installer.said(answer)}")
    checkpoint("installed")
    wrong = checked.missing(after, checked.seen(place, by)) + checked.missing(after, installed.versions(place))
    new = [line for key, line in checked.conflicts(place, by).items() if key not in intention["conflicts"]]
    if wrong or new:
        raise Worse("; ".join(dict.fromkeys([*wrong, *new])))
    found = difference.found(place, intention["plan"], Bounds(**intention["within"]))
    difference.save(place, intention["plan"], found)
    checkpoint("saved")
    return {"made": len(found.made), "lost": len(found.lost), "installer": by.kind}


def undo(intention: Intention, result: Mapping[str, Any] | None, place: Place, force: bool = False) -> list[str]:
    """See `Action`. Needs no network. All of it or nothing: packages half taken back would work less than either."""
    plan = intention["plan"]
    if not aside.there(place, plan):
        return [] if state(intention, place) == BEFORE else [_gone(place, plan)]
    known = difference.saved(place, plan)
    if known is None:
        if not aside.whole(place, plan, intention["kept"]):
            return [_gone(place, plan)]
        return _restored(place, plan, difference.found(place, plan, Bounds(**intention["within"])))
    if not force:
        kept = _moved(intention, place) or [
            f"{place.prefix}/{path} was changed since; the packages stay as they are"
            for path in difference.changed_since(place, plan, known)
        ]
        if kept:
            more = [f"… and {len(kept) - _SHOWN} more"] if len(kept) > _SHOWN else []
            return kept[:_SHOWN] + more
    return _restored(place, plan, known)


def _restored(place: Place, plan: str, found: Difference) -> list[str]:
    """Brings back what was there, and lets go of what was put aside. Gives what is kept."""
    kept = difference.restore(place, plan, found)
    if not kept:
        aside.drop(place, plan)
    return kept


def _gone(place: Place, plan: str) -> str:
    return f"what was put aside in {place.aside(plan)} is gone or not whole: the packages stay as they are"


def state(intention: Intention, place: Place) -> str:
    """See `Action`; told by the versions of the packages."""
    now = installed.versions(place)
    before, after = intention["before"], intention["after"]
    ours = [now.get(name) == version for name, version in after.items()]
    theirs = [now.get(name) == version for name, version in before.items()]
    if all(ours):
        return AFTER
    if all(theirs):
        return BEFORE
    known = all(now.get(name) in (before[name], version, None) for name, version in after.items())
    return BETWEEN if known else OTHER


def _moved(intention: Intention, place: Place) -> list[str]:
    """A line for each package that somebody changed since; none where they stand at either end, or between."""
    now = installed.versions(place)
    before = intention["before"]
    return [
        f"{name} is {now.get(name) or 'gone'} now, not {version} as the plan left it; the packages stay as they are"
        for name, version in intention["after"].items()
        if now.get(name) not in (version, before[name])
    ]


def _writable(place: Place) -> None:
    """Raises Refused where a folder that packages go into can't be written."""
    environment = place.environment
    for site in environment.sites if environment else ():
        real = os.path.realpath(site)
        if real.startswith(f"{place.prefix}/") and os.path.isdir(real) and not os.access(real, os.W_OK | os.X_OK):
            raise Refused(f"no right to write in {real}", "call this as its owner")
