"""A container with nothing in it: what is said there is true, whoever runs it and whatever is missing."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from sparkdoctor.facts import schema
from sparkdoctor.reports.schemas import schema_text
from tests.acceptance import asking
from tests.containers import debian
from tests.containers.podman import SPARKDOCTOR, scope

if TYPE_CHECKING:
    from tests.containers.podman import Podman

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        Path("/sys/module/nvidia").exists() or Path("/proc/driver/nvidia").exists(),
        reason="the host has an NVIDIA driver, which its containers see",
    ),
]

WAYS: dict[str, tuple[list[str], list[str]]] = {
    "as root": ([], []),
    "a read-only root": (["--read-only", "--read-only-tmpfs=false"], []),
    "an arbitrary uid": (["--user=12345"], []),
    "no HOME": ([], ["env", "-u", "HOME"]),
    "all at once": (["--read-only", "--read-only-tmpfs=false", "--user=12345:12345"], ["env", "-u", "HOME"]),
}
"""Options of podman, and what stands before the command."""

ways = pytest.mark.parametrize("way", WAYS)


def facts(podman: Podman, root: Path, way: str) -> dict[str, Any]:
    options, before = WAYS[way]
    return podman.facts(root, options=options, before=before)


@ways
def test_check_finds_nothing_and_says_only_what_is_so(podman: Podman, installed: Path, way: str) -> None:
    options, before = WAYS[way]
    done = podman.sparkdoctor(installed, "check", options=options, before=before)
    assert (done.returncode, done.stderr) == (0, "")
    machine, environment = asking.machine_line(done.stdout), asking.environment_line(done.stdout)
    parts = machine.split(" · ")
    name = debian.name(installed)
    assert "no NVIDIA GPU" in parts
    assert parts[parts.index(name) :] == [
        name,
        platform.machine(),
        f"kernel {os.uname().release}",
        "in a container (podman)",
    ]
    assert "driver" not in machine
    assert environment.startswith("/usr · Python 3.")
    assert "torch" not in environment
    told = " ".join(done.stdout.split())
    assert "/usr holds no torch" in told
    assert f"--python {SPARKDOCTOR.removesuffix('/bin/sparkdoctor')}" in told
    assert "nothing found" in told


@ways
def test_facts_keep_to_their_schema(podman: Podman, installed: Path, way: str) -> None:
    found = facts(podman, installed, way)
    jsonschema.validate(found, json.loads(schema_text("snapshot")))


@ways
def test_what_only_the_host_knows_is_unknown_and_never_absent(podman: Podman, installed: Path, way: str) -> None:
    found = facts(podman, installed, way)["facts"]
    of_host = {name: stated for name, stated in found.items() if scope(name) == schema.HOST}
    hidden = [name for name in of_host if not name.startswith("memory.")]  # the host's /proc/meminfo is seen
    assert [name for name in hidden if "absent" in of_host[name]] == []
    for name in ("driver.version", "driver.module", "dgx_os.name", "dgx_os.version"):
        assert of_host[name] == {"unknown": "ask the host: not visible in this container"}
    assert of_host["driver.cuda_version"] == {"unknown": "no NVML library is in sight"}
    assert of_host["kernel.release"]["value"] == os.uname().release


@ways
def test_what_is_told_does_not_depend_on_who_asks(podman: Podman, installed: Path, way: str) -> None:
    def lasting(found: dict[str, Any]) -> dict[str, Any]:
        kept = {name: stated for name, stated in found["facts"].items() if not name.startswith(("memory.", "disk."))}
        return {"facts": kept, "packages": found["packages"], "gpus": found["gpus"], "env": found["env"]}

    found = facts(podman, installed, way)
    assert lasting(found) == lasting(facts(podman, installed, "as root"))
    assert (found["gpus"], found["packages"]) == ([], {"complete": True})
    assert found["facts"]["container.kind"]["value"] == "podman"
