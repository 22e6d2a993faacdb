from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from sparkdoctor.facts.child import in_child
from sparkdoctor.facts.collect import OutOfTime, deadline
from sparkdoctor.facts.values import Unknown

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

LONG = 30.0


def test_gives_back_what_json_can_carry() -> None:
    assert in_child(lambda: {"name": "NVIDIA GB10", "parts": (12, 1)}, LONG) == {
        "name": "NVIDIA GB10",
        "parts": [12, 1],
    }


def test_long_answers_come_whole() -> None:
    assert in_child(lambda: "x" * (1 << 20), LONG) == "x" * (1 << 20)


def test_an_exception_is_the_reason() -> None:
    def fail() -> None:
        raise ValueError("no such thing")

    assert in_child(fail, LONG) == Unknown("ValueError: no such thing")


def test_what_json_cannot_carry_is_no_answer() -> None:
    assert isinstance(in_child(object, LONG), Unknown)


def test_a_crash_names_its_signal() -> None:
    answer = in_child(lambda: os.kill(os.getpid(), signal.SIGSEGV), LONG)
    assert isinstance(answer, Unknown)
    assert f"signal {signal.SIGSEGV.value}" in answer.reason


def test_a_child_that_takes_too_long_is_killed_and_leaves_no_zombie() -> None:
    before = _children()
    assert in_child(lambda: time.sleep(LONG), 0.05) == Unknown("no answer within 0.05 s")
    assert _children() == before


def test_a_child_that_ignores_requests_to_end_is_killed_too() -> None:
    def stubborn() -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(LONG)

    before = _children()
    assert isinstance(in_child(stubborn, 0.05), Unknown)
    assert _children() == before


def test_an_outer_deadline_ends_the_wait_and_the_child() -> None:
    before = _children()
    with pytest.raises(OutOfTime), deadline(0.05):
        in_child(lambda: time.sleep(LONG), LONG)
    assert _children() == before


def test_alarms_are_as_before() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    in_child(lambda: 1, LONG)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_no_descriptor_stays_open() -> None:
    before = os.listdir("/proc/self/fd")
    in_child(lambda: 1, LONG)
    in_child(lambda: time.sleep(LONG), 0.01)
    assert os.listdir("/proc/self/fd") == before


def test_nothing_that_the_child_prints_comes_through(capfd: pytest.CaptureFixture[str]) -> None:
    def shout() -> str:
        os.write(1, b"out")
        os.write(2, b"err")
        return "said"

    assert in_child(shout, LONG) == "said"
    assert capfd.readouterr() == ("", "")


def test_ends_where_ended_children_are_not_reported() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert in_child(lambda: "answer", LONG) == "answer"
        assert isinstance(in_child(lambda: time.sleep(LONG), 0.05), Unknown)
    finally:
        signal.signal(signal.SIGCHLD, before)


def _children() -> set[str]:
    """The processes that this one has started and not waited for, those of other tests among them."""
    return {child for path in Path("/proc/self/task").glob("*/children") for child in path.read_text().split()}
