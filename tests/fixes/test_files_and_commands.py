"""Files inside the environment, and commands of the catalogue, with the programs of a machine in their places."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.fixes import catalogue, place
from sparkdoctor.fixes.apply import apply
from sparkdoctor.fixes.plan import FAILED, KEPT, UNDONE, VERIFIED
from sparkdoctor.fixes.undo import undo
from sparkdoctor.machine import Machine
from sparkdoctor.rulebook.load import load
from tests import books
from tests.fixes.situations import TOOL, Situation, situation
from tests.fixes.trees import tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sparkdoctor.fixes.place import Place

FILE = """
[[rule.fix]]
kind = "file"
safety = "safe"
text = "Write it."
effect = "The file is there."
file = { path = "PATH", WHAT }
"""


@pytest.mark.parametrize("what", ['content = "new\\n"', 'link = "../elsewhere"'])
@pytest.mark.parametrize("there", [None, "file", "link"])
def test_a_file_is_written_and_taken_back(
    what: str, there: str | None, tmp_path: Path, venv: Path, placed: Callable[[Path], Place]
) -> None:
    path = venv / "bin" / "wanted"
    if there == "file":
        path.write_bytes(b"\x80 old")
        path.chmod(0o750)
    elif there == "link":
        path.symlink_to("old")
    before = tree(venv)
    fixes = FILE.replace("PATH", "bin/wanted").replace("WHAT", what)
    broken = situation(tmp_path, placed(venv), books.rule("TRI101", "not present(env.NEVER)", fixes=fixes))
    plan = broken.plan()
    assert [step.kind for step in plan.steps] == ["file"]
    healthy = situation(tmp_path / "2", placed(venv), books.rule("TRI102", "present(env.NEVER)"))
    done = apply(plan, broken.place, healthy.examine, TOOL)
    assert done.state == VERIFIED
    if "link" in what:
        assert os.readlink(path) == "../elsewhere"
    else:
        assert path.read_text() == "new\n"
        assert (path.stat().st_mode & 0o777) == (0o750 if there == "file" else 0o644)
    assert undo(broken.place).state == UNDONE
    assert tree(venv) == before


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, venv: Path, placed: Callable[[Path], Place]) -> None:
    before = tree(venv)
    fixes = FILE.replace("PATH", "nowhere/wanted").replace("WHAT", 'content = "x"')
    broken = situation(tmp_path, placed(venv), books.rule("TRI101", "not present(env.NEVER)", fixes=fixes))
    done = apply(broken.plan(), broken.place, broken.examine, TOOL)
    assert (done.state, "No such file or directory" in (done.reason or "")) == (FAILED, True)
    assert tree(venv) == before


def test_every_command_that_a_rule_names_is_in_the_catalogue() -> None:
    named = [fix for rule in load().rules.values() for fix in rule.detail.fixes if fix.command]
    assert {fix.command for fix in named} <= set(catalogue.CATALOGUE)
    assert all(fix.kind == "command" and fix.safety == "unsafe" for fix in named)


PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> LOG
case "$(basename "$0") $1" in
  swapoff*) sed -i "\\\\|^$1 |d" SWAPS ;;
  swapon*) echo "$3 file 1 0 $2" >> SWAPS ;;
  "systemctl is-enabled") grep -qx "$2" MASKED && echo masked || echo static ;;
  "systemctl mask") shift; printf '%s\\n' "$@" >> MASKED ;;
  "systemctl unmask") shift; for t; do sed -i "/^$t$/d" MASKED; done ;;
esac
"""


