"""What an owner sets aside: counted, named with its reason, and back when its day is over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from sparkdoctor.diagnosis.diagnose import diagnose, resolver
from sparkdoctor.diagnosis.model import Suppression
from sparkdoctor.diagnosis.suppress import suppressed
from sparkdoctor.facts.cases import from_case
from sparkdoctor.reports.schemas import schema_text
from tests.books import book, rule
from tests.cli.running import report, sparkdoctor

if TYPE_CHECKING:
    from pathlib import Path

CASE = """
[facts]
"gpu.compute_capability" = "12.1"
"triton.ptxas_targets" = ["sm_120a"]
[packages]
triton = "3.5.0"
[env]
"""
SUPPRESSION = '[[tool.sparkdoctor.suppress]]\nrule = "TRI001"\nreason = "Triton   is not used\\n here"\n'


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "case.toml").write_text(CASE)
    return tmp_path


def check(here: Path, *options: str) -> tuple[int, str, str]:
    done = sparkdoctor("check", "--facts", "case.toml", *options, cwd=here, env={"XDG_CONFIG_HOME": str(here)})
    return done.returncode, done.stdout, done.stderr


def test_a_suppressed_finding_leaves_counts_and_exit_code_and_is_named(here: Path) -> None:
    plain = report("--facts", "case.toml", "--fail-on", "warning", cwd=here)
    assert [found["id"] for found in plain["findings"]][:1] == ["TRI001"]
    assert (plain["summary"]["suppressed"], plain["suppressed"]) == (0, [])
    (here / "pyproject.toml").write_text(SUPPRESSION + "until = 2999-01-31\n")
    found = report("--facts", "case.toml", "--fail-on", "warning", cwd=here)
    jsonschema.validate(found, json.loads(schema_text("report")))
    assert "TRI001" not in [finding["id"] for finding in found["findings"]]
    assert found["suppressed"] == [
        {
            "id": "TRI001",
            "reason": "Triton is not used here",
            "until": "2999-01-31",
            "from": "pyproject.toml",
            "severity": "warning",
        }
    ]
    assert found["summary"]["suppressed"] == 1
    assert found["summary"]["warning"] == plain["summary"]["warning"] - 1
    assert found["summary"]["exit_code"] == int(found["summary"]["warning"] > 0)


def test_the_text_counts_what_is_set_aside_and_tells_it_under_v(here: Path) -> None:
    (here / "pyproject.toml").write_text(SUPPRESSION)
    code, text, errors = check(here)
    assert (code, errors) == (0, "")
    assert "1 suppressed" in text
    assert "has a say in this report: suppress." in text
    assert "Triton is not used here" not in text
    told = " ".join(check(here, "-v")[1].split())
    assert "TRI001 (warning) is suppressed by pyproject.toml: Triton is not used here" in told


@pytest.mark.parametrize("day", ["2026-01-31", '"2026-01-31"'])
def test_one_whose_day_is_over_counts_again_and_is_said(here: Path, day: str) -> None:
    (here / "pyproject.toml").write_text(SUPPRESSION + f"until = {day}\n")
    _, text, errors = check(here)
    assert "TRI001" in text
    assert "suppressed" not in text.splitlines()[-1]
    assert errors == "sparkdoctor: pyproject.toml: the suppression of TRI001 ended on 2026-01-31: it counts again\n"
    fix = sparkdoctor("fix", "--facts", "case.toml", cwd=here, env={"XDG_CONFIG_HOME": str(here)})
    assert "TRI001" in fix.stdout
    assert fix.stderr == errors


def test_one_of_an_unknown_rule_is_a_hint(here: Path) -> None:
    (here / "pyproject.toml").write_text('[tool.sparkdoctor]\nignore = [{ rule = "TRI999", reason = "x" }, "MEM"]\n')
    code, text, errors = check(here)
    assert code == 0
    assert "TRI001" in text
    assert "suppress: there is no rule TRI999 (did you mean TRI0" in errors
    assert "without effect" in errors


def test_the_users_own_file_may_set_rules_aside(here: Path) -> None:
    (here / "sparkdoctor").mkdir()
    (here / "sparkdoctor" / "config.toml").write_text(SUPPRESSION.replace("tool.sparkdoctor.", ""))
    _, text, _ = check(here)
    assert "1 suppressed" in text
    assert "has a say" not in text


def test_up_to_the_last_day_and_only_the_first_reason_counts(tmp_path: Path) -> None:
    rulebook = book(tmp_path / "rules", rule("TRI001", "wsl"), rule("TRI002", "wsl and gpu.unified"))
    snapshot, _ = from_case({"facts": {"wsl": True}})
    diagnosis = diagnose(rulebook, resolver(rulebook, snapshot))
    assert [item.rule.id for item in diagnosis.undetermined] == ["TRI002"]
    ours = [
        Suppression("TRI001", "over", "2026-11-23"),
        Suppression("TRI001", "first", "2026-11-24"),
        Suppression("TRI001", "second"),
        Suppression("TRI002", "undecided, too"),
    ]
    found = suppressed(diagnosis, ours, "2026-11-24")
    assert (found.findings, found.undetermined) == ((), ())
    assert [(item.suppression.reason, item.finding is None) for item in found.suppressed] == [
        ("first", False),
        ("undecided, too", True),
    ]
    later = suppressed(diagnosis, ours[:2], "2026-11-25")
    assert [finding.rule.id for finding in later.findings] == ["TRI001"]


def test_what_a_suppressed_rule_explains_stays_explained(tmp_path: Path) -> None:
    rulebook = book(
        tmp_path / "rules", rule("TRI001", "wsl", more='supersedes = ["TRI002"]'), rule("TRI002", "wsl", title="Other")
    )
    snapshot, _ = from_case({"facts": {"wsl": True}})
    diagnosis = diagnose(rulebook, resolver(rulebook, snapshot))
    found = suppressed(diagnosis, [Suppression("TRI001", "known")], "2026-11-24")
    assert found.findings == ()
    assert found.superseded == {"TRI002": "TRI001"}
