"""What can't or mustn't be done: one clear line, and nothing half done."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.fixes import files, history, journal
from sparkdoctor.fixes.apply import apply
from sparkdoctor.fixes.lock import Lock
from sparkdoctor.fixes.plan import FAILED, KEPT, ROLLED_BACK, UNDONE, VERIFIED
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.fixes.settings.venv import current
from sparkdoctor.fixes.undo import recover, undo
from tests import books
from tests.fixes.conftest import copied
from tests.fixes.situations import TOOL, Situation, env_rule, situation
from tests.fixes.trees import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.plan import Plan

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def broken(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> Situation:
    return situation(tmp_path, placed(venv), env_rule())


def applied(broken: Situation) -> Plan:
    return apply(broken.plan(), broken.place, broken.examine, TOOL)


def test_two_runs_at_once(broken: Situation, venv: Path) -> None:
    plan = broken.plan()
    applied(broken)
    before = tree(venv)
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, broken.place.home], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        for work in (
            lambda: apply(plan, broken.place, broken.examine, TOOL),
            lambda: undo(broken.place),
        ):
            with pytest.raises(Refused, match=f"another run works on this environment: process {holder.pid}"):
                work()
    finally:
        holder.communicate()
    assert tree(venv) == before
    with Lock(broken.place):
        pass


_HOLDER = """
import sys
from sparkdoctor.fixes.lock import Lock
class Place: home = sys.argv[1]
with Lock(Place):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_file_changed_after_it_was_applied_is_kept_until_forced(broken: Situation, venv: Path) -> None:
    before = tree(venv)
    id = applied(broken).id
    activate = venv / "bin" / "activate"
    mine = activate.read_text() + "export MINE=1\n"
    activate.write_text(mine)
    back = undo(broken.place)
    assert (back.id, back.state) == (id, KEPT)
    assert back.kept == (f"{activate} was changed since; it is left as it is",)
    assert activate.read_text() == mine
    assert (venv / "bin" / "activate.fish").read_bytes() == before["bin/activate.fish"][1]
    assert history.entry(broken.place, back.id).state == KEPT
    assert undo(broken.place, back.id, force=True).state == UNDONE
    assert activate.read_bytes() == before["bin/activate"][1]


