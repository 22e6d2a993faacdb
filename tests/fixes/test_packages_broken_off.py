"""Packages and what gets in the way: kills in the middle of an installation, full disks, missing rights."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.fixes import history
from sparkdoctor.fixes.apply import apply
from sparkdoctor.fixes.packages import installer, processes
from sparkdoctor.fixes.plan import FAILED, PENDING, UNDONE, VERIFIED
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.fixes.undo import recover, undo
from tests.fixes.patients import OLD_ONE, Patient, applied, pin_rule
from tests.fixes.situations import TOOL
from tests.fixes.trees import tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fixes.situations import Situation
    from tests.fixes.wheelhouse import Index

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
MOMENTS = [
    "line 1", "line 2", "step 1, installing", "step 1, installed", "step 1, saved", "step 1, did", "line 3", "line 4",
    "line 5",
]  # fmt: skip


@pytest.fixture
def broken(patient: Patient) -> Situation:
    patient.install("spark-one==1.0")
    return patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))


def killed_at(moment: str, broken: Situation) -> None:
    child = os.fork()
    if child == 0:
        try:
            plan = broken.plan(unsafe=True)
            apply(
                plan,
                broken.place,
                broken.examine,
                TOOL,
                checkpoint=lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == moment else None,
            )
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, f"{moment} was never reached"


@pytest.mark.parametrize("patient", ["uv"], indirect=True)
def test_the_moments_are_all_there_are(broken: Situation) -> None:
    seen: list[str] = []
    done = apply(broken.plan(unsafe=True), broken.place, broken.examine, TOOL, checkpoint=seen.append)
    assert done.state == VERIFIED
    assert seen == MOMENTS


@pytest.mark.parametrize("patient", ["uv"], indirect=True)
@pytest.mark.parametrize("moment", MOMENTS[:-1])
def test_killed_at_every_step(moment: str, patient: Patient, broken: Situation) -> None:
    before = tree(patient.venv)
    killed_at(moment, broken)
    assert [entry.state for entry in history.pending(broken.place)] == [PENDING]
    assert [back.state for back in recover(broken.place)] == [UNDONE]
    assert tree(patient.venv) == before
    assert [path for path in (patient.venv / ".sparkdoctor").iterdir() if path.is_dir()] == []
    assert applied(broken).state == VERIFIED


def test_killed_in_the_middle_of_the_installation(patient: Patient, broken: Situation, index: Index) -> None:
    """The index holds a wheel back; pip and uv die with us, whatever they were at."""
    before = tree(patient.venv)
    plan = broken.plan(unsafe=True)
    patient.place.machine.environ = {**patient.environ, "UV_CACHE_DIR": str(patient.folder / "cold")}
    index.gate.clear()
    index.asked.clear()
    child = os.fork()
    if child == 0:
        try:
            apply(plan, broken.place, broken.examine, TOOL)
        finally:
            os._exit(0)
    try:
        until = time.monotonic() + 60
        while not any(path.endswith(".whl") for path in index.asked) and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    finally:
        index.gate.set()
    assert [back.state for back in recover(broken.place)] == [UNDONE]
    assert tree(patient.venv) == before


@pytest.mark.parametrize("patient", ["pip"], indirect=True)
@pytest.mark.parametrize("after", ["spark_one-1.0.dist-info", "spark_one"])
def test_killed_while_pip_takes_files_away(after: str, patient: Patient, broken: Situation) -> None:
    """pip is killed in the moment in which the old files are gone, whichever of them are."""
    before = tree(patient.venv)
    plan = broken.plan(unsafe=True)
    gone = patient.site / after
    child = os.fork()
    if child == 0:
        try:
            watcher = threading.Thread(target=_killer, args=(gone,), daemon=True)
            watcher.start()
            apply(plan, broken.place, broken.examine, TOOL)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    for back in recover(broken.place):
        assert (back.state, back.kept) == (UNDONE, ())
    if history.entries(broken.place)[-1].state == VERIFIED:
        undo(broken.place)
    assert tree(patient.venv) == before


def _killer(path: Path) -> None:
    while path.exists():
        pass
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("patient", ["uv"], indirect=True)
def test_a_kill_while_it_is_taken_back(patient: Patient, broken: Situation) -> None:
    before = tree(patient.venv)
    assert applied(broken).state == VERIFIED
    for moment in ("line 6", "step 1, took back", "line 7"):
        child = os.fork()
        if child == 0:
            try:
                work = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == moment else None  # noqa: E731, B023
                undo(broken.place, history.entries(broken.place)[-1].id, checkpoint=work)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    recover(broken.place)
    assert tree(patient.venv) == before


@as_root
def test_root_leaves_the_environment_of_a_user_alone(patient: Patient, broken: Situation) -> None:
    plan = broken.plan(unsafe=True)
    os.chown(patient.venv, 65534, 65534)
    before = tree(patient.venv)
    with pytest.raises(Refused, match="belongs to nobody"):
        apply(plan, broken.place, broken.examine, TOOL)
    assert tree(patient.venv) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "none", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@as_root
@pytest.mark.parametrize("left", [16384, 65536, 131072])
def test_a_full_disk(left: int, patient: Patient, small_disk: Path) -> None:
    """Whatever is left of it: done whole, or not at all."""
    patient.move(small_disk / "venv")
    patient.install("spark-one==1.0")
    broken = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))
    plan, before = broken.plan(unsafe=True), tree(patient.venv)
    disk = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(b"x" * max(0, disk.f_bavail * disk.f_frsize - left))
    state, reason = "", ""
    try:
        done = apply(plan, broken.place, broken.examine, TOOL)
        state, reason = done.state, done.reason or ""
    except Refused as error:
        reason = str(error)
    (small_disk / "filler").unlink()
    if state == VERIFIED:
        undo(broken.place)
    else:
        assert state in ("", FAILED)
        assert "o space" in reason
        recover(broken.place)
    assert tree(patient.venv) == before


@as_root
def test_a_read_only_environment(patient: Patient, small_disk: Path) -> None:
    patient.move(small_disk / "venv")
    patient.install("spark-one==1.0")
    broken = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))
    plan, before = broken.plan(unsafe=True), tree(patient.venv)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(Refused, match="lies on a read-only file system"):
        apply(plan, broken.place, broken.examine, TOOL)
    assert tree(patient.venv) == before


@pytest.mark.parametrize("patient", ["uv"], indirect=True)
def test_without_pip_and_uv(patient: Patient) -> None:
    patient.install("spark-one==1.0")
    patient.place.machine.environ = {**patient.environ, "PATH": "/nonexistent"}
    plan = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3")).plan(unsafe=True)
    assert plan.steps == ()
    assert "has no pip, and uv isn't on PATH; put uv on PATH, or give the environment pip" in plan.refused[0].reason


@pytest.mark.parametrize("patient", ["pip"], indirect=True)
def test_a_process_that_uses_it_is_named(patient: Patient, broken: Situation) -> None:
    mapped = patient.site / "spark_one" / "lib.so"
    code = f"import mmap; f = open({str(mapped)!r}); m = mmap.mmap(f.fileno(), 0, prot=1); print(); input()"
    words = [str(patient.venv / "bin" / "python"), "-c", code]
    user = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert user.stdout is not None
        user.stdout.readline()
        assert user.pid in [number for number, _ in processes.using(broken.place)]
        [step] = broken.plan(unsafe=True).steps
        assert f"{user.pid} (python" in step.notes[-1]
    finally:
        user.communicate("\n")


def test_a_python_that_the_system_manages_is_refused(patient: Patient) -> None:
    from sparkdoctor.facts.environment import SYSTEM, Environment
    from sparkdoctor.facts.values import measured
    from sparkdoctor.records import changed

    library = patient.folder / "usr" / "lib" / "python3.12"
    library.mkdir(parents=True)
    (library / "EXTERNALLY-MANAGED").touch()
    prefix = str(patient.folder / "usr")
    found = Environment(
        SYSTEM, prefix, f"{prefix}/bin/python3", (), measured("3.12.3", ""), measured("CPython", ""), "pip"
    )
    with pytest.raises(Refused, match=r"PEP 668.*make an environment of your own"):
        installer.chosen(changed(patient.place, environment=found, prefix=prefix))
