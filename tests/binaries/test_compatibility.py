"""Where GPU code runs, held against the table of every device."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.binaries.compatibility import FAMILIES, runs

DEVICES = {
    "7.5": "sm_75 compute_75",
    "8.0": "sm_80 compute_80",
    "8.6": "sm_80 sm_86 compute_86",
    "8.8": "sm_80 sm_86 sm_87 sm_88 compute_88",
    "8.9": "sm_80 sm_86 sm_87 sm_88 sm_89 compute_89",
    "9.0": "sm_90 sm_90a compute_90a compute_90",
    "10.0": "sm_100 sm_100f compute_100f sm_100a compute_100a compute_100",
    "10.3": "sm_100 sm_103 sm_100f sm_103f compute_100f compute_103f sm_103a compute_103a compute_103",
    "10.7": "sm_100 sm_103 sm_107 sm_100f sm_103f sm_107f compute_100f compute_107f sm_107a compute_107a compute_107",
    "11.0": "sm_110 sm_110f compute_110f sm_110a compute_110a compute_110 compute_101 compute_101a compute_101f",
    "12.0": "sm_120 sm_120f compute_120f sm_120a compute_120a compute_120 compute_101",
    "12.1": "sm_120 sm_121 sm_120f sm_121f compute_120f compute_121f sm_121a compute_121a compute_121 compute_75",
}
NEVER = {
    "8.0": "sm_86 sm_75 compute_86",
    "9.0": "sm_89 compute_100 sm_100",
    "10.3": "sm_100a compute_100a sm_107 sm_120f",
    "11.0": "sm_100 sm_100f sm_103f sm_120 compute_120",
    "12.0": "sm_121 sm_121f sm_121a sm_110 compute_121f compute_121a",
    "12.1": "sm_100 sm_100a sm_100f sm_103 sm_110 sm_90a sm_120a compute_120a compute_100f compute_90a sm_101a",
}
SUFFIXED = st.sampled_from(["", "a", "f"])
CAPABILITIES = st.sampled_from(list(DEVICES))
ENTRIES = st.builds(
    lambda kind, number, suffix: f"{kind}_{number}{suffix}",
    st.sampled_from(["sm", "compute", "lto"]),
    st.sampled_from([50, 70, 75, 80, 86, 89, 90, 100, 101, 103, 107, 110, 120, 121]),
    SUFFIXED,
)
ORDER = ["native", "compatible", "ptx", "unknown", "none", "none-found"]


@pytest.mark.parametrize(("capability", "entry"), [(gpu, one) for gpu, all_ in DEVICES.items() for one in all_.split()])
def test_what_a_device_can_use(capability: str, entry: str) -> None:
    outcome = runs([entry], capability)
    number = entry.partition("_")[2].rstrip("af")
    expected = (
        "ptx" if entry.startswith("compute") else "native" if number == capability.replace(".", "") else "compatible"
    )
    assert outcome == expected


@pytest.mark.parametrize(("capability", "entry"), [(gpu, one) for gpu, all_ in NEVER.items() for one in all_.split()])
def test_what_a_device_can_never_use(capability: str, entry: str) -> None:
    assert runs([entry], capability) == "none"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (["sm_80", "sm_90", "sm_100", "sm_110", "sm_120", "compute_120"], "compatible"),
        (["sm_80", "sm_90", "sm_90a", "compute_90"], "ptx"),
        (["sm_80", "sm_120a", "sm_121a"], "native"),
        (["sm_80", "sm_120a"], "none"),
        ([], "none-found"),
        (["lto_121"], "none-found"),
        (["tile_121", "sm_"], "none-found"),
    ],
    ids=["torch for aarch64", "built before Blackwell", "own code", "for RTX 50 alone", "empty", "LTO alone", "others"],
)
def test_whole_libraries_on_gb10(code: list[str], expected: str) -> None:
    assert runs(code, "12.1") == expected


def test_machine_code_for_thors_former_number_is_an_open_question() -> None:
    assert runs(["sm_101a"], "11.0") == "unknown"
    assert runs(["sm_101a", "sm_110a"], "11.0") == "native"


@pytest.mark.parametrize("capability", ["", "12", "sm_121", "twelve"])
def test_a_capability_that_cannot_be_read_gives_no_verdict(capability: str) -> None:
    assert runs(["sm_120"], capability) == "unknown"


@given(st.lists(ENTRIES), ENTRIES, CAPABILITIES)
def test_more_code_never_makes_it_worse(code: list[str], more: str, capability: str) -> None:
    before = ORDER.index(runs(code, capability))
    after = runs([*code, more], capability)
    assert ORDER.index(after) <= before or not _counts(code)


@given(st.lists(ENTRIES), CAPABILITIES)
def test_order_and_repetition_do_not_matter(code: list[str], capability: str) -> None:
    assert runs(code, capability) == runs([*reversed(code), *code], capability)


@given(st.lists(ENTRIES), CAPABILITIES)
def test_none_is_found_exactly_where_nothing_counts(code: list[str], capability: str) -> None:
    assert (runs(code, capability) == "none-found") is not _counts(code)


@given(st.text(), CAPABILITIES)
def test_any_text_gets_an_answer(text: str, capability: str) -> None:
    assert runs([text], capability) in ORDER


def test_a_family_lies_within_one_major_and_looks_upward() -> None:
    for (major, minor), members in FAMILIES.items():
        assert (major, minor) in members
        assert all(member[0] == major and member[1] >= minor for member in members)


def _counts(code: list[str]) -> bool:
    return any(not entry.startswith("lto") for entry in code)
