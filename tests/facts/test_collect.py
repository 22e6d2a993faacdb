"""Collection on demand: once, in a time budget, and whatever goes wrong is Unknown with the reason."""

from __future__ import annotations

import time
import types
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from sparkdoctor.facts import schema
from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import ABSENT, Unknown, measured
from sparkdoctor.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def collecting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Callable[..., Any]], Examination]:
    """Gives an examination whose `kernel.release` comes from a collector of the test's own."""

    def examination(collector: Callable[..., Any]) -> Examination:
        module = types.SimpleNamespace(release=collector)
        monkeypatch.setattr(
            "sparkdoctor.facts.collect.import_module",
            lambda name: module if name.endswith(".kernel") else import_module(name),
        )
        return Examination(Machine(str(tmp_path), {}), budgets={schema.FILE: 0.1, schema.FREE: 0.1})

    return examination


def raising(error: Exception) -> Callable[..., Any]:
    def collector(exam: Examination) -> Any:
        raise error

    return collector


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFoundError(2, "No such file or directory", "/proc/x"), "/proc/x isn't there"),
        (PermissionError(13, "Permission denied", "/proc/x"), "needs root: /proc/x can't be read"),
        (OSError(5, "Input/output error", "/proc/x"), "/proc/x: Input/output error"),
        (ValueError("odd"), "collector kernel:release failed: ValueError: odd"),
        (ZeroDivisionError("none"), "collector kernel:release failed: ZeroDivisionError: none"),
    ],
)
def test_a_collector_that_fails_gives_unknown_with_the_reason(
    collecting: Callable[..., Examination], error: Exception, reason: str
) -> None:
    assert collecting(raising(error)).read("kernel.release").value == Unknown(reason)


def test_a_collector_that_hangs_costs_its_budget(collecting: Callable[..., Examination]) -> None:
    def hanging(exam: Examination) -> Any:
        time.sleep(30)

    assert collecting(hanging).read("kernel.release").value == Unknown("took longer than 0.1 s")


def test_a_collector_that_swallows_every_exception_is_stopped_all_the_same(
    collecting: Callable[..., Examination],
) -> None:
    def stubborn(exam: Examination) -> Any:
        try:
            time.sleep(30)
        except Exception:
            time.sleep(30)

    assert collecting(stubborn).read("kernel.release").value == Unknown("took longer than 0.1 s")


def test_a_collector_runs_once_and_only_when_asked(collecting: Callable[..., Examination]) -> None:
    calls = []

    def counting(exam: Examination) -> Any:
        calls.append(1)
        return {"kernel.release": measured("6.17.0", "here")}

    exam = collecting(counting)
    assert calls == []
    assert exam.read("kernel.release").value == exam.read("kernel.release").value == "6.17.0"
    assert calls == [1]


def test_an_answer_that_lacks_the_fact_is_unknown(collecting: Callable[..., Examination]) -> None:
    assert isinstance(collecting(lambda exam: {}).read("kernel.release").value, Unknown)


@pytest.mark.parametrize(("marker", "expected"), [("/.dockerenv", Unknown), (None, type(ABSENT))])
def test_a_host_fact_out_of_a_containers_sight_is_unknown_never_absent(
    tmp_path: Path, marker: str | None, expected: type
) -> None:
    (tmp_path / "proc" / "1").mkdir(parents=True)
    (tmp_path / "proc" / "1" / "cgroup").write_text("0::/init.scope\n")
    (tmp_path / "etc").mkdir()
    if marker:
        (tmp_path / marker.lstrip("/")).touch()
    reading = Examination(Machine(str(tmp_path), {})).read("dgx_os.version")
    assert isinstance(reading.value, expected), reading
    assert not marker or "ask the host" in str(reading.value)
