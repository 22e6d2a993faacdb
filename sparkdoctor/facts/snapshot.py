"""A snapshot: the facts of one machine at one moment, immutable, as JSON and back (reports/snapshot.schema.json)."""

from __future__ import annotations

from sparkdoctor.facts import schema
from sparkdoctor.facts.values import ABSENT, Absent, Reading, Unknown, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from sparkdoctor.facts.launch import Launch

SCHEMA_VERSION = "1.0"

_RECOMPUTED = ("estimated", "derived")
_KNOWN_KEYS = ("schema_version", "taken", "tool", "facts", "gpus", "packages", "env", "launch", "log")

_OF_LAUNCH = ("launch.", "container.")

_NOT_COLLECTED = unknown("not collected")
_NOT_CAPTURED = unknown("not captured")
_NOT_INSTALLED = Reading(ABSENT, "measured", "the list of distributions")
_UNSET = Reading(ABSENT, "measured", "the environment")
_TAKEN_FOR_UNSET = Reading(ABSENT, "assumed", "no variable of that name is stated")


class InvalidSnapshot(ValueError):
    """The text is no snapshot that this version can read; the message says where and why."""


class Snapshot:
    """The facts of one machine; a Source (source.py).

    `facts` maps names to readings; `gpus` holds such a mapping for each GPU, or is None where they are not known;
    `packages` maps normalised names to readings by field, all there are if `complete`; `captured` are the
    environment variables that were looked at, None where every variable that isn't stated is assumed Absent.
    """

    def __init__(
        self,
        facts: Mapping[str, Reading],
        gpus: Iterable[Mapping[str, Reading]] | None = None,
        packages: Mapping[str, Mapping[str, Reading]] | None = None,
        complete: bool | Unknown = False,
        env: Mapping[str, Reading] | None = None,
        captured: Iterable[str] | None = None,
        log: str | None = None,
        taken: str | None = None,
        tool: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self._facts = dict(facts)
        self._gpus = None if gpus is None else tuple(dict(gpu) for gpu in gpus)
        self._packages = {name: dict(fields) for name, fields in (packages or {}).items()}
        self._complete = complete
        self._env = dict(env or {})
        self._captured = None if captured is None else frozenset(captured)
        self._log = log
        self._launch: Launch | None = None
        self.taken = taken
        self.tool = dict(tool or {})
        self._extra = dict(extra or {})

    @property
    def assumes_environment(self) -> bool:
        return self._captured is None

    @property
    def log(self) -> str | None:
        return self._log

    def gpus(self) -> int:
        if self._gpus:
            return len(self._gpus)
        count = self._facts.get("gpu.count")
        stated = any(schema.per_gpu(name) for name in self._facts)
        return 0 if count is not None and count.value == 0 and not stated else 1

    @property
    def at_hand(self) -> bool:
        return True

    def costly(self, name: str) -> bool:
        return False

    def read(self, name: str, gpu: int | None = None) -> Reading:
        command = self._facts.get("launch.command")
        if command is not None and command.value is ABSENT and name.startswith("launch."):
            return command
        found = self._stated(name, gpu)
        return found if command is None or command.value is ABSENT else self._launched(command).seen(name, found)

    def _stated(self, name: str, gpu: int | None) -> Reading:
        if name.startswith("gpu.") and name != "gpu.count":
            return self._of_gpu(name, gpu or 0)
        stated = self._facts.get(name)
        if stated is not None:
            return stated
        parts = schema.package_parts(name)
        if parts:
            return self._of_package(*parts)
        if name.startswith("env."):
            return self._of_environment(name[4:])
        if name == "gpu.count" and self._gpus is not None:
            return Reading(len(self._gpus), "declared", "gpus")
        return _NOT_COLLECTED

    def _launched(self, command: Reading) -> Launch:
        """What the launch command states, read once."""
        if self._launch is None:
            from sparkdoctor.facts import launch

            self._launch = launch.of_text(str(command.value))
        return self._launch

    def _of_gpu(self, name: str, gpu: int) -> Reading:
        if self._gpus:
            reading = self._gpus[gpu].get(name[4:]) if gpu < len(self._gpus) else None
            return reading or _NOT_COLLECTED
        if name in self._facts:
            return self._facts[name]
        count = self._facts.get("gpu.count")
        if count is not None and count.value == 0:
            return Reading(ABSENT, count.origin, "gpu.count is 0")
        return _NOT_COLLECTED

    def _of_package(self, name: str, field: str) -> Reading:
        fields = self._packages.get(name)
        if fields is not None:
            return fields.get(field) or _NOT_COLLECTED
        if self._complete is True:
            return _NOT_INSTALLED
        return unknown(self._complete.reason if isinstance(self._complete, Unknown) else "not in the list of packages")

    def _of_environment(self, name: str) -> Reading:
        reading = self._env.get(name)
        if reading is not None:
            return reading
        if self._captured is None:
            return _TAKEN_FOR_UNSET
        if name in self._captured or name.startswith(schema.CAPTURED_PREFIXES):
            return _UNSET
        return _NOT_CAPTURED

    def completed(self, read: Callable[[str, int | None], Reading]) -> Snapshot:
        """The same with what `read` knows beyond it of the facts of the schema."""
        facts = dict(self._facts)
        for name in schema.FACTS:
            known = name in facts and facts[name].known and not name.startswith(_OF_LAUNCH)
            if not schema.per_gpu(name) and not known:
                reading = read(name, None)
                if reading.known:
                    facts[name] = reading
        gpus = None if self._gpus is None else [dict(gpu) for gpu in self._gpus]
        for index, gpu in enumerate(gpus or []):
            for name in filter(schema.per_gpu, schema.FACTS):
                reading = read(name, index)
                if reading.known:
                    gpu.setdefault(name[4:], reading)
        if gpus is None:
            facts.update({name: read(name, 0) for name in filter(schema.per_gpu, schema.FACTS) if read(name, 0).known})
        return Snapshot(
            facts,
            gpus,
            self._packages,
            self._complete,
            self._env,
            self._captured,
            self._log,
            self.taken,
            self.tool,
            self._extra,
        )

    def to_json(self, shown: Callable[[str, Reading], Reading] | None = None) -> dict[str, Any]:
        """The JSON object that `from_json` reads, keys in a fixed order; `shown` may take private things out."""

        def told(name: str, reading: Reading) -> dict[str, Any]:
            return _to_json(reading if shown is None else shown(name, reading))

        packages: dict[str, Any] = (
            {"complete": self._complete}
            if isinstance(self._complete, bool)
            else {"complete": False, "reason": told("pkg", Reading(self._complete)).get("unknown")}
        )
        for name in sorted(self._packages):
            packages[name] = {
                field: told(f"pkg.{name}.{field}", reading) for field, reading in self._packages[name].items()
            }
        env: dict[str, Any] = {}
        if self._captured is not None:
            env["captured"] = sorted(self._captured)
        env.update({name: told(f"env.{name}", self._env[name]) for name in sorted(self._env)})
        launch = self._facts.get("launch.command")
        command = None if launch is None else told("launch.command", launch).get("value")
        return {
            "schema_version": SCHEMA_VERSION,
            "taken": self.taken,
            "tool": self.tool,
            "facts": {name: told(name, self._facts[name]) for name in sorted(self._facts) if name != "launch.command"},
            "gpus": None
            if self._gpus is None
            else [{name: told("gpu." + name, reading) for name, reading in sorted(gpu.items())} for gpu in self._gpus],
            "packages": packages,
            "env": env,
            "launch": None if command is None else {"command": command},
            "log": None if self._log is None else told("log", Reading(self._log, "declared")).get("value"),
            **self._extra,
        }

    @classmethod
    def from_json(cls, document: object) -> Snapshot:
        """Reads what `to_json` gives; plain values count as declared. Raises InvalidSnapshot."""
        document = _mapping(document, "the snapshot")
        version = document.get("schema_version")
        if not isinstance(version, str) or not version.split(".")[0].isdigit():
            raise InvalidSnapshot('no "schema_version": this is no snapshot of sparkdoctor facts')
        if int(version.split(".")[0]) > int(SCHEMA_VERSION.split(".")[0]):
            raise InvalidSnapshot(
                f"schema_version {version} is newer than this sparkdoctor reads ({SCHEMA_VERSION}): update sparkdoctor"
            )
        facts = _readings(document.get("facts"), "facts", "")
        launch = document.get("launch")
        if launch is not None:
            command = _mapping(launch, "launch").get("command")
            if isinstance(command, str):
                facts["launch.command"] = Reading(command, "declared", "launch")
        elif "launch" in document:
            facts["launch.command"] = Reading(ABSENT, "measured", "no command was given to judge")
        listed = document.get("gpus")
        if listed is not None and not isinstance(listed, list):
            raise InvalidSnapshot("gpus: expected a list")
        packages = dict(_mapping(document.get("packages"), "packages"))
        complete = packages.pop("complete", False)
        reason = packages.pop("reason", None)
        env = dict(_mapping(document.get("env"), "env"))
        captured = env.pop("captured", None)
        if captured is not None and not (isinstance(captured, list) and all(isinstance(n, str) for n in captured)):
            raise InvalidSnapshot("env.captured: expected a list of names")
        log = document.get("log")
        if log is not None and not isinstance(log, str):
            raise InvalidSnapshot("log: expected a text")
        return cls(
            facts=facts,
            gpus=None
            if listed is None
            else [_readings(gpu, f"gpus[{index}]", "gpu.") for index, gpu in enumerate(listed)],
            packages={name: _readings(fields, f"packages.{name}", f"pkg.{name}.") for name, fields in packages.items()},
            complete=Unknown(reason) if isinstance(reason, str) else complete is True,
            env=_readings(env, "env", "env."),
            captured=captured or [],
            log=log,
            taken=document.get("taken") if isinstance(document.get("taken"), str) else None,
            tool=_mapping(document.get("tool"), "tool"),
            extra={key: value for key, value in document.items() if key not in _KNOWN_KEYS},
        )


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidSnapshot(f"{where}: expected an object")
    return value


def _readings(value: object, where: str, prefix: str) -> dict[str, Reading]:
    readings = {}
    for name, stated in _mapping(value, where).items():
        reading = _from_json(stated, f"{where}.{name}")
        if reading is not None:
            readings[name] = typed(prefix + name, reading, f"{where}.{name}")
    return readings


def _to_json(reading: Reading) -> dict[str, Any]:
    if isinstance(reading.value, Unknown):
        return {"unknown": reading.value.reason}
    if isinstance(reading.value, Absent):
        stated: dict[str, Any] = {"absent": True}
        if reading.origin not in (None, "measured"):
            stated["origin"] = reading.origin
        if reading.where:
            stated["where"] = reading.where
        return stated
    value = list(reading.value) if isinstance(reading.value, tuple) else reading.value
    return {"value": value, "origin": reading.origin, "where": reading.where}


def _from_json(stated: object, where: str) -> Reading | None:
    """The reading; None for what today's rulebook concludes anew."""
    if not isinstance(stated, dict):
        return Reading(_plain(stated, where), "declared", "stated")
    if "unknown" in stated:
        return unknown(str(stated["unknown"]))
    origin = stated.get("origin", "measured" if stated.get("absent") else "declared")
    if origin in _RECOMPUTED:
        return None
    if origin not in ("declared", "measured", "assumed"):
        raise InvalidSnapshot(f"{where}: no such origin: {origin!r}")
    place = stated.get("where")
    if stated.get("absent") is True:
        return Reading(ABSENT, origin, place if isinstance(place, str) else None)
    if "value" not in stated:
        raise InvalidSnapshot(f'{where}: neither "value" nor "absent" nor "unknown"')
    return Reading(_plain(stated["value"], where), origin, place if isinstance(place, str) else None)


def _plain(value: object, where: str) -> Any:
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list) and all(isinstance(item, (str, int, float, dict)) for item in value):
        return tuple(value)
    raise InvalidSnapshot(f"{where}: not a value of a fact: {value!r}")


_EXPECTED: dict[str, tuple[str, type | tuple[type, ...]]] = {
    schema.BOOL: ("true or false", bool),
    schema.INT: ("a whole number", int),
    schema.FLOAT: ("a number", (int, float)),
    schema.STR: ("a text", str),
    schema.LIST: ("a list", tuple),
    schema.RECORDS: ("a list", tuple),
    schema.PEP440: ("a version in quotes", str),
    schema.NUMERIC: ("a version in quotes", str),
}


def typed(name: str, reading: Reading, where: str) -> Reading:
    """`reading`, if its value is of the schema's type for the fact (unknown facts pass). Raises InvalidSnapshot."""
    fact = schema.lookup(name)
    if fact is None or not reading.present:
        return reading
    words, types = _EXPECTED[fact.type]
    value = reading.value
    if not isinstance(value, types) or (isinstance(value, bool) and fact.type != schema.BOOL):
        raise InvalidSnapshot(f"{where}: expected {words}, got {value!r}")
    return reading
