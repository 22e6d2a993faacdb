"""Every rule proves itself: its tests hold, and what must be said of it is there."""

from __future__ import annotations

import pytest

from sparkdoctor.diagnosis.prove import Proof, prove
from sparkdoctor.rulebook.load import load

BOOK = load()


@pytest.mark.parametrize("proof", list(prove(BOOK)), ids=lambda proof: f"{proof.rule.id}-{proof.number}")
def test_rule_fires_where_it_says_and_only_there(proof: Proof) -> None:
    assert proof.failure is None, f"{proof.rule.id} ({proof.rule.detail.file}), test {proof.number}: {proof.failure}"


def test_every_cause_is_one_that_a_rule_stands_for() -> None:
    used = {cause for rule in BOOK.rules.values() for cause in rule.detail.causes}
    assert used == set(BOOK.causes)
