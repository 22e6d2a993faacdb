"""Every rule with a fix that sparkdoctor carries out proves it: applied → no longer raised → undone → as before.

The machine is what the rule's own test states, the environment is real. A rule whose fix isn't proven by one of its
tests doesn't land.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.diagnosis.diagnose import diagnose, resolver
from sparkdoctor.fixes import history
from sparkdoctor.fixes.actions import MODULES
from sparkdoctor.fixes.apply import apply
from sparkdoctor.fixes.plan import APPLIED, UNDONE, VERIFIED
from sparkdoctor.fixes.planning import planned
from sparkdoctor.fixes.undo import undo
from sparkdoctor.rulebook.asked import facts_in
from sparkdoctor.rulebook.load import load
from tests.fixes.overlaid import Overlaid
from tests.fixes.trees import tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sparkdoctor.diagnosis.model import Diagnosis
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.plan import Plan
    from sparkdoctor.rulebook.model import Rule, RuleTest

BOOK = load()
PROVEN_HERE = ("env", "arch-flag", "file")
TOOL = {"version": "test", "rulebook": BOOK.version}


def fixable() -> list[Rule]:
    """The rules with a fix of these kinds that a plan may take."""
    return [
        rule
        for rule in BOOK.rules.values()
        if any(fix.kind in PROVEN_HERE and fix.kind in MODULES and fix.safety != "manual" for fix in rule.detail.fixes)
    ]


def situation(rule: Rule, test: RuleTest, venv: Path, place: Place) -> tuple[Diagnosis, Plan]:
    facts = resolver(BOOK, Overlaid(test.case, venv))
    found = diagnose(BOOK, facts, [rule], capped=False)
    return found, planned(found, BOOK, place, facts.read, unsafe=False)


@pytest.mark.parametrize("rule", fixable(), ids=lambda rule: rule.id)
def test_a_fix_makes_it_right_and_is_taken_back(rule: Rule, venv: Path, placed: Callable[[Path], Place]) -> None:
    place = placed(venv)
    before = tree(venv)
    proven = set()
    for test in rule.detail.tests:
        if not test.fires:
            continue
        found, plan = situation(rule, test, venv, place)
        if not plan.steps or any(step.kind not in PROVEN_HERE for step in plan.steps):
            continue
        key = tuple(step.after for step in plan.steps)
        if key in proven:
            continue
        proven.add(key)

        def examined(case: RuleTest = test, with_log: bool = True) -> Diagnosis:
            return diagnose(BOOK, resolver(BOOK, Overlaid(case.case, venv, with_log)), capped=False)

        done = apply(plan, place, examined, TOOL)
        assert done.state in (VERIFIED, APPLIED), done.reason
        assert done.state == VERIFIED or found.findings[0].hit is not None
        assert tree(venv) != before
        raised = [finding.rule.id for finding in examined(with_log=False).findings]
        assert rule.id not in raised
        assert undo(place).state == UNDONE
        assert tree(venv) == before
        entry = history.entries(place)[-1]
        assert (entry.id, entry.state) == (done.id, UNDONE)
        assert [taken.step.state for taken in entry.steps] == [UNDONE] * len(plan.steps)
    assert proven, "no firing test of this rule leads to its automatic fix: add one in which it is planned"


OF_VARIABLES = {
    "TRITON_PTXAS_PATH": "triton.ptxas_override_",
    "TRITON_PTXAS_BLACKWELL_PATH": "triton.ptxas_blackwell_override_",
}
"""Facts about what a variable names."""


@pytest.mark.parametrize("rule", [rule for rule in fixable() if not rule.log_only], ids=lambda rule: rule.id)
def test_a_rule_that_facts_raise_looks_at_the_variables_that_its_fix_sets(rule: Rule) -> None:
    """Else the finding stays, and the fix is rolled back each time."""
    seen = set(facts_in(rule.when_no_log or rule.when or []))
    for fix in rule.detail.fixes:
        if fix.kind in ("env", "arch-flag") and fix.safety == "safe":
            variables = {*fix.set, *fix.unset}
            derived = [OF_VARIABLES[name] for name in variables if name in OF_VARIABLES]
            assert {f"env.{name}" for name in variables} & seen or any(
                fact.startswith(prefix) for fact in seen for prefix in derived
            ), f"no condition on {', '.join(variables)}: make the fix manual, or look at the variable"
