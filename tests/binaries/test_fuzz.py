"""Any bytes at all: no crash, no hang, nothing read that isn't there, no memory beyond a bound."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.source import Buffer
from tests.binaries.mutations import Watched, hold, mutated, rounds, samples
from tests.standin.library import library

SAMPLES = st.integers(0, len(samples()) - 1)
SEARCH = st.sampled_from([None, False, True])


@given(st.binary(max_size=600), SEARCH)
def test_any_bytes(content: bytes, search: bool | None) -> None:
    hold(content, search)


@given(SAMPLES, st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=8))), SEARCH)
@settings(max_examples=300)
def test_samples_with_bytes_written_over_them(
    number: int, patches: list[tuple[int, bytes]], search: bool | None
) -> None:
    content = bytearray(samples()[number])
    for at, patch in patches:
        at %= len(content)
        content[at : at + len(patch)] = patch
    hold(bytes(content), search)


@given(SAMPLES, st.integers(0, 1 << 16))
@settings(max_examples=300)
def test_samples_cut_off_anywhere(number: int, left: int) -> None:
    hold(samples()[number][: left % len(samples()[number])])


@given(SAMPLES, st.randoms(use_true_random=False), SEARCH)
@settings(max_examples=300)
def test_mutations(number: int, chance: random.Random, search: bool | None) -> None:
    hold(mutated(samples()[number], chance), search)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_a_section_of_any_bytes(content: bytes, size: int) -> None:
    hold(library(content, relocatable=(content[:size],)))


def test_two_thousand_mutations() -> None:
    assert rounds(20261124, 2000) > 500


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_thousand_mutations() -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    assert rounds(seed, 100_000) > 25_000


@pytest.mark.parametrize("number", range(len(samples())))
def test_every_sample_is_read_whole_and_every_truncation_of_it_ends(number: int) -> None:
    sample = samples()[number]
    assert contents(Buffer(sample)).error is None
    for left in range(0, len(sample), 7):
        hold(sample[:left])


def test_memory_stays_within_a_bound() -> None:
    chance = random.Random(1)
    tracemalloc.start()
    for _ in range(300):
        contents(Watched(mutated(chance.choice(samples()), chance)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
