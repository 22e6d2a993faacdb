"""Runs a command line in this process, as the entry point does, and gives what it printed and returned."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from sparkdoctor.cli.__main__ import main
from sparkdoctor.rulebook import load as loader

if TYPE_CHECKING:
    from pathlib import Path

    from tests import standin


_book = cache(loader.load)
"""The rulebook, read once for all tests: nothing in it ever changes."""


class Said(NamedTuple):
    """Exit code, standard output, standard error."""

    code: int
    out: str
    err: str


def sparkdoctor(*arguments: str | Path) -> Said:
    """What the command prints where its output is no terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    words = ["sparkdoctor", *map(str, arguments)]
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        patch.object(sys, "argv", words),
        patch.object(loader, "load", _book),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Said(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def report(*arguments: str | Path) -> dict[str, Any]:
    """What `check --format json` says."""
    said = sparkdoctor("check", *arguments, "--format", "json")
    assert said.code in (0, 1, 4), said.err
    found: dict[str, Any] = json.loads(said.out)
    return found


def check(root: standin.Root, *arguments: str) -> Said:
    """`check` of a stand-in."""
    return sparkdoctor("check", "--root", root.path, *arguments)


def findings(root: standin.Root, *arguments: str) -> list[dict[str, Any]]:
    """The findings on a stand-in, first the first."""
    found: list[dict[str, Any]] = report("--root", root.path, *arguments)["findings"]
    return found


def machine_line(text: str) -> str:
    """What a report says of the machine: its first line, with those that go on from it."""
    first, *rest = text.splitlines()
    for line in rest:
        if not line.startswith("  "):
            break
        first += f" · {line.strip()}"
    return first


def environment_line(text: str) -> str:
    """What a report says of the environment, which follows on the machine."""
    lines = iter(text.splitlines()[1:])
    first = next(line for line in lines if not line.startswith("  "))
    for line in lines:
        if not line.startswith("  "):
            break
        first += f" · {line.strip()}"
    return first
