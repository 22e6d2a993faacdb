"""Hands out measurements on demand: a fact's collector runs when the fact is asked for, once, in its time budget."""

from __future__ import annotations

import time

from sparkdoctor.facts import schema
from sparkdoctor.facts.values import ABSENT, Reading, Unknown, unknown
from sparkdoctor.lazy import import_module, signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from sparkdoctor.facts.environment import Environment
    from sparkdoctor.machine import Machine

BUDGETS = {schema.FREE: 1.0, schema.FILE: 2.0, schema.PROCESS: 5.0, schema.SCAN: 10.0}
"""Seconds that a collector may take, by cost class; what takes longer is Unknown."""

COLLECTORS = "sparkdoctor.facts.collectors"

_SEEN_IN_CONTAINERS = ("wsl", "memory.")
"""Host facts that the kernel shows inside containers just the same."""


class OutOfTime(BaseException):
    """A collector used up its budget. No Exception, so that no collector swallows it."""


class deadline:  # noqa: N801 (read as a word: with deadline(2.0))
    """Raises OutOfTime in the block after `seconds`, also out of a blocking read; may be nested.

    Does nothing outside the main thread, where no signal arrives.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._before: Any = None

    def __enter__(self) -> None:
        self._outer = signal.getitimer(signal.ITIMER_REAL)[0]
        self._started = time.monotonic()
        try:
            self._before = signal.signal(signal.SIGALRM, _expire)
        except ValueError:  # not the main thread
            return
        signal.setitimer(signal.ITIMER_REAL, min(self._seconds, self._outer) if self._outer else self._seconds)

    def __exit__(self, *_: object) -> None:
        if self._before is None:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)
        if self._outer:
            remaining = self._outer - (time.monotonic() - self._started)
            signal.setitimer(signal.ITIMER_REAL, max(remaining, 0.001))


def _expire(signum: int, frame: FrameType | None) -> None:
    raise OutOfTime


class Examination:
    """The facts of a machine, collected as they are asked for; a Source (source.py).

    `python` names the environment to examine, as given with --python; None takes the active one. A collector is a
    function of the examination; it returns readings by fact name (of each GPU: a list of such), and may ask for
    other facts. Whatever goes wrong in it becomes Unknown with the reason, which `failures` keeps.
    """

    log: str | None = None

    def __init__(self, machine: Machine, python: str | None = None, budgets: dict[int, float] | None = None) -> None:
        self.machine = machine
        self.python = python
        self._budgets = budgets or BUDGETS
        self._answers: dict[str, Any] = {}
        self.failures: list[str] = []

    @property
    def assumes_environment(self) -> bool:
        return isinstance(self.once("environ:variables"), (Unknown, Reading))

    def gpus(self) -> int:
        count = self.read("gpu.count")
        return count.value if isinstance(count.value, int) else 1

    def environment(self) -> Environment | Unknown:
        """The examined Python environment, found once."""
        found = self.once("python:locate")
        if isinstance(found, Reading):
            return found.value if isinstance(found.value, Unknown) else Unknown("no environment was found")
        located: Environment = found
        return located

    def once(self, collector: str, cost: int = schema.FILE) -> Any:
        """What a collector returns, run at the first call only; an Unknown reading where it failed."""
        if collector not in self._answers:
            self._answers[collector] = self._run(collector, cost)
        return self._answers[collector]

    @property
    def at_hand(self) -> bool:
        return False

    def costly(self, name: str) -> bool:
        fact = schema.lookup(name)
        return fact is not None and fact.collector is not None and fact.cost == schema.PROCESS

    def read(self, name: str, gpu: int | None = None) -> Reading:
        fact = schema.lookup(name)
        if fact is not None and name.startswith("launch."):
            return Reading(ABSENT, "measured", "no command was given to judge")
        if fact is None or fact.collector is None:
            return unknown("this version can't read it; a file for --facts can state it")
        if schema.per_gpu(name):
            return self._of_gpu(fact, name, gpu or 0)
        parts = schema.package_parts(name)
        if parts:
            return self._call(fact, name, parts[0])
        if name.startswith("env."):
            return self._call(fact, name, name[4:])
        if name.startswith("program."):
            return self._call(fact, name, name[len("program.") : -len(".version")])
        answer = self._answer(fact)
        reading = answer if isinstance(answer, Reading) else answer.get(name) or unknown("its collector gave no answer")
        return self._in_sight(fact, reading)

    def _of_gpu(self, fact: schema.Fact, name: str, gpu: int) -> Reading:
        count = self.read("gpu.count")
        if not count.known:
            return count
        if count.value == 0:
            return Reading(ABSENT, count.origin, count.where)
        answer = self._answer(fact)
        if isinstance(answer, dict):
            answer = answer.get("gpus", unknown("its collector gave no answer"))
        if isinstance(answer, Reading):
            return answer
        return (answer[gpu].get(name) if gpu < len(answer) else None) or unknown("nothing was said of this GPU")

    def _in_sight(self, fact: schema.Fact, reading: Reading) -> Reading:
        """A host fact that isn't there for a container may well be there for its host."""
        if fact.scope == schema.HOST and reading.value is ABSENT and not fact.name.startswith(_SEEN_IN_CONTAINERS):
            kind = self.read("container.kind")
            if kind.present and kind.value != "none":
                return unknown("ask the host: not visible in this container")
        return reading

    def _answer(self, fact: schema.Fact) -> Any:
        assert fact.collector is not None
        return self.once(fact.collector, fact.cost)

    def _call(self, fact: schema.Fact, name: str, argument: str) -> Reading:
        if name not in self._answers:
            assert fact.collector is not None
            self._answers[name] = self._run(fact.collector, fact.cost, argument)
        answer = self._answers[name]
        return answer if isinstance(answer, Reading) else unknown("its collector gave no answer")

    def _run(self, collector: str, cost: int, *arguments: str) -> Any:
        """What the collector returns, or one Unknown reading for all that it should have said."""
        module, _, function = collector.partition(":")
        collect: Callable[..., Any] = getattr(import_module(f"{COLLECTORS}.{module}"), function)
        try:
            if cost == schema.FREE:
                return collect(self, *arguments)
            with deadline(self._budgets[cost]):
                return collect(self, *arguments)
        except OutOfTime:
            return self._failed(f"took longer than {self._budgets[cost]:g} s")
        except FileNotFoundError as error:
            return self._failed(f"{self._file_of(error) or 'a file'} isn't there")
        except PermissionError as error:
            return self._failed(f"needs root: {self._file_of(error) or 'a file'} can't be read")
        except OSError as error:
            return self._failed(f"{self._file_of(error) or collector}: {error.strerror or error}")
        except Exception as error:  # a collector must never take the report with it
            return self._failed(f"collector {collector} failed: {type(error).__name__}: {error}")

    def _failed(self, reason: str) -> Reading:
        self.failures.append(reason)
        return unknown(reason)

    def _file_of(self, error: OSError) -> str:
        """The file that the error is about, as the machine knows it; empty where it names none."""
        return self.machine.inside(error.filename) if isinstance(error.filename, str) else ""
