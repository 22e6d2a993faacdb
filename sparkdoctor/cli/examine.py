"""From options to facts: which machine, which environment, as if on which GPU."""

from __future__ import annotations

import os

from sparkdoctor import __version__
from sparkdoctor.cli import inputs
from sparkdoctor.cli.exits import Unusable
from sparkdoctor.diagnosis.resolve import Resolver
from sparkdoctor.facts import privacy
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.facts.snapshot import Snapshot
    from sparkdoctor.facts.source import Source
    from sparkdoctor.rulebook.model import Rulebook


class Subject(Record):
    """What to examine, as the options of `check` and `facts` say."""

    python: str | None = None
    root: str | None = None
    facts: str | None = None
    target: str | None = None
    rules: Sequence[str] = ()


class Examined(Record):
    """The facts at hand, the rulebook that judges them, and where they come from."""

    rulebook: Rulebook
    facts: Resolver
    redactor: privacy.Redactor
    examination: Examination | None
    given: Snapshot | None

    @property
    def tool(self) -> dict[str, str]:
        """Versions of program and rulebook."""
        return {"version": __version__, "rulebook": self.rulebook.version}

    def snapshot(self) -> dict[str, Any]:
        """All facts as JSON, private things taken out."""
        if self.examination is None:
            assert self.given is not None
            return self.given.completed(self.facts.read).to_json(self.redactor.reading)
        from sparkdoctor.facts.inventory import take
        from sparkdoctor.rulebook.asked import variables

        gpus = self.facts.source.gpus()
        taken = take(self.examination, self.facts.read, gpus, self.tool, variables(self.rulebook))
        return taken.to_json(self.redactor.reading)


def examine(subject: Subject) -> Examined:
    """Opens what the options name; nothing is collected yet. Raises Unusable."""
    _agreed(subject)
    book = inputs.rulebook(subject.rules)
    redactor = privacy.of_process(os.environ)
    source: Source
    examination = given = None
    if subject.facts is not None:
        source = given = inputs.snapshot(subject.facts)
    else:
        source = examination = _examination(subject)
    if subject.target is not None:
        source = _targeted(source, subject.target, book)
    return Examined(book, Resolver(source, book.estimates), redactor, examination, given)


def _agreed(subject: Subject) -> None:
    if subject.facts is not None and (subject.python or subject.root):
        raise Unusable("--facts takes the place of a machine: leave out --python and --root")
    if subject.root is not None and not os.path.isdir(subject.root):
        raise Unusable(
            f"--root {subject.root}: no such folder (it takes the root of an unpacked image or a mounted disk)"
        )


def _examination(subject: Subject) -> Examination:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

    machine = Machine(subject.root or "/")
    if subject.python is not None:
        from sparkdoctor.facts.collectors.python import locate_named
        from sparkdoctor.facts.environment import NoSuchEnvironment

        try:
            locate_named(machine, subject.python)
        except NoSuchEnvironment as error:
            raise Unusable(f"--python {error}") from error
    return Examination(machine, subject.python)


def _targeted(source: Source, name: str, book: Rulebook) -> Source:
    from sparkdoctor.facts.target import Targeted

    gpu = inputs.target(name, book)
    declared: dict[str, Any] = {"gpu.name": gpu.name, "gpu.compute_capability": gpu.compute_capability}
    if gpu.unified is not None:
        declared["gpu.unified"] = gpu.unified
    if gpu.arch:
        declared["os.arch"] = gpu.arch
    return Targeted(source, declared)
