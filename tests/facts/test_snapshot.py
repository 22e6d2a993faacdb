from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.facts import schema
from sparkdoctor.facts.snapshot import InvalidSnapshot, Snapshot
from sparkdoctor.facts.target import Targeted
from sparkdoctor.facts.values import ABSENT, Reading, Unknown, unknown

DOCUMENT: dict[str, Any] = {
    "schema_version": "1.0",
    "taken": "2026-11-24T18:00:00Z",
    "tool": {"version": "0.1.0", "rulebook": "2026.11.24"},
    "facts": {
        "driver.version": {"value": "580.95.05", "origin": "measured", "where": "/proc/driver/nvidia/version"},
        "driver.cuda_version": {"value": "13.0", "origin": "estimated", "where": "from driver.version"},
        "dgx_os.version": {"absent": True},
        "firmware.version": {"unknown": "fwupd is not running"},
        "memory.total_gib": 119.7,
    },
    "gpus": [{"name": {"value": "NVIDIA GB10", "origin": "measured", "where": "NVML"}}, {"sm": "sm_120"}],
    "packages": {"complete": True, "torch": {"version": {"value": "2.9.0+cu130", "origin": "measured", "where": "x"}}},
    "env": {"captured": ["CUDA_HOME", "CC"], "CUDA_HOME": {"value": "/usr/local/cuda", "origin": "measured"}},
    "launch": {"command": "vllm serve"},
    "log": "boom",
    "later": {"kept": True},
}


@pytest.fixture
def snapshot() -> Snapshot:
    return Snapshot.from_json(json.loads(json.dumps(DOCUMENT)))


@pytest.mark.parametrize(
    ("name", "gpu", "value", "origin"),
    [
        ("driver.version", None, "580.95.05", "measured"),
        ("memory.total_gib", None, 119.7, "declared"),
        ("dgx_os.version", None, ABSENT, "measured"),
        ("firmware.version", None, Unknown("fwupd is not running"), None),
        ("driver.cuda_version", None, Unknown("not collected"), None),  # estimated: to be estimated anew
        ("kernel.release", None, Unknown("not collected"), None),
        ("gpu.count", None, 2, "declared"),
        ("gpu.name", 0, "NVIDIA GB10", "measured"),
        ("gpu.sm", 1, "sm_120", "declared"),
        ("gpu.sm", 0, Unknown("not collected"), None),
        ("pkg.torch.version", None, "2.9.0+cu130", "measured"),
        ("pkg.vllm.version", None, ABSENT, "measured"),
        ("pkg.torch.tags", None, Unknown("not collected"), None),
        ("env.CUDA_HOME", None, "/usr/local/cuda", "measured"),
        ("env.CC", None, ABSENT, "measured"),
        ("env.TRITON_PTXAS_PATH", None, ABSENT, "measured"),  # its prefix is captured
        ("env.SOMETHING_ELSE", None, Unknown("not captured"), None),
        ("launch.command", None, "vllm serve", "declared"),
    ],
)
def test_what_a_snapshot_says(
    snapshot: Snapshot, name: str, gpu: int | None, value: object, origin: str | None
) -> None:
    reading = snapshot.read(name, gpu)
    assert (reading.value, reading.origin) == (value, origin)
    assert snapshot.log == "boom"
    assert snapshot.gpus() == 2
    assert not snapshot.assumes_environment


def test_json_and_back_keeps_everything_but_estimates(snapshot: Snapshot) -> None:
    written = snapshot.to_json()
    assert Snapshot.from_json(json.loads(json.dumps(written))).to_json() == written
    assert written["later"] == {"kept": True}
    assert "driver.cuda_version" not in written["facts"]
    assert written["facts"]["driver.version"] == DOCUMENT["facts"]["driver.version"]


def test_without_a_gpu_its_facts_are_absent() -> None:
    none = Snapshot.from_json({"schema_version": "1.0", "facts": {"gpu.count": 0}, "gpus": []})
    assert none.gpus() == 0
    assert none.read("gpu.name").value is ABSENT
    untold = Snapshot.from_json({"schema_version": "1.0"})
    assert untold.gpus() == 1
    assert isinstance(untold.read("gpu.name").value, Unknown)


def test_a_newer_minor_schema_is_read_and_a_newer_major_one_refused() -> None:
    assert Snapshot.from_json({"schema_version": "1.9", "facts": {"new.fact": 1}}).read("new.fact").value == 1
    with pytest.raises(InvalidSnapshot, match="newer than this sparkdoctor reads"):
        Snapshot.from_json({"schema_version": "2.0"})


VALUES = st.one_of(
    st.text(max_size=20), st.integers(), st.booleans(), st.lists(st.text(max_size=5), max_size=4).map(tuple)
)
READINGS = st.one_of(
    st.builds(Reading, VALUES, st.sampled_from(["declared", "measured"]), st.text(max_size=9)),
    st.text(max_size=9).map(unknown),
    st.just(Reading(ABSENT, "measured", "x")),
)


@given(st.dictionaries(st.from_regex(r"x\.[a-z]{1,8}", fullmatch=True), READINGS, max_size=6))
def test_any_readings_survive_json(facts: dict[str, Reading]) -> None:
    back = Snapshot.from_json(json.loads(json.dumps(Snapshot(facts).to_json())))
    assert all(back.read(name) == reading for name, reading in facts.items())


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(ANY_JSON, st.sampled_from(["facts", "gpus", "packages", "env", "launch", "log", "tool"]))
def test_no_json_does_more_than_be_refused(document: object, part: str) -> None:
    for whole in (document, {"schema_version": "1.0", part: document}):
        with contextlib.suppress(InvalidSnapshot):
            assert isinstance(Snapshot.from_json(whole), Snapshot)


def test_a_target_declares_its_gpu_and_hides_the_host(snapshot: Snapshot) -> None:
    target = Targeted(snapshot, {"gpu.name": "NVIDIA GB10", "gpu.compute_capability": "12.1", "os.arch": "aarch64"})
    assert target.gpus() == 1
    assert (target.read("gpu.name").value, target.read("gpu.name").origin) == ("NVIDIA GB10", "declared")
    assert target.read("os.arch").value == "aarch64"
    assert target.read("driver.version").value == Unknown("belongs to the target")
    assert target.read("gpu.memory_gib").value == Unknown("belongs to the target")
    assert target.read("pkg.torch.version").value == "2.9.0+cu130"
    assert target.read("env.CUDA_HOME").value == "/usr/local/cuda"


def test_every_collector_of_the_schema_is_there() -> None:
    from importlib import import_module

    for fact in (*schema.FACTS.values(), *schema.PACKAGE.values()):
        if fact.collector is not None:
            module, _, function = fact.collector.partition(":")
            assert callable(getattr(import_module(f"sparkdoctor.facts.collectors.{module}"), function)), fact.name
        assert fact.type in schema.TYPES
