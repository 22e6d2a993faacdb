"""Distributions of the examined environment: names and versions by their folders, the rest from their metadata."""

from __future__ import annotations

import os

from sparkdoctor.facts.values import Reading, Unknown, absent, measured, unknown
from sparkdoctor.lazy import json, re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_SUFFIXES = (".dist-info", ".egg-info")
_NAME = r"(?a)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_NAME_VERSION = r"(?a)([A-Za-z0-9](?:[\w.-]*?[A-Za-z0-9])?)-(v?\d[\w.!+]*)"
_PYTHON_TAG = r"(?a)-py\d(?:\.\d+)?(?:-[\w.-]+)?$"
_REQUIREMENT = r"(?i)Requires-Dist:[ \t]*([A-Za-z0-9][A-Za-z0-9._-]*)"
_TAG = r"(?m)^Tag:[ \t]*(\S+)"
_VERSION = r"(?m)^Version:[ \t]*(\S+)"
_HEAD = 1 << 18
_RECORD = 1 << 16
_SHOWN_SITES = 3


class Distribution:
    """One installed distribution, as far as the name of its folder tells it.

    `name` is normalised with underscores, `version` None where the folder doesn't say it, `where` the dist-info (or
    egg-info) itself, `site` the folder it lies in, `others` further ones of that name in the same site folder.
    """

    __slots__ = ("name", "others", "site", "version", "where")

    def __init__(self, name: str, version: str | None, site: str, where: str) -> None:
        self.name = name
        self.version = version
        self.site = site
        self.where = where
        self.others: list[Distribution] = []

    def __repr__(self) -> str:
        return f"Distribution({self.name!r}, {self.version!r}, {self.where!r})"


def listed(exam: Examination) -> tuple[dict[str, Distribution], list[str]] | Reading:
    """All distributions by name, of each name the one that would be imported, and why site folders couldn't be read."""
    environment = exam.environment()
    if isinstance(environment, Unknown):
        return unknown(environment.reason)
    found: dict[str, Distribution] = {}
    failures = []
    for site in environment.sites:
        try:
            names = exam.machine.names(site)
        except PermissionError:
            failures.append(f"needs root: {site} can't be read")
            continue
        except OSError as error:
            failures.append(f"{site}: {error.strerror or error}")
            continue
        for name in names:
            one = _by_folder(site, name)
            if one is None:
                continue
            first = found.setdefault(one.name, one)
            if first is not one and first.site == site:
                first.others.append(one)
    if failures and len(failures) == len(environment.sites):
        return unknown("; ".join(failures))
    return found, failures


def distributions(exam: Examination) -> dict[str, Distribution] | Unknown:
    """The distributions that could be listed, by normalised name; `complete` tells whether these are all."""
    found = exam.once("packages:listed")
    if isinstance(found, Reading):
        return found.value if isinstance(found.value, Unknown) else Unknown("nothing was listed")
    known: dict[str, Distribution] = found[0]
    return known


def complete(exam: Examination) -> bool | Unknown:
    """True where every site folder was read, so that a name that isn't listed is Absent."""
    found = exam.once("packages:listed")
    if isinstance(found, Reading):
        return found.value if isinstance(found.value, Unknown) else Unknown("nothing was listed")
    return Unknown("; ".join(found[1])) if found[1] else True


def find(exam: Examination, name: str) -> Distribution | Reading:
    """The distribution of that normalised name; the reading that stands for all its fields where there is none."""
    known = distributions(exam)
    if isinstance(known, Unknown):
        return unknown(known.reason)
    found = known.get(name)
    if found is None:
        rest = complete(exam)
        return unknown(rest.reason) if isinstance(rest, Unknown) else absent(_looked_in(exam))
    if not found.others:
        return found
    whole = [one for one in (found, *found.others) if exam.machine.is_file(f"{one.where}/METADATA")]
    if len(whole) == 1:
        return whole[0]
    places = ", ".join(os.path.basename(one.where) for one in (found, *found.others))
    return unknown(f"{found.site} holds several: {places}")


def version(exam: Examination, name: str) -> Reading:
    """The version by the folder's name, else by the metadata."""
    found = find(exam, name)
    if isinstance(found, Reading):
        return found
    if found.version is None:
        stated = re.search(_VERSION, _metadata(exam.machine, found) or "")
        return measured(stated[1], found.where) if stated else unknown(f"{found.where} states no version")
    if found.where.endswith(".dist-info") and exam.machine.is_file(found.where):
        return unknown(f"{found.where} is no folder: a damaged installation")
    return measured(found.version, found.where)


def local(exam: Examination, name: str) -> Reading:
    """The local part of the version, such as cu130; Absent where it has none."""
    whole = version(exam, name)
    if not whole.present:
        return whole
    part = str(whole.value).partition("+")[2]
    where = whole.where or ""
    return measured(part, where) if part else absent(where)


