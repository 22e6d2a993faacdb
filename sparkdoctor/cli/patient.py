"""The environment that fix, undo, history and env work on: found once, examined as often as it takes."""

from __future__ import annotations

import os
import sys

from sparkdoctor.cli import settings
from sparkdoctor.cli.broken_off import broken_off
from sparkdoctor.cli.examine import Examined, Subject, examine, settled
from sparkdoctor.cli.exits import Unusable
from sparkdoctor.cli.judged import judged
from sparkdoctor.facts.values import Unknown
from sparkdoctor.records import changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparkdoctor.diagnosis.model import Diagnosis
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.plan import Plan

_ACTIVE = ("VIRTUAL_ENV", "CONDA_PREFIX")


class Patient:
    """A subject, and the place in which plans for it are carried out (None: snapshots and other roots).

    It is examined as a new shell sees it that has activated it: what its own settings say counts, not what this shell
    had when it was started.
    """

    def __init__(self, subject: Subject, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> None:
        self._settings = settings.read()
        self._select, self._ignore = select, ignore
        self.subject = settled(subject, self._settings)
        self.place: Place | None = None
        self.examined = examine(self.subject)
        examination = self.examined.examination
        if examination is None or not examination.machine.live:
            return
        from sparkdoctor.fixes import place

        environment = examination.environment()
        if isinstance(environment, Unknown):
            self.place = place.of_machine(examination.machine)
            return
        self.place = place.of_environment(examination.machine, environment)
        self.subject = changed(self.subject, python=environment.executable or environment.prefix)
        self.examined = self.anew()
        for note in broken_off(examination):
            print(f"sparkdoctor: {note}", file=sys.stderr)

    def anew(self) -> Examined:
        """A fresh examination."""
        if self.place is None:
            return self.examined
        environ = {name: value for name, value in os.environ.items() if name not in _ACTIVE}
        return examine(self.subject, environ, self.examined.rulebook)

    def diagnosis(self) -> Diagnosis:
        """What is wrong, all rules asked: for the look after a step."""
        from sparkdoctor.diagnosis.diagnose import diagnose

        fresh = self.anew()
        return diagnose(fresh.rulebook, fresh.facts)

    def plan(self, unsafe: bool, anywhere: bool = False) -> Plan:
        """The plan for what the selected rules find; suppressed findings are left alone. Raises Unusable.

        `anywhere`: also what this environment has no place for, to be carried out elsewhere.
        """
        from sparkdoctor.fixes.planning import planned

        book, facts = self.examined.rulebook, self.examined.facts
        diagnosis = judged(self.examined, self._select, self._ignore, self._settings)
        return planned(diagnosis, book, None if anywhere else self.place, facts.read, unsafe)


def stood(python: str | None) -> list[Place]:
    """The places whose journals concern an environment: its own, then that of the machine. Raises Unusable."""
    from sparkdoctor.fixes import place

    examined = examine(settled(Subject(python=python), settings.read()))
    examination = examined.examination
    if examination is None or not examination.machine.live:
        raise Unusable("only this machine's own environments have a history")
    environment = examination.environment()
    machine = place.of_machine(examination.machine)
    if isinstance(environment, Unknown):
        return [machine]
    own = place.of_environment(examination.machine, environment)
    return [own] if own.home == machine.home else [own, machine]
