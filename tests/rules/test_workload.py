"""Rules that speak for a kind of work: silent unless it is named, then for each kind at least one."""

from __future__ import annotations

import pytest

from sparkdoctor.diagnosis.diagnose import diagnose, resolver
from sparkdoctor.diagnosis.resolve import Resolver
from sparkdoctor.facts.cases import from_case
from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.schema import WORKLOADS
from sparkdoctor.facts.values import ABSENT
from sparkdoctor.machine import Machine
from sparkdoctor.rulebook.asked import needed
from sparkdoctor.rulebook.load import load

BOOK = load()
SPEAKING = [rule for rule in BOOK.rules.values() if rule.component == "workload"]
SPARK = {
    "facts": {
        "gpu.name": "NVIDIA GB10",
        "memory.total_gib": 119.7,
        "container.kind": "none",
        "pkg.flash_attn.version": {"absent": True},
    },
    "packages": {"torch": "2.12.0+cu130", "vllm": "0.28.0"},
}


def test_each_of_them_needs_the_kind_of_work() -> None:
    assert len(SPEAKING) >= 10
    for rule in SPEAKING:
        assert rule.when is not None
        assert "workload" in needed(rule.when), rule.id
    others = [rule for rule in BOOK.rules.values() if rule.component != "workload" and rule.when]
    assert not [rule.id for rule in others if rule.when and "workload" in needed(rule.when)]


@pytest.mark.parametrize("workload", WORKLOADS)
def test_each_kind_of_work_is_told_of(workload: str) -> None:
    snapshot, _ = from_case(SPARK)
    found = diagnose(BOOK, Resolver(snapshot, BOOK.estimates, workload), SPEAKING)
    assert len(found.findings) >= 2
    assert {finding.severity for finding in found.findings} <= {"info", "warning"}
    assert all(finding.title and finding.offers for finding in found.findings)


def test_without_it_they_are_not_applicable() -> None:
    snapshot, _ = from_case(SPARK)
    found = diagnose(BOOK, resolver(BOOK, snapshot), SPEAKING)
    assert (found.findings, found.undetermined, found.passed) == ((), (), 0)
    assert found.not_applicable == len(SPEAKING)


def test_those_of_another_kind_of_work_count_as_not_applicable() -> None:
    snapshot, _ = from_case(SPARK)
    found = diagnose(BOOK, Resolver(snapshot, BOOK.estimates, "build"), SPEAKING)
    assert found.passed <= 1
    assert found.undetermined == ()


def test_what_nobody_says_is_absent_and_a_case_may_say_it(tmp_path: object) -> None:
    live = Resolver(Examination(Machine(str(tmp_path))), BOOK.estimates)
    assert live.read("workload").value is ABSENT
    stated, _ = from_case({"facts": {"workload": "cluster"}})
    assert resolver(BOOK, stated).read("workload").value == "cluster"
    assert Resolver(stated, BOOK.estimates, "build").read("workload").value == "build"
