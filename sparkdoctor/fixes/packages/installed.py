"""What is installed in an environment: names, versions, and what each distribution asks for, read from its files."""

from __future__ import annotations

from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.requirements import Requirement

    from sparkdoctor.fixes.place import Place


class Unmet(Record):
    """A distribution that is there, and what it asks for that isn't met; `found` is None where it isn't installed."""

    name: str
    requirement: str
    found: str | None


def versions(place: Place) -> dict[str, str]:
    """Version by name (hyphens, lower case) of what is installed now."""
    return {name.replace("_", "-"): version for name, (version, _) in _distributions(place).items() if version}


def unmet(place: Place, after: Mapping[str, str]) -> list[Unmet]:
    """What of the distributions that stay as they are wouldn't be met with `after` (name → version) installed, too.

    Only what names a distribution of `after` is looked at; what isn't met today already is left out. Raises OSError.
    """
    now = versions(place)
    then = {**now, **after}
    found = []
    for name, (version, where) in _distributions(place).items():
        hyphened = name.replace("_", "-")
        if version is None or hyphened in after:
            continue
        for requirement in requirements(place, where):
            wanted = canonical(requirement.name)
            if wanted in after and not _met(requirement, then.get(wanted)) and _met(requirement, now.get(wanted)):
                found.append(Unmet(hyphened, str(requirement), then.get(wanted)))
    return found


def requirements(place: Place, where: str) -> list[Requirement]:
    """What a distribution asks for here, extras left out; what can't be read as a requirement is passed over."""
    from packaging.requirements import InvalidRequirement, Requirement

    text = place.machine.text(f"{where}/METADATA" if where.endswith(".dist-info") else f"{where}/PKG-INFO")
    found = []
    for line in text.partition("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() != "requires-dist":
            continue
        try:
            requirement = Requirement(value.strip())
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate(_markers(place)):
            found.append(requirement)
    return found


def canonical(name: str) -> str:
    """A distribution's name as indexes compare it."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def name_of(requirement: str) -> str:
    """The name that a requirement speaks of."""
    from packaging.requirements import Requirement

    return canonical(Requirement(requirement).name)


def _distributions(place: Place) -> dict[str, tuple[str | None, str]]:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.facts.collectors.packages import distributions
    from sparkdoctor.facts.values import Unknown

    environment = place.environment
    known = distributions(Examination(place.machine, environment.prefix if environment else place.prefix))
    if isinstance(known, Unknown):
        return {}
    return {name: (one.version, one.where) for name, one in known.items()}


def _markers(place: Place) -> dict[str, str]:
    """The environment that markers speak of: the machine's, with the Python of the place, and no extra."""
    environment = place.environment
    version = str(environment.version.value) if environment and environment.version.present else ""
    markers = {"extra": ""}
    if version:
        markers["python_version"] = ".".join(version.split(".")[:2])
        markers["python_full_version"] = version
    return markers


def _met(requirement: Requirement, version: str | None) -> bool:
    return version is not None and requirement.specifier.contains(version, prereleases=True)
