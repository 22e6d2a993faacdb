"""Examinations of a folder in which a process with given variables runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkdoctor.facts.collect import Examination
from sparkdoctor.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.standin import Root


def stated(root: Root, variables: Mapping[str, str] | None = None, python: str | None = None) -> Examination:
    """The examination of `root` and its environment `python`; no process runs in it where `variables` is None."""
    if variables is not None:
        entries = {"HOME": "/root", **variables}
        root.write("/proc/1/environ", "".join(f"{name}={value}\0" for name, value in entries.items()))
    return Examination(Machine(str(root.path), environ={}), python=python)
