"""What the child does: examine, judge, say at once what is found, write the report.

Everything that it needs is imported here, and so after the fork.
"""

from __future__ import annotations

import os
import stat

from sparkdoctor.preflight.apart import away

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from sparkdoctor.diagnosis.model import Diagnosis, Finding
    from sparkdoctor.diagnosis.resolve import Resolver
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.facts.privacy import Redactor
    from sparkdoctor.preflight.apart import Send
    from sparkdoctor.preflight.heard import Heard
    from sparkdoctor.preflight.settings import Settings
    from sparkdoctor.rulebook.model import Rule, Rulebook

_SHARES = (0.25, 0.25, 0.5, 0.5)
"""How much of the budget one collector may use up, by cost class."""

_STANDARD = {"/dev/stdout": 1, "/dev/stderr": 2}


def examine(settings: Settings, environment: Mapping[str, str], send: Send) -> None:
    """Examines this machine for a command with that environment, and sends what it finds (heard.py takes it in)."""
    output = _opened(settings.report)
    _let_go()
    try:
        _examine(settings, environment, send, output)
    except Exception as error:
        send({"kind": "failure", "stated": f"the examination failed: {type(error).__name__}: {_first_line(error)}"})


def _examine(settings: Settings, environment: Mapping[str, str], send: Send, output: int | None) -> None:
    from sparkdoctor.diagnosis.diagnose import diagnose
    from sparkdoctor.diagnosis.resolve import Resolver
    from sparkdoctor.facts.collect import BUDGETS, Examination
    from sparkdoctor.facts.launch import launch_facts
    from sparkdoctor.facts.launched import Launched
    from sparkdoctor.machine import Machine
    from sparkdoctor.preflight.heard import Heard
    from sparkdoctor.rulebook.load import load

    heard = Heard()

    def say(kind: str, stated: Any) -> None:
        message = {"kind": kind, "stated": stated}
        heard.take(message)
        send(message)

    book = load(settings.rulebook)
    known: list[Redactor] = []

    def redactor() -> Redactor:
        if not known:
            from sparkdoctor.facts import privacy

            known.append(privacy.of_process(environment))
        return known[0]

    budgets = {cost: min(most, settings.budget * _SHARES[cost]) for cost, most in BUDGETS.items()}
    machine = Machine(environ=environment)
    examination = Examination(machine, settings.python or environment_of(settings.command), budgets)
    facts = Resolver(Launched(examination, launch_facts(settings.command, environment)), book.estimates)
    rules = _rules(book, settings.ignore, say)
    diagnosis = diagnose(book, facts, rules, fired=lambda finding: say("finding", _told(finding, redactor())))
    for failure in dict.fromkeys((*_named_in_vain(examination), *examination.failures)):
        say("failure", redactor().path(failure))
    say("summary", _summary(diagnosis, book))
    if settings.report is None:
        return
    try:
        _write(output, settings.report, _report(settings, environment, heard, diagnosis, facts, redactor(), book))
    except OSError as error:
        say("failure", f"the report can't be written: {settings.report}: {error.strerror}")


def environment_of(command: Sequence[str]) -> str | None:
    """The Python environment that a command given by its path lies in; None where it is looked up on PATH.

    What is on PATH runs in the environment that is active, which is examined anyway.
    """
    if "/" not in command[0]:
        return None
    prefix = os.path.dirname(os.path.dirname(os.path.abspath(command[0])))
    marks = ("pyvenv.cfg", "conda-meta")
    return prefix if any(os.path.exists(f"{prefix}/{mark}") for mark in marks) else None


def _rules(book: Rulebook, ignore: Sequence[str], say: Any) -> Iterable[Rule]:
    """The rules that aren't ignored, by id or letters."""
    if not ignore:
        return book.rules.values()
    from sparkdoctor.rulebook.model import letters

    kinds = {letters(id) for id in book.rules}
    for word in ignore:
        if word not in book.rules and word not in kinds:
            say("complaint", f"no rule to ignore: {word}")
    return [rule for rule in book.rules.values() if rule.id not in ignore and letters(rule.id) not in ignore]


def _told(finding: Finding, redactor: Redactor) -> dict[str, Any]:
    """A finding as a message, with what its planned fix does to variables."""
    from sparkdoctor.reports.telling import telling

    offer = next((offer for offer in finding.offers if offer.planned and offer.kind in ("env", "arch-flag")), None)
    values = dict(offer.set or {}) if offer else {}
    return {
        "rule": finding.rule.id,
        "severity": finding.severity,
        "title": telling(finding, redactor)(finding.title),
        "set": values,
        "shown": {name: _shown(name, value, redactor) for name, value in values.items()},
        "unset": list(offer.unset) if offer else [],
    }


def _shown(name: str, value: str, redactor: Redactor) -> str:
    from sparkdoctor.facts.secret import HIDDEN, is_secret

    return HIDDEN if is_secret(name) else redactor.text(value)


def _summary(diagnosis: Diagnosis, book: Rulebook) -> dict[str, Any]:
    return {
        "ranked": [finding.rule.id for finding in diagnosis.findings],
        "undecided": [[item.rule.id, item.rule.severity] for item in diagnosis.undetermined],
        "passed": diagnosis.passed,
        "rulebook": book.version,
    }


def _named_in_vain(examination: Examination) -> list[str]:
    """An environment that was named and can't be examined."""
    from sparkdoctor.facts.values import Unknown

    machine = examination.machine
    named = {name: place for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if (place := machine.environ.get(name))}
    if examination.python is None and not named:
        return []
    found = examination.environment()
    gone = [f"{name} names what isn't there: {place}" for name, place in named.items() if not machine.exists(place)]
    return gone + ([found.reason] if isinstance(found, Unknown) else [])


def _report(
    settings: Settings,
    environment: Mapping[str, str],
    heard: Heard,
    diagnosis: Diagnosis,
    facts: Resolver,
    redactor: Redactor,
    book: Rulebook,
) -> str:
    """`check --format json` with what pre-flight makes of it."""
    from sparkdoctor import __version__
    from sparkdoctor.reports.as_json import envelope
    from sparkdoctor.reports.document import dumped
    from sparkdoctor.reports.report import Report

    planned = heard.plan(settings, environment)
    obstacles = heard.obstacles(settings, planned)
    tool = {"version": __version__, "rulebook": book.version}
    report = Report(diagnosis, facts.read, redactor, tool, exit_code=78 if obstacles else 0)
    return dumped(
        {
            **envelope(report),
            "preflight": {
                "variables": [
                    {"name": name, "value": heard.shown.get(name), "rules": list(rules)}
                    for name, rules in planned.rules.items()
                ],
                "held": [{"rule": held.rule, "reason": held.reason} for held in planned.held],
                "failures": heard.failures,
                "blocked": obstacles,
            },
        }
    )


def _opened(path: str | None) -> int | None:
    """The descriptor of a report that goes to our own output, a terminal or a pipe; None for a file, written later."""
    try:
        if path in _STANDARD:
            return away(os.dup(_STANDARD[path]))
        if path is None or stat.S_ISREG(os.stat(path).st_mode):
            return None
        return away(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError:
        return None


def _let_go() -> None:
    """Nothing of the command's is held: a child that can't be killed would keep it from being closed."""
    null = away(os.open(os.devnull, os.O_RDWR))
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


def _write(output: int | None, path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666) if output is None else output
    if path not in _STANDARD:
        os.set_blocking(handle, True)
    content = text.encode()
    while content:
        content = content[os.write(handle, content) :]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
