"""Packages up, down, new and gone, by pip and by uv: applied, verified, taken back to the byte."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from sparkdoctor.fixes import history
from sparkdoctor.fixes.apply import apply
from sparkdoctor.fixes.plan import FAILED, KEPT, ROLLED_BACK, UNDONE, VERIFIED
from sparkdoctor.fixes.undo import undo
from tests.fixes.patients import OLD_ONE, Patient, applied, pin_rule
from tests.fixes.situations import TOOL
from tests.fixes.trees import tree

if TYPE_CHECKING:
    import pytest

    from tests.fixes.wheelhouse import Index


def test_up_with_a_new_dependency_and_back(patient: Patient) -> None:
    patient.install("spark-one==1.0")
    before = tree(patient.venv)
    broken = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))
    plan = broken.plan(unsafe=True)
    assert tree(patient.venv) == before
    [step] = plan.steps
    assert step.before == "spark-one 1.0"
    assert step.after == "spark-new 1.0 (new)\nspark-one 2.0"
    done = apply(plan, broken.place, broken.examine, TOOL)
    assert (done.state, done.reason) == (VERIFIED, None)
    assert patient.versions() == {"spark-one": "2.0", "spark-new": "1.0", "spark-old": "1.0"}
    assert (patient.venv / "share/spark/new.txt").read_bytes() == b"new"
    assert not (patient.venv / "bin/spark-was").exists()
    assert undo(broken.place).state == UNDONE
    assert tree(patient.venv) == before
    assert [entry.state for entry in history.entries(broken.place)] == [UNDONE]
    assert [path.name for path in (patient.venv / ".sparkdoctor").iterdir() if path.is_dir()] == []


def test_down_and_back(patient: Patient) -> None:
    patient.install("spark-down==2.0")
    before = tree(patient.venv)
    broken = patient.situation(pin_rule('pkg.spark_down.version >= "2"', "spark-down<2"))
    done = applied(broken)
    assert (done.state, done.reason) == (VERIFIED, None)
    assert patient.versions() == {"spark-down": "1.0"}
    assert undo(broken.place).state == UNDONE
    assert tree(patient.venv) == before


def test_files_that_another_distribution_overwrites_come_back(patient: Patient) -> None:
    patient.install("spark-one==1.0", "spark-shares==1.0")
    (patient.site / "spark_one" / "shared.py").write_text("changed by hand\n")
    (patient.site / "spark_one" / "by_hand.py").write_text("mine\n")
    before = tree(patient.venv)
    broken = patient.situation(pin_rule('pkg.spark_shares.version < "2"', "spark-shares>=2"))
    assert applied(broken).state == VERIFIED
    assert (patient.site / "spark_one" / "shared.py").read_bytes() == b"theirs, too\n"
    assert undo(broken.place).state == UNDONE
    assert tree(patient.venv) == before


def test_what_depends_on_it_comes_along(patient: Patient) -> None:
    patient.install("spark-two==1.0")
    before = tree(patient.venv)
    broken = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))
    done = applied(broken)
    assert (done.state, done.reason) == (VERIFIED, None)
    assert patient.versions()["spark-two"] == "2.0"
    undo(broken.place)
    assert tree(patient.venv) == before


def test_what_fits_nothing_is_refused_with_the_reason(patient: Patient) -> None:
    patient.install("spark-stubborn==1.0")
    before = tree(patient.venv)
    plan = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3")).plan(unsafe=True)
    assert plan.steps == ()
    [refusal] = plan.refused
    assert "spark-stubborn" in refusal.reason
    assert tree(patient.venv) == before


def test_a_conflict_that_shows_afterwards_is_rolled_back(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The metadata of what is there changes between the plan and the installation."""
    patient.install("spark-one==1.0", "spark-down==1.0")
    broken = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))
    plan = broken.plan(unsafe=True)
    metadata = patient.site / "spark_down-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text() + "Requires-Dist: spark-one<2\n")
    before = tree(patient.venv)
    done = apply(plan, broken.place, broken.examine, TOOL)
    assert done.state == ROLLED_BACK
    assert "spark-down" in (done.reason or "")
    assert "spark-one" in (done.reason or "")
    assert tree(patient.venv) == before


def test_a_finding_that_stays_is_rolled_back(patient: Patient) -> None:
    patient.install("spark-one==1.0")
    before = tree(patient.venv)
    done = applied(patient.situation(pin_rule('pkg.spark_one.version < "9"', "spark-one>=2,<3")))
    assert (done.state, done.reason) == (ROLLED_BACK, "TRI101 is raised all the same")
    assert tree(patient.venv) == before


def test_undo_asks_no_network(patient: Patient, index: Index) -> None:
    patient.install("spark-one==1.0")
    before = tree(patient.venv)
    broken = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))
    applied(broken)
    index.asked.clear()
    undo(broken.place)
    assert index.asked == []
    assert tree(patient.venv) == before


def test_changed_since_it_is_kept_until_forced(patient: Patient) -> None:
    patient.install("spark-one==1.0")
    before = tree(patient.venv)
    broken = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))
    applied(broken)
    edited = patient.site / "spark_one" / "same.py"
    edited.write_text("mine\n")
    now = tree(patient.venv)
    back = undo(broken.place)
    assert back.state == KEPT
    assert "spark_one/same.py was changed since" in back.kept[0]
    assert tree(patient.venv) == now
    assert undo(broken.place, back.id, force=True).state == UNDONE
    assert tree(patient.venv) == before


def test_another_version_since_is_kept(patient: Patient) -> None:
    patient.install("spark-one==1.0")
    broken = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))
    applied(broken)
    patient.install("spark-one==3.0")
    now = tree(patient.venv)
    back = undo(broken.place)
    assert back.kept == ("spark-one is 3.0+vendor now, not 2.0 as the plan left it; the packages stay as they are",)
    assert tree(patient.venv) == now


def test_compiled_modules_made_meanwhile_are_no_hindrance(patient: Patient) -> None:
    patient.install("spark-one==1.0")
    before = tree(patient.venv)
    broken = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))
    applied(broken)
    code = "import spark_one.only_after, spark_new"
    subprocess.run([patient.venv / "bin" / "python", "-c", code], check=True, timeout=60)
    assert undo(broken.place).state == UNDONE
    assert tree(patient.venv) == before


def test_an_index_out_of_reach(patient: Patient) -> None:
    patient.install("spark-one==1.0")
    broken = patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3"))
    plan = broken.plan(unsafe=True)
    before = tree(patient.venv)
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
    patient.place.machine.environ = {
        **patient.environ,
        **nowhere,
        "UV_CACHE_DIR": str(patient.folder / "empty"),
    }
    assert (
        "no way to install"
        in patient.situation(pin_rule(OLD_ONE, "spark-one>=2,<3")).plan(unsafe=True).refused[0].reason
    )
    done = apply(plan, broken.place, broken.examine, TOOL)
    assert done.state == FAILED
    assert "could not install" in (done.reason or "")
    assert tree(patient.venv) == before
