"""What a diagnosis is made of."""

from __future__ import annotations

from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sparkdoctor.diagnosis.conditions import Outcome
    from sparkdoctor.facts.values import Reading
    from sparkdoctor.rulebook.model import Rule


class Evidence(Record):
    """A fact that decided, with where it came from; `gpu` is set where the fact is of one GPU."""

    fact: str
    reading: Reading
    gpu: int | None = None


class Hit(Record):
    """Where a signature matched in the log: line number from 1, and the line."""

    line: int
    text: str


class Verdict:
    """What a rule came to on one GPU; `hit` is where a signature matched, `confidence` is set where it fires."""

    __slots__ = ("confidence", "gpu", "hit", "outcome", "state")

    def __init__(self, state: str, outcome: Outcome, hit: Hit | None, confidence: str, gpu: int | None) -> None:
        self.state = state
        self.outcome = outcome
        self.hit = hit
        self.confidence = confidence
        self.gpu = gpu


class Offer(Record):
    """A fix as it stands for this machine: filled in, and whether it is the one that would be carried out.

    `set` is None where a fact that it needs is unknown; `reason` says why it isn't planned. `ready`: it applies and
    nothing that it needs is unknown. What follows is for those who carry it out (Fix).
    """

    kind: str
    safety: str
    text: str
    effect: str
    set: Mapping[str, str] | None
    planned: bool
    reason: str | None
    unset: tuple[str, ...] = ()
    ready: bool = False
    packages: tuple[str, ...] = ()
    index: str = ""
    command: str = ""
    file: Mapping[str, str] = {}


class Telling(Record):
    """How a finding is told on this machine."""

    title: str
    why: str
    evidence: tuple[Evidence, ...]
    offers: tuple[Offer, ...]


class Finding:
    """A rule that fired; how it is told is worked out when somebody asks."""

    __slots__ = ("_tell", "_telling", "assumed", "confidence", "gpus", "hit", "missing", "rule", "severity")

    def __init__(
        self,
        rule: Rule,
        severity: str,
        confidence: str,
        gpus: tuple[int, ...],
        hit: Hit | None,
        missing: tuple[str, ...],
        assumed: tuple[str, ...],
        tell: Callable[[], Telling],
    ) -> None:
        self.rule = rule
        self.severity = severity
        self.confidence = confidence
        self.gpus = gpus
        self.hit = hit
        self.missing = missing
        self.assumed = assumed
        self._tell = tell
        self._telling: Telling | None = None

    @property
    def told(self) -> Telling:
        """Title, explanation, evidence and fixes, filled in."""
        if self._telling is None:
            self._telling = self._tell()
        return self._telling

    @property
    def title(self) -> str:
        """One sentence that names the trouble."""
        return self.told.title

    @property
    def why(self) -> str:
        """What it means, in a short paragraph."""
        return self.told.why

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The facts that decided."""
        return self.told.evidence

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What makes it right, best first."""
        return self.told.offers


class Undetermined(Record):
    """A rule that could not be decided: the facts it lacks, and for each why."""

    rule: Rule
    missing: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def hint(self) -> str:
        """The missing facts by the reason why they are missing."""
        return "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason([self]).items())


def by_reason(undetermined: Iterable[Undetermined]) -> dict[str, list[str]]:
    """The facts that some rules lack, each once, by the reason why they are missing."""
    found: dict[str, list[str]] = {}
    for item in undetermined:
        for name, reason in zip(item.missing, item.reasons, strict=True):
            names = found.setdefault(reason, [])
            if name not in names:
                names.append(name)
    return found


class Suppression(Record):
    """An owner's decision not to be told of a rule: why, up to which day ("" for always), and what file says so."""

    rule: str
    reason: str
    until: str = ""
    origin: str = ""

    def expired(self, today: str) -> bool:
        """Whether its last day is over; dates are written like 2026-11-24."""
        return bool(self.until) and self.until < today


class Suppressed(Record):
    """A rule that was set aside with what it found; `finding` is None where it couldn't be decided."""

    rule: Rule
    suppression: Suppression
    finding: Finding | None


class Target(Record):
    """A GPU that the diagnosis is about."""

    index: int
    name: str | None
    compute_capability: str | None
    origin: str | None


class Diagnosis(Record):
    """Findings in the order of their rank, and what became of the other rules."""

    targets: tuple[Target, ...]
    findings: tuple[Finding, ...]
    superseded: Mapping[str, str] = {}
    undetermined: tuple[Undetermined, ...] = ()
    contradicted: tuple[Rule, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    passed: int = 0
    not_applicable: int = 0
