"""An environment: a place that Python packages are installed in."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparkdoctor.facts.values import Reading

VENV, CONDA, SYSTEM, FOLDER = "venv", "conda", "system", "folder"
"""Kinds: a virtual environment, one of conda's, an installation of Python itself, a bare folder of distributions."""


class NoSuchEnvironment(ValueError):
    """There is no Python environment at a path; the message says what was looked for, where, and what to do."""


class Environment:
    """One place that packages are installed in.

    `prefix` is its folder, `executable` its interpreter (None where there is none), `sites` the folders with
    packages in import order, `installer` what it is managed with: pip, uv, conda or none.
    """

    __slots__ = ("executable", "implementation", "installer", "kind", "prefix", "sites", "version")

    def __init__(
        self,
        kind: str,
        prefix: str,
        executable: str | None,
        sites: Sequence[str],
        version: Reading,
        implementation: Reading,
        installer: str,
    ) -> None:
        self.kind = kind
        self.prefix = prefix
        self.executable = executable
        self.sites = tuple(sites)
        self.version = version
        self.implementation = implementation
        self.installer = installer

    def __repr__(self) -> str:
        return f"Environment({self.kind!r}, {self.prefix!r})"
