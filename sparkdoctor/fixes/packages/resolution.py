"""What an installation would change: the resolver's own dry run, nothing installed and nothing left behind."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager

from sparkdoctor.fixes.packages import installed, installer
from sparkdoctor.fixes.packages.installer import UV, Installer
from sparkdoctor.fixes.packages.stacks import FAMILY
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sparkdoctor.fixes.place import Place

_ROUNDS = 4
"""How often what a change would break is taken into the resolution, too."""

_LOCK = ".lock"
"""uv leaves this file in an environment that it looked at."""


class Resolution(Record):
    """What would be installed: version after by name, and version now (None: it isn't there)."""

    after: Mapping[str, str]
    before: Mapping[str, str | None]

    @property
    def pins(self) -> list[str]:
        """The exact requirements that make it so."""
        return [f"{name}=={version}" for name, version in sorted(self.after.items())]


def resolved(place: Place, by: Installer, wanted: Sequence[str], index: str) -> Resolution:
    """The coherent change that brings `wanted`: what stays must still be met, or comes along.

    What depends on a package that changes is first held where it is; where no version of the package agrees with
    that, it may move, too. Raises Refused with the resolver's own words where there is no solution.
    """
    now = installed.versions(place)
    held: dict[str, str] = {}
    freed: list[str] = []
    for _ in range(_ROUNDS):
        extra = [*(f"{name}=={version}" for name, version in held.items()), *freed]
        try:
            after = _dry_run(place, by, wanted, extra, index)
        except Refused:
            rigid = [name for name in held if name in FAMILY]
            if rigid:
                told = ", ".join(f"{name} {now[name]}" for name in rigid)
                raise Refused(f"{told} asks for another version of what {', '.join(wanted)} brings") from None
            if not held:
                raise
            freed += held
            held = {}
            continue
        broken = {item.name for item in installed.unmet(place, after)} - set(freed)
        if not broken:
            changes = {name: version for name, version in after.items() if now.get(name) != version}
            return Resolution(changes, {name: now.get(name) for name in changes})
        held |= {name: now[name] for name in broken}
    items = installed.unmet(place, after)
    told = ", ".join(f"{item.name} needs {item.requirement}, it would get {item.found}" for item in items)
    raise Refused(f"no versions fit together: {told}")


def _dry_run(place: Place, by: Installer, wanted: Sequence[str], extra: Sequence[str], index: str) -> dict[str, str]:
    packages = [*wanted, *extra]
    if by.kind == UV:
        newest = [word for text in wanted for word in ("--upgrade-package", installed.name_of(text))]
        with _as_it_was(place.prefix):
            answer = installer.install(place, by, packages, index, "--dry-run", *newest)
    else:
        answer = installer.install(place, by, packages, index, "--dry-run", "--report", "-", "--quiet", "--upgrade")
    if answer.status != 0:
        if "no such option: --dry-run" in answer.errors or "no such option: --report" in answer.errors:
            raise Refused(
                f"pip of {place.prefix} is older than 22.2 and can't say what it would do",
                f"bring it up to date: {by.python} -m pip install --upgrade pip",
            )
        raise Refused(f"{by.kind} finds no way to install {', '.join(wanted)}: {installer.said(answer)}")
    return _of_uv(answer.errors) if by.kind == UV else _of_pip(answer.output)


def _of_pip(report: str) -> dict[str, str]:
    """The installation report (pip's documentation, "Installation report"), version 1."""
    start = report.find("{")
    items = json.loads(report[start:])["install"] if start >= 0 else []
    return {installed.canonical(item["metadata"]["name"]): item["metadata"]["version"] for item in items}


def _of_uv(said: str) -> dict[str, str]:
    """The lines ` + name==version` of what would be installed; ` ~ name==version` of what would be anew."""
    found = {}
    for line in said.splitlines():
        if line.startswith((" + ", " ~ ")):
            name, equals, version = line[3:].strip().partition("==")
            if equals:
                found[installed.canonical(name)] = version.split()[0]
    return found


@contextmanager
def _as_it_was(prefix: str) -> Iterator[None]:
    """Takes away the lock file that uv leaves in an environment, and gives its folder back its time."""
    path = os.path.join(prefix, _LOCK)
    there = os.path.lexists(path)
    before = os.stat(prefix)
    try:
        yield
    finally:
        if not there and os.path.lexists(path):
            try:
                os.unlink(path)
                os.utime(prefix, ns=(before.st_atime_ns, before.st_mtime_ns))
            except OSError:
                pass
