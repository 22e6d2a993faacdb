"""A small rulebook with fixes of each kind, and the situation in which they are planned."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sparkdoctor.diagnosis.diagnose import diagnose, resolver
from sparkdoctor.facts.collect import Examination
from sparkdoctor.fixes.planning import planned
from sparkdoctor.machine import Machine
from tests import books

if TYPE_CHECKING:
    from pathlib import Path

    from sparkdoctor.diagnosis.model import Diagnosis
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.plan import Plan
    from sparkdoctor.rulebook.model import Rulebook

TOOL = {"version": "test", "rulebook": "test"}

ENV = """
[[rule.fix]]
kind = "env"
safety = "safe"
effect = "It sets what is missing."
set = {{ {name} = "{value}" }}
"""


def env_rule(id: str = "TRI101", name: str = "TRITON_ONE", value: str = "1", when: str = "", **more: str) -> str:
    """A rule that is raised until a variable is set, and sets it."""
    return books.rule(id, when or f"not present(env.{name})", fixes=ENV.format(name=name, value=value), **more)


class Situation:
    """An environment, a rulebook, and what is found with it; `environ` is that of the examined process."""

    def __init__(self, book: Rulebook, place: Place, environ: dict[str, str] | None = None) -> None:
        self.book = book
        self.place = place
        self.environ = {"PATH": os.environ["PATH"]} if environ is None else environ

    def examine(self) -> Diagnosis:
        exam = Examination(Machine("/", self.environ), self.place.prefix)
        return diagnose(self.book, resolver(self.book, exam))

    def plan(self, unsafe: bool = False) -> Plan:
        exam = Examination(Machine("/", self.environ), self.place.prefix)
        facts = resolver(self.book, exam)
        return planned(diagnose(self.book, facts), self.book, self.place, facts.read, unsafe)


def situation(folder: Path, place: Place, *rules: str, environ: dict[str, str] | None = None) -> Situation:
    return Situation(books.book(folder / "rules", *rules), place, environ)
