"""Partial knowledge: what a rule comes to when facts are true, false, unknown or assumed, with and without a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sparkdoctor.diagnosis.diagnose import diagnose, resolver
from sparkdoctor.facts.cases import from_case
from tests.books import book, rule

if TYPE_CHECKING:
    from pathlib import Path

    from sparkdoctor.diagnosis.model import Diagnosis

WHEN = 'pkg.triton.version < "3.6" and gpu.compute_capability == "12.1" and not present(env.TRITON_PTXAS_PATH)'
LOG = 'log = ["ptxas fatal"]'
ESTIMATE = """
[[estimate]]
fact = "pkg.triton.version"
of = "pkg.torch.version"
map = { "2.9" = "3.5.0", "2.14" = "3.8.0" }
sources = [{ url = "pkg:pypi/torch@2.9.0", date = 2026-01-01, kind = "measured" }]
"""


def judged(tmp_path: Path, case: dict[str, Any], *rules: str) -> Diagnosis:
    rulebook = book(tmp_path / "book", *(rules or (rule("TRI001", WHEN, more=LOG),)), ESTIMATE)
    snapshot, complaints = from_case(case)
    assert not complaints
    return diagnose(rulebook, resolver(rulebook, snapshot))


SPARK = {"gpu.compute_capability": "12.1"}
OLD, NEW = {"triton": "3.5.1"}, {"triton": "3.7.0"}
SET, UNSET = {"TRITON_PTXAS_PATH": "/x"}, {"TRITON_PTXAS_PATH": {"absent": True}}
FATAL = "some line\n  ptxas\n   fatal : no\n"


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        # when is true
        ({"facts": SPARK, "packages": OLD, "env": UNSET}, "error certain"),
        ({"facts": SPARK, "packages": OLD, "env": UNSET, "log": FATAL}, "error certain"),
        ({"facts": SPARK, "packages": OLD}, "warning likely"),  # leans on an assumption
        ({"facts": SPARK, "packages": OLD, "log": FATAL}, "error certain"),
        ({"facts": SPARK, "packages": {"torch": "2.9.1"}, "env": UNSET}, "error likely"),  # triton is estimated
        # when is unknown, or false by an assumption only
        ({"facts": SPARK}, "undetermined"),
        ({"packages": OLD}, "undetermined"),
        ({"facts": {"os.id": "ubuntu"}}, "not applicable"),
        ({"log": FATAL}, "error likely"),
        ({"facts": SPARK, "log": FATAL}, "error likely"),
        # when is false by what is stated
        ({"facts": SPARK, "packages": NEW}, "passed"),
        ({"facts": SPARK, "packages": NEW, "log": FATAL}, "contradicted"),
        ({"facts": SPARK, "packages": OLD, "env": SET, "log": FATAL}, "contradicted"),
        ({"facts": {"gpu.count": 0}, "packages": OLD}, "not applicable"),
        # when is false by an estimate only
        ({"facts": SPARK, "packages": {"torch": "2.14.0"}}, "passed"),
        ({"facts": SPARK, "packages": {"torch": "2.14.0"}, "log": FATAL}, "error likely"),
    ],
)
def test_partial_knowledge(tmp_path: Path, case: dict[str, Any], expected: str) -> None:
    diagnosis = judged(tmp_path, case)
    if diagnosis.findings:
        got = f"{diagnosis.findings[0].severity} {diagnosis.findings[0].confidence}"
    elif diagnosis.undetermined:
        got = "undetermined"
    elif diagnosis.contradicted:
        got = "contradicted"
    else:
        got = "passed" if diagnosis.passed else "not applicable"
    assert got == expected


def test_a_finding_names_its_evidence_and_what_it_assumed(tmp_path: Path) -> None:
    finding = judged(tmp_path, {"facts": SPARK, "packages": OLD}).findings[0]
    assert {item.fact: item.reading.origin for item in finding.evidence} == {
        "pkg.triton.version": "declared",
        "gpu.compute_capability": "declared",
        "env.TRITON_PTXAS_PATH": "assumed",
    }
    assert finding.assumed == ("env.TRITON_PTXAS_PATH",)


def test_a_signature_may_run_over_line_ends_and_names_its_line(tmp_path: Path) -> None:
    finding = judged(tmp_path, {"log": FATAL}).findings[0]
    assert finding.hit is not None
    assert (finding.hit.line, finding.hit.text) == (2, "ptxas fatal : no")
    assert set(finding.missing) == {"pkg.triton.version", "gpu.compute_capability", "env.TRITON_PTXAS_PATH"}


@pytest.mark.parametrize(
    ("more", "log", "fires"),
    [
        ('log = ["no kernel image"]\nneeds = "log"', "CUDA error: no kernel image is available", True),
        ('log = ["no kernel image"]\nneeds = "log"', "all is well", False),
        ('log = ["no kernel image"]\nlog_not = ["sm_61"]', "no kernel image for sm_61", False),
        ('log = ["no kernel image"]\nlog_not = ["sm_61"]', "sm_61 is there\nno kernel image for sm_121", True),
        ('log = ["no kernel image"]\nlog_not = ["sm_61"]', "no kernel image: sm_61\nno kernel image: sm_121", True),
        ('log = [{ match = "no kernel image", if = \'os.id == "ubuntu"\' }]', "no kernel image", True),
        ('log = [{ match = "no kernel image", if = \'os.id == "debian"\' }]', "no kernel image", False),
        ('log = [{ match = "no kernel image", if = \'dgx_os.version > "7"\' }]', "no kernel image", False),
    ],
)
def test_signatures(tmp_path: Path, more: str, log: str, fires: bool) -> None:
    diagnosis = judged(tmp_path, {"facts": {"os.id": "ubuntu"}, "log": log}, rule("TRI001", more=more))
    assert bool(diagnosis.findings) is fires


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({"facts": {"wsl": True}, "log": "boom"}, "error certain"),
        ({"facts": {"wsl": False}, "log": "boom"}, None),
        ({"facts": {"wsl": True}}, None),
        ({"facts": {"wsl": True, "os.id": "ubuntu"}}, "warning certain"),
    ],
)
def test_without_a_log_another_condition_may_tell(tmp_path: Path, case: dict[str, Any], expected: str | None) -> None:
    more = 'log = ["boom"]\nlog_severity = "error"\nwhen_no_log = \'wsl and os.id == "ubuntu"\''
    findings = judged(tmp_path, case, rule("TRI001", "wsl", more=more, severity="warning")).findings
    assert [f"{finding.severity} {finding.confidence}" for finding in findings] == ([expected] if expected else [])


def test_the_log_can_raise_the_severity(tmp_path: Path) -> None:
    text = rule("TRI001", 'os.id == "ubuntu"', more='log = ["boom"]\nlog_severity = "error"', severity="warning")
    facts = {"facts": {"os.id": "ubuntu"}}
    assert judged(tmp_path / "a", facts, text).findings[0].severity == "warning"
    assert judged(tmp_path / "b", {**facts, "log": "boom"}, text).findings[0].severity == "error"


def test_one_finding_lists_the_gpus_it_is_about(tmp_path: Path) -> None:
    from sparkdoctor.facts.snapshot import Snapshot

    rulebook = book(tmp_path / "book", rule("DRV001", 'gpu.compute_capability >= "12.0"', component="driver"))
    snapshot = Snapshot.from_json(
        {"schema_version": "1.0", "gpus": [{"sm": "sm_90"}, {"sm": "sm_120"}, {"compute_capability": "12.1"}]}
    )
    diagnosis = diagnose(rulebook, resolver(rulebook, snapshot))
    assert [finding.gpus for finding in diagnosis.findings] == [(1, 2)]
    assert [target.compute_capability for target in diagnosis.targets] == ["9.0", "12.0", "12.1"]


FIXES = """
[[rule.fix]]
kind = "env"
set = { TRITON_PTXAS_PATH = "{cuda.ptxas_path}" }
if = 'gpu.sm_a in cuda.ptxas_targets'
safety = "safe"
effect = "Another assembler."
[[rule.fix]]
kind = "pin"
packages = ["triton>=3.6"]
index = "vendor"
safety = "unsafe"
effect = "Another Triton."
[[rule.fix]]
kind = "image"
text = "Take a newer image."
effect = "Another image."
"""


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {"cuda.ptxas_targets": ["sm_121a"], "cuda.ptxas_path": "/usr/local/cuda/bin/ptxas"},
            [
                ("export TRITON_PTXAS_PATH=/usr/local/cuda/bin/ptxas", True, None),
                ("python3 -m pip install --index-url https://wheels.example.com/simple --upgrade 'triton>=3.6'",
                 False, "needs --unsafe"),
                ("Take a newer image.", False, "a step for a person"),
            ],
        ),
        (
            {"cuda.ptxas_targets": ["sm_121a"], "cuda.ptxas_path": "/opt/my cuda/ptxas"},
            [("export TRITON_PTXAS_PATH='/opt/my cuda/ptxas'", True, None)],
        ),
        (
            {"cuda.ptxas_targets": ["sm_121a"]},
            [("export TRITON_PTXAS_PATH=<cuda.ptxas_path>", False, "unknown: cuda.ptxas_path")],
        ),
        (
            {"cuda.ptxas_path": "/usr/bin/ptxas"},
            [("export TRITON_PTXAS_PATH=/usr/bin/ptxas", False, "unknown: cuda.ptxas_targets")],
        ),
        ({"cuda.ptxas_targets": ["sm_90a"]}, [("python3 -m pip", False, "needs --unsafe")]),
        (
            {"cuda.ptxas_targets": ["sm_121a"], "cuda.ptxas_path": {"absent": True}},
            [("python3 -m pip", False, "needs --unsafe")],
        ),
        (
            {"cuda.ptxas_targets": {"absent": True}, "python.executable": "/venv/bin/python", "python.installer": "uv"},
            [("uv pip install --python /venv/bin/python --index-url", False, "needs --unsafe")],
        ),
    ],
)  # fmt: skip
def test_fixes_are_filled_in_and_the_best_admitted_one_is_planned(
    tmp_path: Path, facts: dict[str, Any], expected: list[tuple[str, bool, str | None]]
) -> None:
    text = rule("TRI001", 'gpu.compute_capability == "12.1"', fixes=FIXES)
    offers = judged(tmp_path, {"facts": {**SPARK, **facts}}, text).findings[0].offers
    for offer, (words, planned, reason) in zip(offers, expected, strict=False):
        assert offer.text.startswith(words)
        assert (offer.planned, offer.reason) == (planned, reason)
    assert sum(offer.planned for offer in offers) <= 1
    assert all(offer.set is None for offer in offers if "<" in offer.text.partition(" ")[2].partition("install")[0])


def test_titles_say_what_the_facts_say_or_the_words_for_it(tmp_path: Path) -> None:
    text = rule("TRI001", more='log = ["boom"]', title="No code for {gpu.sm|this GPU} in {pkg.torch.version}")
    assert judged(tmp_path / "a", {"log": "boom"}, text).findings[0].title == (
        "No code for this GPU in <pkg.torch.version>"
    )
    known = {"log": "boom", "facts": SPARK, "packages": {"torch": "2.9.1"}}
    assert judged(tmp_path / "b", known, text).findings[0].title == "No code for sm_121 in 2.9.1"