def test_an_earlier_plan_waits_for_the_later_one(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> None:
    before = tree(venv)
    first = applied(situation(tmp_path / "1", placed(venv), env_rule()))
    both = situation(tmp_path / "2", placed(venv), env_rule(), env_rule("TRI102", "TRITON_TWO"))
    second = applied(both)
    assert [step.rules for step in second.steps] == [("TRI102",)]
    [kept] = {line.partition("(")[2] for line in undo(both.place, first.id).kept}
    assert kept == f"plan {second.id} changed it: take that back first)"
    assert undo(both.place, second.id).state == UNDONE
    assert undo(both.place, first.id).state == UNDONE
    assert tree(venv) == before


def test_a_block_changed_by_hand_is_left_alone(broken: Situation, venv: Path) -> None:
    applied(broken)
    activate = venv / "bin" / "activate"
    activate.write_text(activate.read_text().replace("export TRITON_ONE='1'", "export TRITON_ONE=$(cat /etc/one)"))
    before = tree(venv)
    with pytest.raises(Refused, match=r"changed by hand: 'export TRITON_ONE=\$\(cat /etc/one\)'"):
        current(str(venv))
    assert tree(venv) == before


def test_a_fix_after_which_the_finding_stays_is_rolled_back(
    tmp_path: Path, venv: Path, placed: Callable[[Path], Place]
) -> None:
    before = tree(venv)
    stubborn = situation(
        tmp_path, placed(venv), env_rule("TRI101", when="not present(env.OTHER)"), env_rule("TRI102", "TRITON_TWO")
    )
    done = applied(stubborn)
    assert done.state == ROLLED_BACK
    assert [(step.rules, step.state) for step in done.steps] == [(("TRI101",), ROLLED_BACK), (("TRI102",), VERIFIED)]
    assert done.steps[0].reason == "TRI101 is raised all the same"
    undo(stubborn.place)
    assert tree(venv) == before


def test_a_fix_that_brings_an_error_is_rolled_back(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> None:
    before = tree(venv)
    worse = situation(
        tmp_path, placed(venv), env_rule(), books.rule("TRI109", "present(env.TRITON_ONE)", title="Now it is worse")
    )
    done = applied(worse)
    assert (done.state, done.reason) == (ROLLED_BACK, "it brought a new error: TRI109 (Now it is worse)")
    assert tree(venv) == before


def test_a_script_that_a_shell_reads_differently_is_rolled_back(
    tmp_path: Path, venv: Path, placed: Callable[[Path], Place]
) -> None:
    """The end of the script is never reached: the shell doesn't see what was appended."""
    activate = venv / "bin" / "activate"
    activate.write_text(activate.read_text() + "return 0\n")
    before = tree(venv)
    done = applied(situation(tmp_path, placed(venv), env_rule()))
    assert done.state == FAILED
    assert "TRITON_ONE is not set after" in (done.reason or "")
    assert tree(venv) == before


def test_an_activate_script_that_is_a_link_is_not_followed(
    tmp_path: Path, venv: Path, placed: Callable[[Path], Place]
) -> None:
    outside = tmp_path / "outside"
    (venv / "bin" / "activate").rename(outside)
    (venv / "bin" / "activate").symlink_to(outside)
    content = outside.read_bytes()
    done = applied(situation(tmp_path, placed(venv), env_rule()))
    assert done.state == FAILED
    assert "is a link; it is not followed" in (done.reason or "")
    assert outside.read_bytes() == content


@as_root
def test_root_leaves_the_environment_of_a_user_alone(broken: Situation, venv: Path) -> None:
    os.chown(venv, 65534, 65534)
    before = tree(venv)
    with pytest.raises(Refused, match="belongs to nobody") as refused:
        applied(broken)
    assert refused.value.instead == f"call this as its owner: sudo -u nobody sparkdoctor fix --apply --python {venv}"
    assert tree(venv) == before
    assert not (venv / ".sparkdoctor").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@as_root
@pytest.mark.parametrize("left", [0, 4096, 8192, 12288, 16384, 24576, 32768])
def test_a_full_disk(
    left: int, tmp_path: Path, plain_venv_of_fixes: Path, small_disk: Path, placed: Callable[[Path], Place]
) -> None:
    """Whatever is left of it: done whole, or not at all."""
    venv = copied(plain_venv_of_fixes, small_disk / "venv")
    broken = situation(tmp_path, placed(venv), env_rule())
    before = tree(venv)
    disk = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(b"x" * max(0, disk.f_bavail * disk.f_frsize - left))
    done = None
    reason = ""
    try:
        done = applied(broken)
    except Refused as error:
        reason = str(error)
    (small_disk / "filler").unlink()
    if done is not None and done.state == VERIFIED:
        assert tree(venv) != before
        undo(broken.place)
    else:
        assert "o space" in (reason if done is None else done.reason or "")
        assert done is None or done.state == FAILED
    assert tree(venv) == before
    for entry in history.pending(broken.place):
        assert all(not taken.standing or taken.intention for taken in entry.steps)


@as_root
def test_a_read_only_environment(
    tmp_path: Path, plain_venv_of_fixes: Path, small_disk: Path, placed: Callable[[Path], Place]
) -> None:
    venv = copied(plain_venv_of_fixes, small_disk / "venv")
    broken = situation(tmp_path, placed(venv), env_rule())
    plan, before = broken.plan(), tree(venv)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(Refused, match=r"lies on a read-only file system; .*sparkdoctor env"):
        apply(plan, broken.place, broken.examine, TOOL)
    assert tree(venv) == before


def test_a_symbolic_link_put_in_the_way_meanwhile(
    broken: Situation, venv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is exchanged for a link between the look and the writing: what lies behind it stays as it is."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "activate").write_text("not ours\n")
    look = files.look
    count = 0

    def looked(prefix: str, path: str) -> files.State:
        nonlocal count
        found = look(prefix, path)
        count += 1
        if count == 3:
            (venv / "bin").rename(venv / "bin.old")
            (venv / "bin").symlink_to(outside)
        return found

    monkeypatch.setattr(files, "look", looked)
    done = applied(broken)
    assert done.state == FAILED
    assert (outside / "activate").read_text() == "not ours\n"
    assert [path.name for path in outside.iterdir()] == ["activate"]


def test_the_home_of_the_journals_is_no_link(broken: Situation, venv: Path, tmp_path: Path) -> None:
    (venv / ".sparkdoctor").symlink_to(tmp_path)
    with pytest.raises(Refused, match="nothing was changed"):
        applied(broken)
    assert journal.ids(str(tmp_path)) == []


def test_interrupted_by_hand_it_is_taken_back_at_once(broken: Situation, venv: Path) -> None:
    before = tree(venv)

    def interrupt(name: str) -> None:
        if name == "step 1, part 1":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(broken.plan(), broken.place, broken.examine, TOOL, checkpoint=interrupt)
    assert tree(venv) == before
    assert history.pending(broken.place) == []
    assert history.entries(broken.place)[-1].state == FAILED


def test_what_can_not_be_taken_back_stays_open(broken: Situation, venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(venv)
    put = files.put
    calls = 0

    def full_from_the_second_on(prefix: str, path: str, state: files.State) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise OSError(28, "No space left on device", path)
        put(prefix, path, state)

    with monkeypatch.context() as patch:
        patch.setattr(files, "put", full_from_the_second_on)
        with pytest.raises(Refused, match=r"could not be taken back either: .*No space left.* undo --pending"):
            applied(broken)
    [entry] = history.pending(broken.place)
    assert [back.id for back in recover(broken.place)] == [entry.id]
    assert tree(venv) == before
