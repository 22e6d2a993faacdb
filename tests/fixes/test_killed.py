"""Killed at any moment: the next command sees it, and what is left is taken back to one of the two good states."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.fixes import files, history, journal
from sparkdoctor.fixes.apply import apply
from sparkdoctor.fixes.plan import PENDING, UNDONE, VERIFIED
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.fixes.undo import recover, undo
from tests.fixes.situations import TOOL, Situation, env_rule, situation
from tests.fixes.trees import tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sparkdoctor.fixes.place import Place

TWO = (env_rule("TRI101", "TRITON_ONE", "a b"), env_rule("TRI102", "TRITON_TWO", "2"))

MOMENTS = [
    "line 1", "line 2", "step 1, part 1", "step 1, part 2", "step 1, did", "line 3", "line 4", "line 5",
    "step 2, part 1", "step 2, part 2", "step 2, did", "line 6", "line 7", "line 8",
]  # fmt: skip
"""Every place at which applying a plan of two steps can be cut off, in order."""

UNDO_MOMENTS = ["line 9", "step 2, took back", "line 10", "step 1, took back", "line 11", "line 12"]


def killed_at(moment: str, work: Callable[[Callable[[str], None]], object]) -> None:
    """Runs `work` in a child that kills itself without a word when it reaches that moment."""
    child = os.fork()
    if child == 0:
        try:
            work(lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == moment else None)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, f"{moment} was never reached"


@pytest.fixture
def broken(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> Situation:
    return situation(tmp_path, placed(venv), *TWO)


def applied(broken: Situation, checkpoint: Callable[[str], None] = lambda name: None) -> str:
    return apply(broken.plan(), broken.place, broken.examine, TOOL, checkpoint=checkpoint).state


def test_the_moments_are_all_there_are(broken: Situation) -> None:
    seen: list[str] = []
    assert applied(broken, seen.append) == VERIFIED
    assert seen == MOMENTS
    seen.clear()
    assert undo(broken.place, checkpoint=seen.append).state == UNDONE
    assert seen == UNDO_MOMENTS


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_it_is_applied(moment: str, broken: Situation, venv: Path) -> None:
    before = tree(venv)
    killed_at(moment, lambda checkpoint: applied(broken, checkpoint))
    if moment == MOMENTS[-1]:
        assert history.pending(broken.place) == []
        assert undo(broken.place).state == UNDONE
    else:
        [entry] = history.pending(broken.place)
        assert entry.state == PENDING
        with pytest.raises(Refused, match="sparkdoctor undo --pending"):
            applied(broken)
        [back] = recover(broken.place)
        assert (back.id, back.state, back.kept) == (entry.id, UNDONE, ())
    assert tree(venv) == before
    assert history.pending(broken.place) == []
    assert applied(broken) == VERIFIED


@pytest.mark.parametrize("moment", UNDO_MOMENTS[:-1])
def test_killed_while_it_is_taken_back(moment: str, broken: Situation, venv: Path) -> None:
    before = tree(venv)
    assert applied(broken) == VERIFIED
    killed_at(moment, lambda checkpoint: undo(broken.place, checkpoint=checkpoint))
    assert [entry.undoing for entry in history.pending(broken.place)] == [True]
    assert [back.state for back in recover(broken.place)] == [UNDONE]
    assert tree(venv) == before


def test_killed_while_it_is_rolled_back(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> None:
    stubborn = situation(tmp_path, placed(venv), env_rule(when="not present(env.TRITON_OTHER)"))
    before = tree(venv)
    killed_at("step 1, rolling back", lambda checkpoint: applied(stubborn, checkpoint))
    assert [back.state for back in recover(stubborn.place)] == [UNDONE]
    assert tree(venv) == before


def test_killed_while_a_file_is_written(broken: Situation, venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(venv)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        killed_at("never", lambda checkpoint: applied(broken, checkpoint))
    assert (venv / "bin" / f"activate{files._SUFFIX}").exists()
    assert [back.state for back in recover(broken.place)] == [UNDONE]
    assert tree(venv) == before


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_a_journal_whose_last_line_is_torn(cut: int, broken: Situation, venv: Path) -> None:
    before = tree(venv)
    killed_at("step 1, did", lambda checkpoint: applied(broken, checkpoint))
    [id] = journal.ids(broken.place.home)
    path = journal.path_of(broken.place.home, id)
    with open(path, "rb+") as file:
        whole = file.read()
        line = journal.encoded({"event": "done", "at": "now", "n": 1, "result": {}})
        file.write(line[:cut])
    assert history.entry(broken.place, id).state == PENDING
    assert [back.state for back in recover(broken.place)] == [UNDONE]
    assert tree(venv) == before
    with open(path, "rb") as file:
        assert file.read().startswith(whole + b'{"event":"undo"')
