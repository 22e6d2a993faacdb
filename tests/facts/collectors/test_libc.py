from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import absent, measured
from sparkdoctor.machine import Machine
from tests.facts.collectors.examined import examine, reason
from tests.standin import Root

if TYPE_CHECKING:
    from pathlib import Path

DEBIAN = b"\x7fELF\0GNU C Library (Debian GLIBC 2.41-12) stable release version 2.41.\nCopyright (C) 2025\n"
UBUNTU = b"\0GNU C Library (Ubuntu GLIBC 2.39-0ubuntu8.6) stable release version 2.39.\n"
FEDORA = b"\0GNU C Library (GNU libc) development release version 2.42.9000.\n"


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("/lib/aarch64-linux-gnu/libc.so.6", UBUNTU, "2.39"),
        ("/lib/x86_64-linux-gnu/libc.so.6", DEBIAN, "2.41"),
        ("/lib64/libc.so.6", FEDORA, "2.42"),
    ],
)
def test_by_the_text_in_the_library(tmp_path: Path, path: str, content: bytes, expected: str) -> None:
    root = Root(tmp_path)
    root.write(path, content)
    assert examine(root).read("libc.version") == measured(expected, path)


def test_a_library_that_does_not_say(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.write("/lib64/libc.so.6", b"\x7fELF")
    assert reason(examine(root).read("libc.version")) == "/lib64/libc.so.6 doesn't state its version"


def test_musl_is_no_glibc(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.write("/lib/ld-musl-aarch64.so.1", b"\x7fELF")
    assert examine(root).read("libc.version") == absent("/lib/ld-musl-aarch64.so.1: musl, not glibc")


def test_an_empty_root(tmp_path: Path) -> None:
    assert not examine(tmp_path).read("libc.version").known


def test_this_machine() -> None:
    said = subprocess.run(["ldd", "--version"], capture_output=True, text=True, check=False).stdout.splitlines()[:1]
    if not said or "musl" in said[0]:
        pytest.skip("this system has no glibc")
    assert said[0].split()[-1] == Examination(Machine()).read("libc.version").value


def test_a_process_with_another_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> str:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(os, "confstr", refuse)
    live = Examination(Machine()).read("libc.version")
    assert live.where is not None
    assert live.where.startswith("/lib")
