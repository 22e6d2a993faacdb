from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.facts.versions import COMPARE, MIRRORED, NUMERIC, PEP440, InvalidVersionText, compare


@pytest.mark.parametrize(
    ("kind", "left", "op", "right", "expected"),
    [
        (PEP440, "2.9.0+cu130", "==", "2.9.0", True),
        (PEP440, "2.9.0", ">=", "2.9.0+cu130", True),
        (PEP440, "2.10.0a0+b558c986e8.nv25.12", ">=", "2.10.0", True),
        (PEP440, "2.10.0a0", ">=", "2.10.0", False),
        (PEP440, "2.10.0a0+git1234", ">=", "2.10.0", False),
        (PEP440, "2.10", ">", "2.9.1", True),
        (PEP440, "0.21.1rc1.dev169+ga6682d1d2", ">=", "0.21", True),
        (NUMERIC, "580.95.05", "==", "580.95.5", True),
        (NUMERIC, "580.142", ">", "580.95.05", True),
        (NUMERIC, "6.17.0-1014-nvidia", ">=", "6.17.0-1008", True),
        (NUMERIC, "6.17.0-1014-nvidia", "<", "6.18", True),
        (NUMERIC, "12.9", "<", "13", True),
        (NUMERIC, "13.0.0", "==", "13.0", True),
        (NUMERIC, "580", ">=", "580.95", None),
        (NUMERIC, "580", "<", "580.95", None),
        (NUMERIC, "580", ">=", "570.26", True),
        (NUMERIC, "580", "<", "590.44", True),
        (NUMERIC, "13", ">=", "13.0", True),
        (NUMERIC, "13", "<", "13.0", False),
        (NUMERIC, "13", "==", "13.0", None),
        (NUMERIC, "13", ">", "13.0", None),
    ],
)
def test_comparisons(kind: str, left: str, op: str, right: str, expected: bool | None) -> None:
    assert compare(kind, left, op, right) is expected


def test_a_fact_on_the_right_may_state_too_few_fields_as_well() -> None:
    assert compare(NUMERIC, "13.2", ">", "13", literal=False) is None
    assert compare(NUMERIC, "13.0", ">", "13", literal=False) is False
    assert compare(NUMERIC, "13.2", ">", "13.0", literal=False) is True


@pytest.mark.parametrize(("kind", "text"), [(PEP440, "not a version"), (NUMERIC, "none"), (NUMERIC, "")])
def test_what_is_no_version_is_refused(kind: str, text: str) -> None:
    with pytest.raises(InvalidVersionText):
        compare(kind, text, "==", "1.0")


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4), st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_numeric_order_agrees_with_tuples_padded_with_zeros(left: list[int], right: list[int]) -> None:
    length = max(len(left), len(right))
    padded = [[*side, *[0] * (length - len(side))] for side in (left, right)]
    for op, mirrored in MIRRORED.items():
        answer = compare(NUMERIC, ".".join(map(str, left)), op, ".".join(map(str, right)))
        if len(left) >= len(right):
            assert answer is COMPARE[op](*padded)
        else:
            assert answer in (COMPARE[op](*padded), None)
        assert MIRRORED[mirrored] == op
