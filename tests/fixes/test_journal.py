"""The journal: every prefix reads as its whole lines, damage is told from a torn end, ids count on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.fixes import journal
from sparkdoctor.fixes.refused import Refused

if TYPE_CHECKING:
    from pathlib import Path

EVENTS: list[dict[str, Any]] = [
    {"event": "plan", "steps": [], "environment": '/home/me/with "quotes"'},
    {"event": "intend", "n": 1, "intention": {"text": "line\nend, ü, \x00"}},
    {"event": "done", "n": 1, "result": {"folders_ns": {"bin/activate": 2**63}}},
]
WHOLE = b"".join([journal.encoded(event) for event in EVENTS])


def test_what_was_written_is_read() -> None:
    recorded = journal.decoded(WHOLE)
    assert list(recorded.events) == EVENTS
    assert not recorded.torn
    assert recorded.damaged == ()
    assert all(json.loads(line)["crc"] for line in WHOLE.splitlines())


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_every_prefix_reads_as_its_whole_lines(length: int) -> None:
    recorded = journal.decoded(WHOLE[:length])
    whole = WHOLE[:length].count(b"\n")
    assert list(recorded.events) == EVENTS[:whole]
    assert recorded.torn == (length > 0 and WHOLE[length - 1 : length] != b"\n")
    assert recorded.damaged == ()


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_changed_byte_is_seen(place: int, change: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[place] ^= change
    recorded = journal.decoded(bytes(damaged))
    assert list(recorded.events) != EVENTS or recorded.damaged or recorded.torn


def test_ids_count_on_within_a_day(tmp_path: Path) -> None:
    first, second = journal.created(str(tmp_path)), journal.created(str(tmp_path))
    day, _, number = first.id.rpartition("-")
    assert (number, second.id) == ("1", f"{day}-2")
    for later in (9, 10):
        (tmp_path / f"{day}-{later}.jsonl").touch()
    assert journal.created(str(tmp_path)).id == f"{day}-11"
    assert journal.ids(str(tmp_path)) == [f"{day}-{n}" for n in (1, 2, 9, 10, 11)]


@pytest.mark.parametrize("id", ["", "last", "../2026-11-24-1", "2026-11-24-1/../x", "2026-11-24-"])
def test_what_is_no_id_is_refused(id: str) -> None:
    with pytest.raises(Refused, match="no id of a plan"):
        journal.path_of("/somewhere", id)
