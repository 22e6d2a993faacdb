from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.diagnosis.conditions import Outcome, evaluate
from sparkdoctor.facts.values import ABSENT, ASSUMED, CERTAIN, LIKELY, Reading, Unknown, unknown
from sparkdoctor.rulebook.expression import parse

GONE = Reading(ABSENT, "measured", "test")
DARK = unknown("test")


def on(text: str, **facts: Any) -> Outcome:
    """The outcome with facts given as gpu_name=…; what isn't given is Unknown."""
    readings = {
        name.replace("__", "."): value if isinstance(value, Reading) else Reading(value, "measured", "test")
        for name, value in facts.items()
    }
    return evaluate(parse(text), lambda name: readings.get(name, DARK))


@pytest.mark.parametrize(
    "text",
    [
        'driver.version == "580"', 'driver.version != "580"', 'driver.version < "580"', 'driver.version in ["580"]',
        'driver.version not in ["580"]', 'matches(driver.version, "5")', "present(driver.version)",
        "driver.version < driver.library_version", "driver.library_version != driver.version",
    ],
)  # fmt: skip
def test_every_comparison_with_absent_is_false_and_its_negation_true(text: str) -> None:
    assert on(text, driver__version=GONE, driver__library_version="580.1").truth is False
    assert on(f"not ({text})", driver__version=GONE, driver__library_version="580.1").truth is True


@pytest.mark.parametrize(
    "text",
    [
        'driver.version != "580"', "present(driver.version)", 'driver.version not in ["580"]', "wsl",
        "gpu.sm not in cuda.toolkit_targets", 'runs(pkg.torch.gpu_code, gpu) == "none"',
    ],
)  # fmt: skip
def test_every_comparison_with_unknown_is_unknown(text: str) -> None:
    outcome = on(text)
    assert outcome.truth is None
    assert outcome.missing
    assert on(f"not ({text})").truth is None


KLEENE = {True: 'os.id == "a"', False: 'os.id == "b"', None: 'dgx_os.name == "a"'}


@pytest.mark.parametrize(("left", "right"), list(itertools.product(KLEENE, KLEENE)))
def test_and_or_are_kleenes(left: bool | None, right: bool | None) -> None:
    both = on(f"{KLEENE[left]} and {KLEENE[right]}", os__id="a").truth
    either = on(f"{KLEENE[left]} or {KLEENE[right]}", os__id="a").truth
    assert both is (False if False in (left, right) else None if None in (left, right) else True)
    assert either is (True if True in (left, right) else None if None in (left, right) else False)


def likely(value: Any) -> Reading:
    return Reading(value, "estimated", "test")


def assumed() -> Reading:
    return Reading(ABSENT, "assumed", "test")


@pytest.mark.parametrize(
    ("text", "truth", "strength", "facts"),
    [
        ('os.id == "a" and dgx_os.name == "a"', True, LIKELY, ("os.id", "dgx_os.name")),
        ('os.id == "a" or dgx_os.name == "a"', True, CERTAIN, ("os.id",)),
        ('os.id == "x" and dgx_os.name == "x"', False, CERTAIN, ("os.id",)),
        ('dgx_os.name == "x" and os.id == "x"', False, CERTAIN, ("os.id",)),
        ('os.id == "x" or dgx_os.name == "x"', False, LIKELY, ("os.id", "dgx_os.name")),
        ('os.id == "a" and not present(env.X)', True, ASSUMED, ("env.X", "os.id")),
        ('os.id == "x" or present(env.X)', False, ASSUMED, ("env.X", "os.id")),
    ],
)
def test_an_answer_is_as_certain_as_what_decided_it(
    text: str, truth: bool, strength: int, facts: tuple[str, ...]
) -> None:
    outcome = on(text, os__id="a", dgx_os__name=likely("a"), env__X=assumed())
    assert (outcome.truth, outcome.strength) == (truth, strength)
    assert set(outcome.facts) == set(facts)


def test_an_assumed_absence_holds_nothing() -> None:
    assert not on('not present(env.X) and driver.version > "1"', env__X=assumed()).holds
    assert on('os.id == "a" and driver.version > "1"', os__id="a", env__X=assumed()).holds


def test_a_version_with_too_few_fields_is_unknown_where_they_decide() -> None:
    assert on('driver.version < "580.95"', driver__version="580").truth is None
    assert on('driver.version < "580.95"', driver__version="570").truth is True


def test_a_cpu_build_has_no_cuda_version_to_compare() -> None:
    assert on('torch.cuda_version == "none"', torch__cuda_version="none").truth is True
    assert on('torch.cuda_version < "13.0"', torch__cuda_version="none").truth is False
    assert on('torch.cuda_version == "none"', torch__cuda_version="13.0").truth is False


def test_records_are_asked_item_by_item() -> None:
    toolkits = ({"path": "/usr/local/cuda-12.8", "version": "12.8"}, {"path": "/opt/cuda", "version": "13.0"})
    assert on("any(cuda.toolkits, 'item.version >= \"13\"')", cuda__toolkits=toolkits).truth is True
    assert on("any(cuda.toolkits, 'item.version >= \"14\"')", cuda__toolkits=toolkits).truth is False


def test_whether_code_runs_is_asked_of_the_gpu() -> None:
    facts = {"pkg__torch__gpu_code": ("sm_90", "sm_120"), "gpu__compute_capability": "12.1"}
    assert on('runs(pkg.torch.gpu_code, gpu) == "compatible"', **facts).truth is True
    assert on('runs(pkg.torch.gpu_code, gpu) == "none"', **facts).truth is False


@given(st.recursive(
    st.sampled_from(list(KLEENE.values())),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda text: f"(not {text})"),
    ),
    max_leaves=8,
))  # fmt: skip
def test_double_negation_changes_nothing(text: str) -> None:
    once, twice = on(text, os__id="a"), on(f"not (not {text})", os__id="a")
    assert (once.truth, once.strength) == (twice.truth, twice.strength)
    assert isinstance(DARK.value, Unknown)
