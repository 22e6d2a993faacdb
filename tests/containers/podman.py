"""Runs commands in real containers: podman with runc, on a plain root folder, without network or images."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkdoctor.facts import schema
from tests.containers import debian

if TYPE_CHECKING:
    from collections.abc import Sequence

SPARKDOCTOR = "/opt/sparkdoctor/bin/sparkdoctor"
"""Where the program lies in the roots of these tests."""

_LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")


class Podman:
    """An engine with a state of its own, so that it neither needs nor touches what else podman runs here."""

    def __init__(self) -> None:
        debian.needs("podman", "runc")
        self._state = Path(tempfile.mkdtemp(prefix="sd-"))  # podman takes short paths only

    def close(self) -> None:
        """Removes its state; its containers are gone by then."""
        shutil.rmtree(self._state, ignore_errors=True)

    def run(
        self, root: Path, *command: str, options: Sequence[str] = (), timeout: int = 100
    ) -> subprocess.CompletedProcess[str]:
        """The finished command, which was the first process of a container on `root`; killed after `timeout` s."""
        try:
            return subprocess.run(
                self.line(root, *command, options=options, timeout=timeout),
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=timeout + 30,
                check=False,
            )
        finally:
            root.joinpath("run/.containerenv").unlink(missing_ok=True)  # what podman leaves of its mounts

    def line(self, root: Path, *command: str, options: Sequence[str] = (), timeout: int = 100) -> list[str]:
        """What starts such a container; signals to it are handed on to the first process."""
        container = ["run", "--rm", "--network=none", f"--timeout={timeout}", *_LIMITS, *options, "--rootfs", str(root)]
        return [*self.engine(), *container, *command]

    def engine(self) -> list[str]:
        """The words that every call of this engine begins with."""
        state = [f"--root={self._state}/root", f"--runroot={self._state}/run", f"--tmpdir={self._state}/tmp"]
        return ["podman", *state, "--storage-driver=vfs", "--runtime=runc", "--cgroup-manager=cgroupfs"]

    def imported(self, root: Path, name: str) -> None:
        """Makes an image of a plain root folder."""
        packed = self._state / "root.tar"
        subprocess.run(["tar", f"--directory={root}", "-cf", str(packed), "."], check=True, timeout=300)
        subprocess.run([*self.engine(), "import", str(packed), name], check=True, capture_output=True, timeout=600)
        packed.unlink()

    def build(self, context: Path, dockerfile: Path, name: str, **arguments: str) -> None:
        """Makes an image by a Dockerfile, without network or registry; `arguments` are its ARGs."""
        stated = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        limits = ["--network=none", "--pull=never", *_LIMITS]
        line = ["build", *limits, *stated, f"--file={dockerfile}", f"--tag={name}", str(context)]
        done = subprocess.run([*self.engine(), *line], capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def run_image(self, name: str, *command: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """The finished command of a container of an image, behind the image's entrypoint."""
        container = ["run", "--rm", "--network=none", "--timeout=100", *_LIMITS, *options, name]
        return subprocess.run(
            [*self.engine(), *container, *command], capture_output=True, text=True, timeout=300, check=False
        )

    def sparkdoctor(
        self, root: Path, *arguments: str, options: Sequence[str] = (), before: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """The installed program; `before` stands before it on the command line."""
        return self.run(root, *before, SPARKDOCTOR, *arguments, options=options)

    def facts(
        self, root: Path, *arguments: str, options: Sequence[str] = (), before: Sequence[str] = ()
    ) -> dict[str, Any]:
        """What `facts --format json` says."""
        done = self.sparkdoctor(root, "facts", "--format", "json", *arguments, options=options, before=before)
        assert (done.returncode, done.stderr) == (0, "")
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def scope(fact: str) -> str:
    """Whom a fact of a snapshot belongs to."""
    line = schema.lookup(fact)
    assert line is not None, fact
    return line.scope
