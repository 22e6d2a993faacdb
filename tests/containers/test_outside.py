"""The root of a container, read from outside (--root): what is said of it is what it says of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sparkdoctor.facts import schema
from tests.acceptance import asking
from tests.cli.running import sparkdoctor
from tests.containers import debian
from tests.containers.podman import SPARKDOCTOR, scope

if TYPE_CHECKING:
    from pathlib import Path

    from tests.containers.podman import Podman

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

OWN = SPARKDOCTOR.removesuffix("/bin/sparkdoctor")
ENVIRONMENTS: dict[str, tuple[str, ...]] = {"the system's Python": (), "a virtual environment": ("--python", OWN)}


def outside(root: Path, *arguments: str) -> dict[str, Any]:
    done = sparkdoctor("facts", "--root", root, "--format", "json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def of_environment(found: dict[str, Any]) -> dict[str, Any]:
    """What doesn't belong to the host, without where it was read."""
    return {
        name: stated.get("value", "absent" if "absent" in stated else stated)
        for name, stated in found["facts"].items()
        if scope(name) == schema.ENVIRONMENT and not name.startswith("disk.")
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_facts_agree(podman: Podman, installed: Path, environment: str) -> None:
    arguments = ENVIRONMENTS[environment]
    from_inside, from_outside = podman.facts(installed, *arguments), outside(installed, *arguments)
    assert of_environment(from_outside) == of_environment(from_inside)
    assert from_outside["packages"] == from_inside["packages"]
    assert ("sparkdoctor_gb10" in from_inside["packages"]) == (environment == "a virtual environment")


def test_the_host_is_out_of_sight(installed: Path, podman: Podman) -> None:
    found = outside(installed)["facts"]
    assert found["gpu.count"] == {"unknown": "/sys/bus isn't there: the PCI bus is out of sight"}
    assert found["kernel.release"] == {"unknown": "/proc/sys/kernel/osrelease isn't there"}
    assert found["driver.version"] == {"unknown": "/sys/module isn't there: the loaded modules are out of sight"}
    assert str(installed) not in json.dumps(found)


def test_a_root_in_which_nothing_runs(bare: Path) -> None:
    done = sparkdoctor("check", "--root", bare)
    assert (done.returncode, done.stderr) == (0, "")
    machine, environment = asking.machine_line(done.stdout), asking.environment_line(done.stdout)
    assert debian.name(bare) in machine.split(" · ")
    assert "container" not in machine
    assert environment.startswith("/usr · Python 3.")
    assert "nothing found" in done.stdout
