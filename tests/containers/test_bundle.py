"""The folder and the single file in a Debian that has python3 and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests import building
from tests.containers.test_preflight import WAYS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.containers.podman import Podman

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

FORMS = ("/opt/doctor/sparkdoctor/sparkdoctor", "/opt/doctor/sparkdoctor.pyz")


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Podman's options that lay both over /opt/doctor."""
    folder = tmp_path_factory.mktemp("bundle")
    folder.chmod(0o755)
    built = building.bundle(building.sources(folder / "source"), folder / "built")
    return [f"--volume={built}:/opt/doctor:ro"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", WAYS)
def test_preflight_as_the_first_process(podman: Podman, bare: Path, mounted: list[str], form: str, way: str) -> None:
    options = [*mounted, *WAYS[way]]
    done = podman.run(bare, form, "preflight", "--strict", "--", "sh", "-c", "echo $$; exit 7", options=options)
    assert (done.returncode, done.stdout) == (7, "1\n"), done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("form", FORMS)
def test_the_other_commands(podman: Podman, bare: Path, mounted: list[str], form: str) -> None:
    for line in (["check", "--format", "json"], ["facts", "--format", "json"]):
        done = podman.run(bare, form, *line, options=mounted)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["schema_version"] == "1.0"
    assert podman.run(bare, form, "explain", "TRI001", options=mounted).stdout.startswith("TRI001  ")
    assert podman.run(bare, form, "env", options=mounted).returncode == 0
