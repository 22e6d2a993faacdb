"""A small Debian made with debootstrap: of the release of this machine, from the mirror that its apt uses."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGES = "python3,python3-venv"
_OLDEST = 30 * 24 * 3600
_PATIENCE = 900
_TARGETS = "$(CREATED_BY)|$(ORIGIN)|$(RELEASE)|$(REPO_URI)|$(COMPONENT)"


class Unavailable(Exception):
    """What these tests need isn't here; the message says what."""


def needs(*programs: str) -> None:
    """Raises Unavailable where one of the programs, or root's rights, are missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise Unavailable(f"not installed here: {', '.join(missing)}")
    if os.geteuid() != 0:
        raise Unavailable("needs root: real containers and debootstrap's device files")


def root() -> Path:
    """The folder of the cached system, made if it isn't there or older than 30 days; copy it, never write into it.

    Raises Unavailable with the reason where it can't be made here.
    """
    needs("debootstrap", "apt-get")
    said = platform.freedesktop_os_release()
    release = said.get("VERSION_CODENAME", "")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sparkdoctor-tests"
    cache.mkdir(parents=True, exist_ok=True)
    kept = cache / f"{said['ID']}-{release}-{platform.machine()}"
    with _alone(cache):
        if not kept.is_dir() or time.time() - kept.stat().st_mtime > _OLDEST:
            shutil.rmtree(kept, ignore_errors=True)
            _make(kept, release, *_mirror(said["ID"], release))
    return kept / "root"


def copy(source: Path, target: Path) -> Path:
    """A copy with its device files, owners and rights."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True, timeout=_PATIENCE)
    return target


def name(root: Path) -> str:
    """What the system in this root calls itself."""
    lines = root.joinpath("usr/lib/os-release").read_text().splitlines()
    return next(line for line in lines if line.startswith("PRETTY_NAME=")).partition("=")[2].strip('"')


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Two runs of the tests don't make the system at once."""
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in cache.glob("making-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _make(kept: Path, release: str, mirror: str, components: str) -> None:
    with tempfile.TemporaryDirectory(prefix="making-", dir=kept.parent, ignore_cleanup_errors=True) as making:
        made = Path(making, "new")
        made.mkdir()
        made.chmod(0o755)
        command = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", f"--components={components}"]
        try:
            done = subprocess.run(
                [*command, release, str(made / "root"), mirror],
                env={**os.environ, **_proxy()},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(f"debootstrap took longer than {_PATIENCE} s") from None
        if done.returncode:
            raise Unavailable(f"debootstrap failed: {' '.join(done.stdout.splitlines()[-2:])}")
        for package in (made / "root/var/cache/apt/archives").glob("*.deb"):
            package.unlink()
        made.rename(kept)


def _mirror(distribution: str, release: str) -> tuple[str, str]:
    """Address and components of the mirror from which apt takes this release."""
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", _TARGETS], capture_output=True, text=True, timeout=60, check=True
    )
    found: dict[str, list[str]] = {}
    for line in listing.stdout.splitlines():
        created_by, origin, of, address, component = line.split("|")
        if (created_by, origin.lower(), of) == ("Packages", distribution, release):
            found.setdefault(address, []).append(component)
    if not found:
        raise Unavailable(f"apt has no index of {distribution} {release}: apt-get update fetches it")
    address, components = next(iter(found.items()))
    return address, ",".join(dict.fromkeys(components))


def _proxy() -> dict[str, str]:
    """The proxy that apt is told to use, as debootstrap's wget takes it."""
    asked = ["apt-config", "dump", "--format", "%v%n", "Acquire::http::Proxy"]
    stated = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    return {"http_proxy": stated} if stated and stated != "DIRECT" else {}
