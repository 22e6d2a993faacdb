"""Turns the words after `scan` into files to look at: packages, folders, wheels, single files."""

from __future__ import annotations

import os

from sparkdoctor.binaries import scan as scanning
from sparkdoctor.binaries.carriers import below, is_carrier
from sparkdoctor.binaries.scan import Library
from sparkdoctor.cli.exits import Unusable
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sparkdoctor.binaries.cache import Cache
    from sparkdoctor.binaries.scan import Scanned
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.facts.collectors.packages import Distribution
    from sparkdoctor.facts.values import Reading

WHEELS = (".whl", ".zip")
PYTHON_ALONE, NO_LIBRARY = "it is Python alone", "it lists no library"


class Asked(Record):
    """One thing to scan: what it is called, how many files it has, and each of them when it is looked at."""

    name: str
    count: int
    scanned: Iterator[Scanned]
    package: str | None = None
    remark: str | None = None
    exact: bool = False
    """Whether a single file is meant, so that it must be one that can carry GPU code."""


def asked(exam: Examination, words: Sequence[str], cache: Cache, deep: bool) -> list[Asked]:
    """What the words mean; all of the environment where there are none. Raises Unusable."""
    depth = scanning.EVERYTHING if deep else None
    if not words:
        return _environment(exam, cache, depth)
    return [one for word in words for one in _named(exam, word, cache, depth)]


def _named(exam: Examination, word: str, cache: Cache, depth: int | None) -> list[Asked]:
    """A path where the word looks like one; else an installed distribution; else what lies at that path."""
    path = _path(exam, word)
    if "/" not in word and not word.endswith(WHEELS) and not is_carrier(word):
        from sparkdoctor.facts.collectors import packages
        from sparkdoctor.facts.values import Reading

        found = packages.find(exam, packages.normalised(word))
        if not isinstance(found, Reading):
            return [_distribution(exam, found, cache, depth)]
        if not exam.machine.exists(path):
            raise Unusable(_no_such_package(exam, word, found))
    if exam.machine.is_dir(path):
        return _folder(exam, word, path, cache, depth)
    if word.endswith(WHEELS):
        return [_wheel(exam, word, path, cache, depth)]
    if not exam.machine.exists(path):
        raise Unusable(f"{word}: no such file or folder{_and_no_package(exam, word)}")
    reach = scanning.HIDDEN if depth is None else depth
    scanned = scanning.scan(exam.machine, [Library(path, word)], cache, reach)
    return [Asked(word, 1, scanned, exact=True)]


def _path(exam: Examination, word: str) -> str:
    """Where a path given on the command line lies inside the examined machine."""
    machine = exam.machine
    if machine.live:
        return os.path.abspath(word)
    outside = os.path.realpath(word)
    inside = machine.inside(outside)
    return inside if inside != outside else os.path.normpath(f"/{word}")


def _environment(exam: Examination, cache: Cache, depth: int | None) -> list[Asked]:
    from sparkdoctor.facts.collectors import packages
    from sparkdoctor.facts.values import Reading, Unknown

    listed = packages.distributions(exam)
    if isinstance(listed, Unknown):
        raise Unusable(f"no environment to scan: {listed.reason} (name one with --python PATH, or a file or folder)")
    names = sorted(listed)
    groups = []
    for name in names:
        found = packages.find(exam, name)
        group = (
            Asked(name.replace("_", "-"), 0, iter(()), name, _reason(found))
            if isinstance(found, Reading)
            else _distribution(exam, found, cache, depth)
        )
        if group.count or group.remark not in (PYTHON_ALONE, NO_LIBRARY):
            groups.append(group)
    return groups


def _distribution(exam: Examination, found: Distribution, cache: Cache, depth: int | None) -> Asked:
    from sparkdoctor.facts.collectors.libraries import libraries, ships_no_libraries

    version = f" {found.version}" if found.version else ""
    name = f"{found.name.replace('_', '-')}{version}"
    try:
        listed = libraries(exam, found)
    except OSError as error:
        reason = f"its list of files can't be read: {error.strerror or error}"
        return Asked(name, 0, iter(()), found.name, reason)
    if not listed:
        pure = ships_no_libraries(exam, found)
        return Asked(name, 0, iter(()), found.name, PYTHON_ALONE if pure else NO_LIBRARY)
    reach = scanning.SECTIONS if depth is None else depth
    return Asked(name, len(listed), scanning.scan(exam.machine, listed, cache, reach), found.name)


def _folder(exam: Examination, word: str, path: str, cache: Cache, depth: int | None) -> list[Asked]:
    """The libraries below a folder, and each wheel that lies in it."""
    base = path.rstrip("/")
    try:
        listed = [Library(file, file[len(base) + 1 :]) for file in below(exam.machine, path)]
        wheels = [name for name, is_folder in exam.machine.entries(path) if name.endswith(".whl") and not is_folder]
    except OSError as error:
        raise Unusable(f"{word}: can't be read: {error.strerror or error}") from error
    found = []
    for name in wheels:
        try:
            found.append(_wheel(exam, name, f"{base}/{name}", cache, depth))
        except Unusable as error:
            found.append(Asked(name, 0, iter(()), remark=str(error).removeprefix(f"{name}: ")))
    if listed or not found:
        reach = scanning.SECTIONS if depth is None else depth
        found.insert(0, Asked(word, len(listed), scanning.scan(exam.machine, listed, cache, reach)))
    return found


def _wheel(exam: Examination, word: str, path: str, cache: Cache, depth: int | None) -> Asked:
    from sparkdoctor.binaries.wheel import NotAWheel
    from sparkdoctor.facts.collectors.packages import normalised

    name, _, rest = os.path.basename(word).partition("-")
    package = normalised(name) if word.endswith(".whl") and rest else None
    reach = scanning.SECTIONS if depth is None else depth
    try:
        count, scanned = scanning.scan_wheel(exam.machine, path, cache, reach, package)
    except FileNotFoundError as error:
        raise Unusable(f"{word}: no such file") from error
    except NotAWheel as error:
        raise Unusable(f"{word}: {error}") from error
    except OSError as error:
        raise Unusable(f"{word}: can't be read: {error.strerror or error}") from error
    shown = f"{name.replace('_', '-')} {rest.partition('-')[0]}" if package else word
    return Asked(shown, count, scanned, package, None if count else "it holds no library")


def _reason(reading: Reading) -> str:
    from sparkdoctor.facts.values import Unknown

    return reading.value.reason if isinstance(reading.value, Unknown) else "it isn't installed"


def _no_such_package(exam: Examination, word: str, found: object) -> str:
    from sparkdoctor.facts.collectors import packages
    from sparkdoctor.facts.values import Reading, Unknown
    from sparkdoctor.spelling import meant

    if isinstance(found, Reading) and isinstance(found.value, Unknown):
        return f"{word}: {found.value.reason}"
    listed = packages.distributions(exam)
    names = [] if isinstance(listed, Unknown) else [name.replace("_", "-") for name in listed]
    near = meant(packages.normalised(word).replace("_", "-"), names)
    environment = exam.environment()
    place = environment.prefix if not isinstance(environment, Unknown) else "this environment"
    return f"{word}: {place} has no such package, and there is no such file or folder{near}"


def _and_no_package(exam: Examination, word: str) -> str:
    return " (packages are named without a path: sparkdoctor scan torch)" if "/" not in word else ""
