"""The one place that decides where a value comes from.

In this order: declared or measured · derived (by definition: `gpu.sm` from the compute capability, `.local` from the
version, exact estimates) · estimated through a table of the rulebook · assumed · Unknown. One exception saves a child
process: a fact that only such a process can measure is derived first where a definition gives it (PCI id → GPU name →
compute capability), since that is as certain.
"""

from __future__ import annotations

from sparkdoctor.diagnosis.conditions import evaluate
from sparkdoctor.facts import schema
from sparkdoctor.facts.values import ABSENT, CERTAIN, LIKELY, Reading, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from sparkdoctor.diagnosis.conditions import Outcome
    from sparkdoctor.diagnosis.signatures import Log
    from sparkdoctor.facts.source import Source
    from sparkdoctor.rulebook.model import Estimate


_DEFINED = ("gpu.sm", "gpu.sm_a", "gpu.compute_capability")
"""Facts that follow from others without any table; packages' fields do, too."""


class Resolver:
    """Facts of a source, completed by what definitions and the rulebook's estimates conclude; remembers answers."""

    def __init__(
        self, source: Source, estimates: Mapping[str, tuple[Estimate, ...]], workload: str | None = None
    ) -> None:
        self.source = source
        self._workload = workload
        self.at_hand = source.at_hand
        self._estimates = estimates
        self._gpus: tuple[int | None, ...] | None = None
        self._log: Log | None = None
        self._known: dict[int | None, dict[str, Reading]] = {}
        self._asking: set[tuple[str, int | None]] = set()

    @property
    def log(self) -> Log | None:
        """The text of the failure, where one was given, ready to be searched."""
        if self._log is None and self.source.log:
            from sparkdoctor.diagnosis.signatures import Log

            self._log = Log(self.source.log)
        return self._log

    def gpus(self) -> tuple[int | None, ...]:
        """The GPUs that `gpu.*` bind to in turn; None where there is none."""
        if self._gpus is None:
            self._gpus = tuple(range(self.source.gpus())) or (None,)
        return self._gpus

    def known(self, gpu: int | None) -> Mapping[str, Reading]:
        """What has been asked for so far, with `gpu.*` bound to GPU number `gpu`."""
        return self._known.setdefault(gpu, {})

    def on(self, gpu: int | None) -> Callable[[str], Reading]:
        """Reads facts with `gpu.*` bound to GPU number `gpu`."""
        known = self._known.setdefault(gpu, {})

        def read(name: str) -> Reading:
            return known.get(name) or self.read(name, gpu)

        return read

    def read(self, name: str, gpu: int | None = None) -> Reading:
        """The reading of a fact, by whichever way gives it first."""
        known = self._known.setdefault(gpu, {})
        reading = known.get(name)
        if reading is None:
            shared = gpu is not None and not schema.per_gpu(name) and name not in self._estimates
            reading = known[name] = self.read(name, None) if shared else self._found(name, gpu)
        return reading

    def _found(self, name: str, gpu: int | None) -> Reading:
        if name == "workload":
            return self._intended()
        if self.at_hand:
            reading = self.source.read(name, gpu)
            if reading.known or not self._may_follow(name):
                return reading
        if (name, gpu) in self._asking:
            return unknown("it would follow from itself")
        self._asking.add((name, gpu))
        try:
            return self._find(name, gpu)
        finally:
            self._asking.discard((name, gpu))

    def _intended(self) -> Reading:
        """What the machine is meant for: no measurement tells, so that what nobody said is Absent."""
        if self._workload is not None:
            return Reading(self._workload, "declared", "--workload")
        stated = self.source.read("workload")
        return stated if stated.known else Reading(ABSENT, "declared", "no --workload")

    def _may_follow(self, name: str) -> bool:
        """Whether anything could conclude the fact where the source doesn't state it."""
        return name in self._estimates or name in _DEFINED or name.startswith("pkg.")

    def _find(self, name: str, gpu: int | None) -> Reading:
        costly = self.source.costly(name)
        if costly:
            derived = self._estimated(name, gpu, exact=True)
            if derived is not None:
                return derived
        reading = self.source.read(name, gpu)
        if reading.known:
            return reading
        return (
            self._defined(name, gpu)
            or (None if costly else self._estimated(name, gpu, exact=True))
            or self._estimated(name, gpu, exact=False)
            or self._unlisted(name, gpu)
            or reading
        )

    def _defined(self, name: str, gpu: int | None) -> Reading | None:
        """What follows from another fact without any table."""
        if name == "gpu.sm":
            return self._from("gpu.compute_capability", gpu, lambda value: "sm_" + value.replace(".", ""))
        if name == "gpu.sm_a":
            return self._from("gpu.compute_capability", gpu, _own_target)
        if name == "gpu.compute_capability":
            sm = self.source.read("gpu.sm", gpu)
            digits = str(sm.value).removeprefix("sm_")
            return _concluded(f"{digits[:-1]}.{digits[-1]}", sm, "gpu.sm") if sm.present and digits.isdigit() else None
        parts = schema.package_parts(name)
        return self._of_package(*parts) if parts and parts[1] != "version" else None

    def _of_package(self, package: str, field: str) -> Reading | None:
        """What isn't installed has no fields; a version tells its local part, a mere statement without one doesn't."""
        name = f"pkg.{package}.version"
        version = self.read(name)
        if version.value is ABSENT:
            return _concluded(ABSENT, version, name)
        if field != "local" or not version.present:
            return None
        local = str(version.value).partition("+")[2]
        if local:
            return _concluded(local, version, name)
        return _concluded(ABSENT, version, name) if version.origin == "measured" else None

    def _unlisted(self, name: str, gpu: int | None) -> Reading | None:
        """A field of a package is unknown for the reason that its version is, a GPU's target as its capability is."""
        if name in ("gpu.sm", "gpu.sm_a"):
            capability = self.read("gpu.compute_capability", gpu)
            return None if capability.known else capability
        parts = schema.package_parts(name)
        version = self.read(f"pkg.{parts[0]}.version") if parts and parts[1] != "version" else None
        return version if version is not None and not version.known else None

    def _from(self, name: str, gpu: int | None, conclude: Callable[[str], str]) -> Reading | None:
        source = self.read(name, gpu)
        if source.value is ABSENT:
            return _concluded(ABSENT, source, name)
        return _concluded(conclude(str(source.value)), source, name) if source.present else None

    def _estimated(self, name: str, gpu: int | None, exact: bool) -> Reading | None:
        for estimate in self._estimates.get(name, ()):
            if estimate.exact is not exact:
                continue
            reading = self._mapped(estimate, gpu) if estimate.of else self._conditional(estimate, gpu)
            if reading is not None:
                return reading
        return None

    def _conditional(self, estimate: Estimate, gpu: int | None) -> Reading | None:
        if estimate.condition is None:
            return None
        outcome = self._outcome(estimate, estimate.condition, gpu)
        if outcome.truth is not True:
            return None
        return _reading(estimate, estimate.value, outcome.strength, ", ".join(dict.fromkeys(outcome.facts)))

    def _outcome(self, estimate: Estimate, condition: list[Any], gpu: int | None) -> Outcome:
        if not self.at_hand:
            return evaluate(condition, self.on(gpu))
        from sparkdoctor.diagnosis.memory import recalled

        return recalled(estimate.outcomes, condition, self.on(gpu))

    def _mapped(self, estimate: Estimate, gpu: int | None) -> Reading | None:
        source = self.read(estimate.of, gpu)
        if not source.present:
            return None
        found = _looked_up(estimate.map, str(source.value), schema.lookup(estimate.of))
        return None if found is None else _reading(estimate, found, source.strength, estimate.of)


def _own_target(capability: str) -> str:
    """What nvcc and Triton call the chip's own target: with an `a` from 9.0 on (NVIDIA's nvcc manual, GPU names)."""
    return f"sm_{capability.replace('.', '')}" + ("a" if int(capability.partition(".")[0]) >= 9 else "")


def _concluded(value: Any, source: Reading, name: str) -> Reading:
    return Reading(value, "derived", f"from {name}", source.strength)


def _reading(estimate: Estimate, value: Any, strength: int, names: str) -> Reading:
    origin, most = ("derived", CERTAIN) if estimate.exact else ("estimated", LIKELY)
    return Reading(tuple(value) if isinstance(value, list) else value, origin, f"from {names}", min(strength, most))


def _looked_up(table: Mapping[str, Any], value: str, fact: schema.Fact | None) -> Any:
    """The entry of a value; of a version that of its longest leading fields ("12.8" serves 12.8.93)."""
    if value in table or fact is None or fact.type not in (schema.NUMERIC, schema.PEP440):
        return table.get(value)
    parts = value.split("+")[0].replace("-", ".").split(".")
    for length in range(len(parts), 0, -1):
        key = ".".join(parts[:length])
        if key in table:
            return table[key]
    return None
