"""Runs commands in real containers: podman with runc, on a plain root folder, without network or images."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
        state = [f"--root={self._state}/root", f"--runroot={self._state}/run", f"--tmpdir={self._state}/tmp"]
        engine = ["podman", *state, "--storage-driver=vfs", "--runtime=runc", "--cgroup-manager=cgroupfs"]
        container = ["run", "--rm", "--network=none", f"--timeout={timeout}", *_LIMITS, *options, "--rootfs", str(root)]
        try:
            return subprocess.run(
                [*engine, *container, *command],
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=timeout + 30,
                check=False,
            )
        finally:
            root.joinpath("run/.containerenv").unlink(missing_ok=True)  # what podman leaves of its mounts

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
