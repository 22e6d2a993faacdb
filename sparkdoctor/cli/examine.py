"""From options to facts: which machine, which environment, as if on which GPU."""

from __future__ import annotations

import os

from sparkdoctor import __version__
from sparkdoctor.cli import inputs
from sparkdoctor.cli.exits import Unusable
from sparkdoctor.diagnosis.resolve import Resolver
from sparkdoctor.facts import privacy
from sparkdoctor.facts.schema import WORKLOADS
from sparkdoctor.records import Record, changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sparkdoctor.cli.settings import Settings
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
    workload: str | None = None
    launch: str | None = None
    labels: Mapping[str, str] = {}
    """How a complaint about an option begins where it isn't from the command line."""

    def label(self, option: str) -> str:
        """How a complaint about the value of an option begins: `--root `, or which file or variable gave it."""
        return self.labels.get(option, f"--{option} ")


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

    def snapshot(self, scan: bool = False) -> dict[str, Any]:
        """All facts as JSON, private things taken out; with `scan` the GPU code of all distributions, too."""
        if self.examination is None:
            assert self.given is not None
            return self.given.completed(self.facts.read).to_json(self.redactor.reading)
        from sparkdoctor.facts.inventory import take
        from sparkdoctor.rulebook.asked import variables

        gpus = self.facts.source.gpus()
        taken = take(self.examination, self.facts.read, gpus, self.tool, variables(self.rulebook), scan)
        return taken.to_json(self.redactor.reading)


def examine(subject: Subject, environ: Mapping[str, str] | None = None, book: Rulebook | None = None) -> Examined:
    """Opens what the options name; nothing is collected yet. Raises Unusable.

    `environ` takes the place of ours, `book` that of the rulebook that the subject names.
    """
    _agreed(subject)
    book = book or inputs.rulebook(subject.rules, subject.label("rules"))
    redactor = privacy.of_process(os.environ)
    source: Source
    examination = given = None
    if subject.facts is not None:
        source = given = inputs.snapshot(subject.facts)
    else:
        source = examination = _examination(subject, environ)
        redactor = privacy.of_machine(examination.machine, os.environ)
    if subject.target is not None:
        source = _targeted(source, subject, book)
    if subject.launch is not None:
        source = _launched(source, subject.launch)
    return Examined(book, Resolver(source, book.estimates, subject.workload), redactor, examination, given)


def settled(subject: Subject, given: Settings) -> Subject:
    """The subject with what the settings say where the command line says nothing.

    Beside --facts they name no machine: no environment, root or target; beside --root no environment.
    """
    names = ["rules", "workload"]
    if subject.facts is None:
        names += ["target", "root"] if subject.root else ["target", "root", "python"]
    taken = [name for name in names if not getattr(subject, name) and given.get(name)]
    if not taken:
        return subject
    labels = {name: given.label(name) for name in taken}
    return changed(subject, labels=labels, **{name: given.get(name) for name in taken})


def _agreed(subject: Subject) -> None:
    if subject.workload is not None and subject.workload not in WORKLOADS:
        raise Unusable(f"--workload {subject.workload}: write one of {', '.join(WORKLOADS)}")
    if subject.launch is not None and not subject.launch.strip():
        raise Unusable('--launch "": write the command that is to be judged: --launch "vllm serve MODEL"')
    if subject.facts is not None and (subject.python or subject.root):
        raise Unusable("--facts takes the place of a machine: leave out --python and --root")
    if subject.root is not None and not os.path.isdir(subject.root):
        raise Unusable(
            f"{subject.label('root')}{subject.root}: no such folder "
            "(it takes the root of an unpacked image or a mounted disk)"
        )


def _examination(subject: Subject, environ: Mapping[str, str] | None) -> Examination:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

    machine = Machine(subject.root or "/", environ)
    if subject.python is not None:
        from sparkdoctor.facts.collectors.python import locate_named
        from sparkdoctor.facts.environment import NoSuchEnvironment

        try:
            locate_named(machine, subject.python)
        except NoSuchEnvironment as error:
            raise Unusable(f"{subject.label('python')}{error}") from error
    return Examination(machine, subject.python)


def _launched(source: Source, command: str) -> Source:
    from sparkdoctor.facts.launch import of_text
    from sparkdoctor.facts.launched import Launched

    return Launched(source, of_text(command, os.environ))


def _targeted(source: Source, subject: Subject, book: Rulebook) -> Source:
    from sparkdoctor.facts.target import Targeted

    gpu = inputs.target(subject.target or "", book, subject.label("target"))
    declared: dict[str, Any] = {"gpu.name": gpu.name, "gpu.compute_capability": gpu.compute_capability}
    if gpu.unified is not None:
        declared["gpu.unified"] = gpu.unified
    if gpu.arch:
        declared["os.arch"] = gpu.arch
    return Targeted(source, declared)
