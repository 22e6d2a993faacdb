"""Findings become one plan: merged, contradictions refused with both rules named, in the order of the components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import books
from tests.fixes.situations import ENV, env_rule, situation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sparkdoctor.fixes.place import Place


def test_equal_settings_are_one_step_for_both_rules(
    tmp_path: Path, venv: Path, placed: Callable[[Path], Place]
) -> None:
    two = ENV.format(name="TRITON_ONE", value="1").replace("{ TRITON_ONE", '{ TRITON_TWO = "2", TRITON_ONE')
    plan = situation(
        tmp_path, placed(venv), env_rule("TRI101"), books.rule("TRI102", "not present(env.TRITON_TWO)", fixes=two)
    ).plan()
    [step] = plan.steps
    assert step.rules == ("TRI101", "TRI102")
    assert step.payload == {"set": {"TRITON_TWO": "2", "TRITON_ONE": "1"}, "unset": []}
    assert step.before is None
    assert set(step.after.splitlines()) == {"TRITON_ONE=1", "TRITON_TWO=2"}
    assert plan.refused == ()


def test_two_values_for_one_variable_are_refused_with_both_rules(
    tmp_path: Path, venv: Path, placed: Callable[[Path], Place]
) -> None:
    plan = situation(
        tmp_path,
        placed(venv),
        env_rule("TRI101", "TRITON_ONE", "1"),
        env_rule("TRI102", "TRITON_ONE", "2"),
        env_rule("TRI103", "TRITON_TWO", "3"),
    ).plan()
    assert [step.rules for step in plan.steps] == [("TRI103",)]
    [refusal] = plan.refused
    assert refusal.rules == ("TRI101", "TRI102")
    assert refusal.reason.startswith("TRITON_ONE: TRI101 wants 1, TRI102 wants 2; choose one with --select")


def test_set_and_unset_contradict_each_other(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> None:
    unset = ENV.format(name="TRITON_ONE", value="1").replace('set = { TRITON_ONE = "1" }', 'unset = ["TRITON_ONE"]')
    plan = situation(
        tmp_path,
        placed(venv),
        env_rule("TRI101", when='not (env.TRITON_ONE == "1")'),
        books.rule("TRI102", "present(env.TRITON_ONE)", fixes=unset),
        environ={"TRITON_ONE": "5", "PATH": "/usr/bin:/bin"},
    ).plan()
    assert plan.steps == ()
    assert "TRI101 wants 1, TRI102 wants it unset" in plan.refused[0].reason


def test_what_lies_deeper_comes_first(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> None:
    plan = situation(
        tmp_path,
        placed(venv),
        env_rule("TRI101", "TRITON_ONE", component="triton"),
        env_rule("TRI102", "TORCH_ONE", component="torch"),
        env_rule("TRI103", "DRIVER_ONE", component="driver"),
    ).plan()
    assert [(step.n, step.rules[0]) for step in plan.steps] == [(1, "TRI103"), (2, "TRI102"), (3, "TRI101")]


def test_the_diff_shows_what_is_there(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> None:
    plan = situation(
        tmp_path,
        placed(venv),
        env_rule(when='not (env.TRITON_ONE == "1")'),
        environ={"TRITON_ONE": "5", "PATH": "/usr/bin:/bin"},
    ).plan()
    assert [(step.before, step.after, step.text) for step in plan.steps] == [
        ("TRITON_ONE=5", "TRITON_ONE=1", "export TRITON_ONE='1'")
    ]


def test_what_a_person_must_do_is_listed_once(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> None:
    manual = '[[rule.fix]]\nkind = "kernel"\ntext = "sudo apt full-upgrade"\neffect = "A newer kernel."'
    unsafe = ENV.format(name="TRITON_ONE", value="1").replace('"safe"', '"unsafe"')
    plan = situation(
        tmp_path,
        placed(venv),
        books.rule("TRI101", "not present(env.A)", fixes=manual),
        books.rule("TRI102", "not present(env.B)", fixes=manual),
        books.rule("TRI103", "not present(env.C)", fixes=unsafe),
    ).plan()
    assert plan.steps == ()
    assert [(step.rules, step.kind, step.reason) for step in plan.manual] == [
        (("TRI101", "TRI102"), "kernel", "a step for a person"),
        (("TRI103",), "env", "needs --unsafe"),
    ]


def test_what_is_not_known_is_not_planned(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> None:
    asked = ENV.format(name="TRITON_ONE", value="{{driver.version}}").replace("{{", "{").replace("}}", "}")
    plan = situation(tmp_path, placed(venv), books.rule("TRI101", "not present(env.A)", fixes=asked)).plan()
    assert plan.steps == ()
    assert [step.reason for step in plan.manual] in ([], ["unknown: driver.version"])
