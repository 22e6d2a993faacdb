"""Case files: a failure told in TOML (facts, packages, programs, env, launch, log), read as a snapshot."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from sparkdoctor.facts import schema
from sparkdoctor.facts.snapshot import InvalidSnapshot, Snapshot, typed
from sparkdoctor.facts.values import ABSENT, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_PARTS = ("facts", "packages", "programs", "env", "launch", "log")


def from_case(case: Mapping[str, Any]) -> tuple[Snapshot, list[str]]:
    """The snapshot that a case states, and one line for each thing in it that no rule could ever ask for.

    Everything stated is declared; packages are never complete; a variable that isn't stated is assumed Absent.
    Raises InvalidSnapshot where a table or value isn't of its type.
    """
    if not any(case.get(key) for key in _PARTS):
        raise InvalidSnapshot(f"states nothing to judge: none of {', '.join(_PARTS)}")
    complaints = []
    facts: dict[str, Reading] = {}
    packages: dict[str, dict[str, Reading]] = {}
    env: dict[str, Reading] = {}
    for name, value in _table(case, "facts").items():
        parts = schema.package_parts(name)
        if parts:
            packages.setdefault(parts[0], {})[parts[1]] = _declared(name, value, f"facts.{name}")
            continue
        if schema.lookup(name) is None:
            complaints.append(schema.unknown(name))
            continue
        facts[name] = _declared(name, value, f"facts.{name}")
    for name, value in _table(case, "programs").items():
        fact = f"program.{normalised(name)}.version"
        facts[fact] = _declared(fact, value, f"programs.{name}")
    command = _table(case, "launch").get("command")
    if command is not None:
        facts["launch.command"] = _declared("launch.command", command, "launch.command")
    for name, version in _table(case, "packages").items():
        fact = f"pkg.{normalised(name)}.version"
        packages.setdefault(normalised(name), {})["version"] = _declared(fact, version, f"packages.{name}")
    for name, value in _table(case, "env").items():
        env[name] = _declared(f"env.{name}", value if isinstance(value, dict) else str(value), f"env.{name}")
    log = case.get("log")
    if log is not None and not isinstance(log, str):
        raise InvalidSnapshot("log: expected a text")
    return Snapshot(facts, packages=packages, env=env, log=log), complaints


def normalised(name: str) -> str:
    """A distribution's name as rules write it: PEP 503, with underscores."""
    return canonicalize_name(name).replace("-", "_")


def _table(case: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = case.get(name, {})
    if not isinstance(table, dict):
        raise InvalidSnapshot(f"{name}: expected a table")
    return table


def _declared(name: str, value: object, where: str) -> Reading:
    """A plain value, or `{ absent = true }` for what is known not to be there."""
    if isinstance(value, dict) and value.get("absent") is True:
        return Reading(ABSENT, "declared", "stated")
    plain: Any = tuple(value) if isinstance(value, list) else value
    return typed(name, Reading(plain, "declared", "stated"), where)
