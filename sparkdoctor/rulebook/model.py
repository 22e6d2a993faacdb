"""The parts of a rulebook as values: rules with their signatures, fixes, sources and tests; estimates; GPUs."""

from __future__ import annotations

from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Conditions = tuple[list[Any] | None, list[Any] | None]

SEVERITIES = ("error", "warning", "info")
FIX_KINDS = ("env", "arch-flag", "pin", "file", "command", "setting", "image", "kernel", "driver", "firmware")
MANUAL_KINDS = ("setting", "image", "kernel", "driver", "firmware")
SAFETIES = ("safe", "unsafe", "manual")
SOURCE_KINDS = ("vendor", "maintainer", "measured", "report", "community")


class Condition(Record):
    """A condition as written and as compiled (expression.py)."""

    text: str
    node: list[Any]


class Signature(Record):
    """What a failure prints; counts only where the compiled `condition` is true (None: always).

    `clauses` says what must stand in a text for the pattern to match there (literals.py).
    """

    match: str
    condition: list[Any] | None = None
    clauses: Sequence[Sequence[str]] = ()


class Source(Record):
    """Who says so: an address (or a `pkg:` package that was read), the day, the kind of voice."""

    url: str
    date: str
    kind: str


class Fix(Record):
    """One way to make it right; texts and values may hold `{fact}` placeholders.

    `command` names an entry of the catalogue of commands (fixes/catalogue.py); `file` is one file of the environment:
    its `path` below the environment's folder, and its `content` or what it is a `link` to.
    """

    kind: str
    safety: str
    effect: str
    text: str = ""
    condition: Condition | None = None
    set: Mapping[str, str] = {}
    unset: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    index: str = ""
    command: str = ""
    file: Mapping[str, str] = {}


class RuleTest(Record):
    """A situation in which the rule must fire, or must not; `case` has the form of a case file (facts/cases.py)."""

    fires: bool
    case: Mapping[str, Any]
    confidence: str = ""
    severity: str = ""


class Detail(Record):
    """What is told of a rule once it fired or is asked about; conditions as they are written, "" where there is none.

    `log` holds the patterns with their conditions.
    """

    name: str
    title: str
    why: str
    causes: tuple[str, ...]
    sources: tuple[Source, ...]
    reviewed: str
    when: str = ""
    when_no_log: str = ""
    log: tuple[tuple[str, str], ...] = ()
    fixes: tuple[Fix, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    file: str = ""


class Rule:
    """One thing that can be wrong: what judging needs of it; `detail` holds the rest, read when it is asked for.

    `conditions` are `when` and `when_no_log`, or a call that reads them when one is asked for first. `when` must hold,
    or must at least not be known to be false where a signature matched; `when_no_log` takes its place where none did
    (for a trouble that facts alone can tell, too). `log_only`: it can't fire without a log; `hangs_on` names what else
    it can't fire without unless by a log. `verdicts` is judging's memory (diagnosis/memory.py).
    """

    __slots__ = (
        "_conditions",
        "_detail",
        "_log",
        "component",
        "hangs_on",
        "id",
        "log_not",
        "log_only",
        "log_severity",
        "needs_log",
        "per_gpu",
        "severity",
        "supersedes",
        "verdicts",
        "when",
        "when_no_log",
    )
    when: list[Any] | None
    when_no_log: list[Any] | None

    def __init__(
        self,
        id: str,
        severity: str,
        component: str,
        conditions: Conditions | Callable[[], Conditions],
        log: tuple[Signature, ...] | Callable[[], tuple[Signature, ...]],
        log_not: tuple[str, ...],
        log_severity: str,
        needs_log: bool,
        log_only: bool,
        supersedes: tuple[str, ...],
        per_gpu: bool,
        hangs_on: Sequence[str],
        detail: Detail | Callable[[], Detail],
    ) -> None:
        self.id = id
        self.severity = severity
        self.component = component
        if isinstance(conditions, tuple):
            self.when, self.when_no_log = conditions
        else:
            self._conditions = conditions
        self._log = log
        self.log_not = log_not
        self.log_severity = log_severity
        self.needs_log = needs_log
        self.supersedes = supersedes
        self.per_gpu = per_gpu
        self.hangs_on = hangs_on
        self.log_only = log_only
        self.verdicts: dict[Any, Any] = {}
        self._detail = detail

    def __getattr__(self, name: str) -> Any:
        """The conditions, read now; what is read lies in its slot, so that this isn't called again."""
        if name not in ("when", "when_no_log"):
            raise AttributeError(name)
        self.when, self.when_no_log = self._conditions()
        return getattr(self, name)

    @property
    def log(self) -> tuple[Signature, ...]:
        """What the failure prints."""
        if not isinstance(self._log, tuple):
            self._log = self._log()
        return self._log

    @property
    def detail(self) -> Detail:
        """Title, explanation, fixes, sources."""
        if not isinstance(self._detail, Detail):
            self._detail = self._detail()
        return self._detail


class Estimate(Record):
    """A fact concluded from others: `value` where the compiled `condition` holds, or what `map` says of `of`'s value.

    `exact` marks a definition; what it gives is derived, not estimated. `outcomes` is a memory (diagnosis/memory.py).
    """

    fact: str
    exact: bool
    condition: list[Any] | None = None
    value: Any = None
    of: str = ""
    map: Mapping[str, Any] = {}
    outcomes: dict[Any, Any] = {}


class Gpu(Record):
    """A GPU product: how --target calls it, how the driver prints it, its ids and what follows from them."""

    target: str
    name: str
    compute_capability: str
    names: tuple[str, ...] = ()
    pci: tuple[str, ...] = ()
    unified: bool | None = None
    arch: str = ""


class Stack(Record):
    """Versions of packages that are known to fit together, and where: who says so stands in `sources`.

    `index` is a key of rules/indexes.toml, "" for the configured one; `python` holds the lowest and the highest
    release, `gpus` compute capabilities, `driver` the lowest version; `cuda` is what the packages are built for.
    """

    id: str
    packages: Mapping[str, str]
    index: str
    cuda: str
    python: tuple[str, str]
    arch: tuple[str, ...]
    gpus: tuple[str, ...]
    driver: str
    note: str
    sources: tuple[Source, ...]
    date: str


class Rulebook(Record):
    """Everything that is known, and how findings are ordered; `folder` is where it was read from (stacks.py)."""

    version: str
    rules: Mapping[str, Rule]
    estimates: Mapping[str, tuple[Estimate, ...]]
    gpus: tuple[Gpu, ...]
    components: tuple[str, ...]
    causes: Mapping[str, str]
    indexes: Mapping[str, str]
    reserved: tuple[str, ...]
    folder: str = ""


def letters(id: str) -> str:
    """What a rule's id begins with, which all rules of a kind share: TRI001 → TRI."""
    return id.rstrip("0123456789")


def built_in(rule: Rule, book: Rulebook) -> bool:
    """Whether a rule is of the built-in rulebook: no other may use its prefixes (source.py)."""
    return letters(rule.id) in book.reserved