def installed_from(exam: Examination, name: str) -> Reading:
    """Where it came from: index, file, vcs, editable, or system for what the operating system's packages put there."""
    found = find(exam, name)
    if isinstance(found, Reading):
        return found
    if found.site.startswith("/usr/lib/") and found.site.endswith("/dist-packages"):
        return measured("system", found.where)
    if found.where.endswith(".egg-info") and found.version is None:
        return measured("editable", found.where)
    record = f"{found.where}/direct_url.json"
    try:
        text = exam.machine.text(record, _RECORD)
    except (FileNotFoundError, NotADirectoryError):
        return measured("index", found.where)
    return _origin(text, record)


def tags(exam: Examination, name: str) -> Reading:
    """The platform tags of the wheel it was installed from; Absent where it came from no wheel."""
    found = find(exam, name)
    if isinstance(found, Reading):
        return found
    where = f"{found.where}/WHEEL"
    try:
        text = exam.machine.text(where, _RECORD)
    except (FileNotFoundError, NotADirectoryError):
        return absent(where)
    return measured(tuple(re.findall(_TAG, text)), where)


def requires_nvidia(exam: Examination, name: str) -> Reading:
    """The distributions of NVIDIA that its metadata requires, with hyphens, whatever their markers say."""
    found = find(exam, name)
    if isinstance(found, Reading):
        return found
    head = _metadata(exam.machine, found)
    if head is None:
        return unknown(f"{found.where} holds no metadata")
    required = (re.match(_REQUIREMENT, line) for line in head.splitlines())
    names = (re.sub(r"[-_.]+", "-", match[1]).lower() for match in required if match)
    return measured(tuple(dict.fromkeys(name for name in names if name.startswith("nvidia-"))), found.where)


def normalised(name: str) -> str:
    """PEP 503 with underscores; the same as facts.cases gives, without what its import costs."""
    return re.sub(r"[-_.]+", "_", name).lower()


def _by_folder(site: str, name: str) -> Distribution | None:
    """What the name of a folder says; None where it isn't one of a distribution."""
    if not name.endswith(_SUFFIXES):
        return None
    name = name.encode("utf-8", "replace").decode()
    stem, suffix = os.path.splitext(name)
    if suffix not in _SUFFIXES or not stem:
        return None
    where = f"{site}/{name}"
    if suffix == ".egg-info":
        head, _, python = stem.rpartition("-py")
        stem = head if python.isascii() and python.startswith("3.") and python[2:].isdecimal() else stem
    if _as_wheels_have_it(stem):
        project, _, version = stem.partition("-")
        return Distribution(project.lower(), version, site, where)
    if suffix == ".egg-info" and "-py" in stem:
        stem = re.sub(_PYTHON_TAG, "", stem)
    match = re.fullmatch(_NAME_VERSION, stem)
    if match:
        return Distribution(normalised(match[1]), match[2], site, where)
    plain = stem.partition("-")[0]
    shown = normalised(plain) if re.fullmatch(_NAME, plain) else stem
    return Distribution(shown, None, site, where)


def _as_wheels_have_it(stem: str) -> bool:
    """Whether a name is escaped as wheels are today: name and version, one hyphen, no doubled underscore."""
    project, _, version = stem.partition("-")
    return (
        all(part.isalnum() for part in project.split("_"))
        and version[:1].isdecimal()
        and version.replace(".", "").replace("+", "").replace("_", "").isalnum()
        and stem.isascii()
    )


def _metadata(machine: Machine, found: Distribution) -> str | None:
    """The head of its metadata, before the description; None where it has none."""
    inner = "METADATA" if found.where.endswith(".dist-info") else "PKG-INFO"
    for path in (f"{found.where}/{inner}", found.where):
        try:
            text = machine.text(path, _HEAD)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            raise
        except OSError:
            return None
        return re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    return None


def _origin(text: str, where: str) -> Reading:
    """What direct_url.json says, by the keys that its specification names."""
    try:
        said = json.loads(text)
    except ValueError:
        return unknown(f"{where} is no JSON")
    if not isinstance(said, dict):
        return unknown(f"{where} isn't what it should be")
    folder = said.get("dir_info")
    if isinstance(folder, dict) and folder.get("editable") is True:
        return measured("editable", where)
    return measured("vcs" if "vcs_info" in said else "file", where)


def _looked_in(exam: Examination) -> str:
    environment = exam.environment()
    sites = () if isinstance(environment, Unknown) else environment.sites
    shown = ", ".join(sites[:_SHOWN_SITES]) + (", …" if len(sites) > _SHOWN_SITES else "")
    return shown or "an environment without site folders"
