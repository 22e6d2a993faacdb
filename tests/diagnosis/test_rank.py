from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sparkdoctor.diagnosis.diagnose import diagnose, resolver
from sparkdoctor.facts.cases import from_case
from tests.books import book, rule

if TYPE_CHECKING:
    from pathlib import Path

    from sparkdoctor.diagnosis.model import Diagnosis

CERTAIN = 'os.id == "ubuntu"'
LIKELY = 'os.id == "ubuntu" and not present(env.CUDA_HOME)'


def diagnosed(tmp_path: Path, *rules: str, log: str = "") -> Diagnosis:
    rulebook = book(tmp_path, *rules)
    case: dict[str, Any] = {"facts": {"os.id": "ubuntu"}, "log": log}
    return diagnose(rulebook, resolver(rulebook, from_case(case)[0]))


def ids(diagnosis: Diagnosis) -> list[str]:
    return [finding.rule.id for finding in diagnosis.findings]


def test_severity_then_confidence_then_component_then_id(tmp_path: Path) -> None:
    diagnosis = diagnosed(
        tmp_path,
        rule("TRI003", CERTAIN, severity="info"),
        rule("TRI002", CERTAIN),
        rule("TRI001", CERTAIN),
        rule("DRV001", CERTAIN, component="driver"),
        rule("TOR001", LIKELY, component="torch", severity="warning"),
        rule("TOR002", CERTAIN, component="torch", severity="warning"),
    )
    assert ids(diagnosis) == ["DRV001", "TRI001", "TRI002", "TOR002", "TOR001", "TRI003"]


def test_what_the_log_shows_comes_first(tmp_path: Path) -> None:
    diagnosis = diagnosed(
        tmp_path,
        rule("DRV001", CERTAIN, component="driver"),
        rule("TRI001", more='log = ["boom"]', severity="info"),
        log="boom",
    )
    assert ids(diagnosis) == ["TRI001", "DRV001"]


@pytest.mark.parametrize(
    ("upper", "lower", "log", "order", "superseded"),
    [
        (CERTAIN, CERTAIN, "", ["TRI002"], {"TOR001": "TRI002"}),
        (CERTAIN, LIKELY, "", ["TRI002"], {"TOR001": "TRI002"}),
        (LIKELY, LIKELY, "", ["TRI002"], {"TOR001": "TRI002"}),
        (LIKELY, CERTAIN, "", ["TRI002", "TOR001"], {}),  # not as certain: stands directly above it
        (LIKELY, CERTAIN, "boom", ["TRI002"], {"TOR001": "TRI002"}),  # its own signature matched
    ],
)
def test_supersedes(
    tmp_path: Path, upper: str, lower: str, log: str, order: list[str], superseded: dict[str, str]
) -> None:
    more = 'supersedes = ["TOR001"]\nlog = ["boom"]'
    diagnosis = diagnosed(tmp_path, rule("TOR001", lower, component="torch"), rule("TRI002", upper, more=more), log=log)
    assert ids(diagnosis) == order
    assert diagnosis.superseded == superseded


def test_what_is_explained_away_names_the_finding_that_stands(tmp_path: Path) -> None:
    diagnosis = diagnosed(
        tmp_path,
        rule("TRI001", CERTAIN, more='supersedes = ["TRI002"]'),
        rule("TRI002", CERTAIN, more='supersedes = ["TRI003"]'),
        rule("TRI003", CERTAIN),
    )
    assert ids(diagnosis) == ["TRI001"]
    assert diagnosis.superseded == {"TRI002": "TRI001", "TRI003": "TRI001"}
