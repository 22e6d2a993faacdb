"""The Dockerfile of the examples, really built, and its image as it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import building
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.containers.podman import Podman

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

NAME = "localhost/checked"
CLOSED = ("--read-only", "--read-only-tmpfs=false", "--user=10001")


@pytest.fixture(scope="module")
def checked(podman: Podman, bare: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image of the example on top of a Debian that has Python."""
    folder = tmp_path_factory.mktemp("image")
    built = building.bundle(building.sources(folder / "source"), folder / "dist")
    podman.imported(bare, "localhost/base")
    podman.build(built, PROJECT / "examples" / "Dockerfile", NAME, BASE="localhost/base")
    return NAME


def test_a_command_of_ones_own_starts_behind_pre_flight(podman: Podman, checked: str) -> None:
    done = podman.run_image(checked, "sh", "-c", "echo $$; exit 7", options=CLOSED)
    assert (done.returncode, done.stdout) == (7, "1\n"), done.stderr
    assert done.stderr.startswith("sparkdoctor: preflight: ")


def test_without_one_it_is_the_images(podman: Podman, checked: str) -> None:
    done = podman.run_image(checked, options=CLOSED)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (127, "sparkdoctor: vllm: command not found")


def test_all_of_it_is_compiled(podman: Podman, checked: str) -> None:
    count = "find /opt/sparkdoctor/lib -name '*.py{}' | wc -l"
    done = podman.run_image(checked, "sh", "-c", f"{count.format('')}; {count.format('c')}")
    sources, compiled = done.stdout.split()
    assert sources == compiled != "0"
