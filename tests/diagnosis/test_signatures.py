from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.diagnosis.signatures import Log
from sparkdoctor.rulebook.literals import clauses
from sparkdoctor.rulebook.load import load
from sparkdoctor.rulebook.patterns import compiled

if TYPE_CHECKING:
    from sparkdoctor.rulebook.model import Signature

BOOK = load()
LOGS = [str(test.case["log"]) for rule in BOOK.rules.values() for test in rule.detail.tests if "log" in test.case]
SIGNATURES = [signature for rule in BOOK.rules.values() for signature in rule.log]


def test_no_hit_is_lost_by_looking_for_words_first() -> None:
    hits = 0
    for text in LOGS:
        log = Log(text)
        refused = [item.match for item in SIGNATURES if not log.may_hold(item)]
        assert [pattern for pattern in refused if compiled(pattern).search(text)] == [], text
        hits += len(refused) < len(SIGNATURES)
    assert hits > len(LOGS) / 3


def test_most_signatures_say_what_they_want() -> None:
    assert sum(not item.clauses for item in SIGNATURES) < len(SIGNATURES) / 50


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ptxas fatal", (("ptxas",), ("fatal",))),
        ("(?i)No Kernel Image", (("kernel",), ("image",))),
        ("sm_1[02]\\d: bad", (("sm_1",), ("bad",))),
        ("(cannot|could not) load libcuda\\.so", (("libcuda.so",), ("load",), ("annot", "ould"))),
        ("(x|yy)?\\d+", ()),
        ("a|bcdef", ()),
    ],
)
def test_clauses(pattern: str, expected: tuple[tuple[str, ...], ...]) -> None:
    assert set(clauses(pattern)) == set(expected)


@given(st.sampled_from(SIGNATURES), st.text(alphabet="abcdeIJK _.:()\n1", max_size=30), st.sampled_from(LOGS))
def test_words_are_wanted_only_where_the_pattern_wants_them(signature: Signature, noise: str, text: str) -> None:
    log = noise + text + noise
    if compiled(signature.match).search(log):
        assert Log(log).may_hold(signature)
