"""conda's own variables, in a layout made here: conda comes from none of the package indexes.

It follows conda's documentation and sources (conda-meta/history, env_vars in conda-meta/state); no real conda has read
what is written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.fixes.apply import apply
from sparkdoctor.fixes.plan import FAILED, UNDONE, VERIFIED
from sparkdoctor.fixes.undo import undo
from sparkdoctor.machine import Machine
from tests import books
from tests.fixes.situations import ENV, TOOL, env_rule, situation
from tests.fixes.trees import tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sparkdoctor.fixes.place import Place


@pytest.fixture
def conda(tmp_path: Path) -> Path:
    prefix = tmp_path / "conda"
    (prefix / "conda-meta").mkdir(parents=True)
    (prefix / "conda-meta" / "history").write_text(
        "==> 2026-11-24 10:00:00 <==\n# cmd: conda create -n llm python=3.12\n"
    )
    (prefix / "conda-meta" / "python-3.12.3-hab00c5b_0_cpython.json").write_text('{"name": "python"}')
    (prefix / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python3.12").touch(0o755)
    return prefix


@pytest.mark.parametrize("state", [None, '{"env_vars": {"THEIRS": "grün"}, "version": 2}'])
def test_a_variable_is_set_as_conda_does(
    state: str | None, tmp_path: Path, conda: Path, placed: Callable[[Path], Place]
) -> None:
    file = conda / "conda-meta" / "state"
    if state is not None:
        file.write_text(state)
    before = tree(conda)
    broken = situation(tmp_path, placed(conda), env_rule(value="a b"))
    assert apply(broken.plan(), broken.place, broken.examine, TOOL).state == VERIFIED
    wanted = json.loads(state or "{}")
    wanted.setdefault("env_vars", {})["TRITON_ONE"] = "a b"
    assert json.loads(file.read_text()) == wanted
    reading = Examination(Machine("/", {}), str(conda)).read("env.TRITON_ONE")
    assert (reading.value, reading.where) == ("a b", str(file))
    assert undo(broken.place).state == UNDONE
    assert tree(conda) == before


@pytest.mark.parametrize("state", ["[]", "{", '{"env_vars": ["a"]}', "\x00"])
def test_a_state_that_conda_did_not_write_is_left_alone(
    state: str, tmp_path: Path, conda: Path, placed: Callable[[Path], Place]
) -> None:
    broken = situation(tmp_path, placed(conda), env_rule(when="not present(env.TRITON_ONE) and present(python.prefix)"))
    plan = broken.plan()
    (conda / "conda-meta" / "state").write_text(state)
    before = tree(conda)
    done = apply(plan, broken.place, broken.examine, TOOL)
    assert done.state == FAILED
    assert "not as conda writes it" in (done.reason or "")
    assert tree(conda) == before


def test_unsetting_is_left_to_a_person(tmp_path: Path, conda: Path, placed: Callable[[Path], Place]) -> None:
    unset = ENV.format(name="TRITON_ONE", value="1").replace('set = { TRITON_ONE = "1" }', 'unset = ["TRITON_ONE"]')
    plan = situation(
        tmp_path,
        placed(conda),
        books.rule("TRI102", "present(env.TRITON_ONE)", fixes=unset),
        environ={"TRITON_ONE": "5", "PATH": "/usr/bin"},
    ).plan()
    assert plan.steps == ()
    assert "conda can't take a variable away" in plan.manual[0].reason