class FakeMachine(Machine):
    """The live machine with a few files in other places."""

    places: dict[str, str] = {}

    def _open(self, path: str) -> int:
        return super()._open(self.places.get(path, path))

    def outside(self, path: str) -> str:
        return self.places.get(path, path)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    for name, content in (("swaps", SWAPS), ("masked", "suspend.target\n"), ("drop_caches", ""), ("calls", "")):
        (tmp_path / name).write_text(content)
    text = PROGRAM
    for word, name in (("LOG", "calls"), ("SWAPS", "swaps"), ("MASKED", "masked")):
        text = text.replace(word, str(tmp_path / name))
    (tmp_path / "bin").mkdir()
    for name in ("swapoff", "swapon", "systemctl"):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setattr(catalogue, "FOLDERS", (str(tmp_path / "bin"),))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    fake = FakeMachine("/", {"PATH": os.environ["PATH"]})
    fake.places = {
        "/proc/swaps": str(tmp_path / "swaps"),
        "/proc/sys/vm/drop_caches": str(tmp_path / "drop_caches"),
    }
    return fake


COMMAND = """
[[rule.fix]]
kind = "command"
safety = "unsafe"
effect = "It helps."
text = "sudo it"
command = "NAME"
"""
SWAPS = "Filename Type Size Used Priority\n/swap.img file 8388604 0 -2\n/dev/sda3 partition 8388604 0 5\n"


def commanded(folder: Path, machine: FakeMachine, name: str) -> tuple[Situation, Place]:
    fixes = COMMAND.replace("NAME", name)
    where = place.of_machine(machine)
    return situation(folder, where, books.rule("TRI101", "not present(env.NEVER)", fixes=fixes)), where


@pytest.mark.parametrize(
    ("name", "called", "taken_back"),
    [
        ("swap-off", ["swapoff /swap.img", "swapoff /dev/sda3"], ["swapon /swap.img", "swapon -p 5 /dev/sda3"]),
        (
            "mask-sleep",
            ["systemctl mask sleep.target hibernate.target hybrid-sleep.target"],
            ["systemctl unmask sleep.target hibernate.target hybrid-sleep.target"],
        ),
    ],
)
def test_a_command_and_its_inverse(
    name: str, called: list[str], taken_back: list[str], tmp_path: Path, machine: FakeMachine
) -> None:
    broken, where = commanded(tmp_path, machine, name)
    plan = broken.plan(unsafe=True)
    assert [(step.kind, step.safety) for step in plan.steps] == [("command", "unsafe")]
    assert broken.plan(unsafe=False).steps == ()
    healthy = situation(tmp_path / "2", where, books.rule("TRI102", "present(env.NEVER)"))
    assert apply(plan, where, healthy.examine, TOOL).state == VERIFIED
    assert _calls(tmp_path) == called
    assert undo(where).state == UNDONE
    assert _calls(tmp_path)[len(called) :] == taken_back


def _calls(folder: Path) -> list[str]:
    lines = (folder / "calls").read_text().splitlines()
    return [line for line in lines if not line.startswith("systemctl is-enabled")]


def test_the_page_cache_needs_no_taking_back_and_says_so(tmp_path: Path, machine: FakeMachine) -> None:
    broken, where = commanded(tmp_path, machine, "drop-page-cache")
    [step] = broken.plan(unsafe=True).steps
    assert "nothing to take back" in " ".join(step.notes)
    healthy = situation(tmp_path / "2", where, books.rule("TRI102", "present(env.NEVER)"))
    assert apply(broken.plan(unsafe=True), where, healthy.examine, TOOL).state == VERIFIED
    assert (tmp_path / "drop_caches").read_text() == "3\n"
    back = undo(where)
    assert (back.state, back.kept) == (KEPT, ("the page cache was dropped; that needs no taking back",))


def test_a_command_without_effect_fails(tmp_path: Path, machine: FakeMachine) -> None:
    (tmp_path / "bin" / "swapoff").write_text("#!/bin/sh\n")
    broken, where = commanded(tmp_path, machine, "swap-off")
    done = apply(broken.plan(unsafe=True), where, broken.examine, TOOL)
    assert (done.state, done.reason) == (FAILED, "swapoff -a ran, and had no effect")


def test_without_root_it_is_a_step_for_a_person(
    tmp_path: Path, machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    broken, _ = commanded(tmp_path, machine, "swap-off")
    plan = broken.plan(unsafe=True)
    assert plan.steps == ()
    assert [(step.text, step.reason) for step in plan.manual] == [("sudo it", "needs root")]
