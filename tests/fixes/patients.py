"""Environments with pip and with uv, an index of made-up distributions, and rules that pin them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sparkdoctor.facts.collectors.python import locate_named
from sparkdoctor.fixes import place
from sparkdoctor.fixes.apply import apply
from sparkdoctor.machine import Machine
from tests import books
from tests.fixes.situations import TOOL, Situation
from tests.fixes.wheelhouse import Index, Wheel, environ

if TYPE_CHECKING:
    from sparkdoctor.fixes.plan import Plan

UV = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
BY = ["pip", "uv"]


def filled(index: Index) -> None:
    """The distributions of these tests."""
    index.add(
        Wheel(
            "spark-one", "1.0", ("spark-old",), _files("spark_one", "1.0", "only_before"), ("spark-one", "spark-was")
        ),
        Wheel("spark-one", "2.0", ("spark-new>=1",), _files("spark_one", "2.0", "only_after"), ("spark-one",)),
        Wheel("spark-two", "1.0", ("spark-one<2",)),
        Wheel("spark-two", "2.0", ("spark-one>=2",)),
        Wheel("spark-old", "1.0"),
        Wheel("spark-new", "1.0", data={"share/spark/new.txt": b"new", "etc/spark.conf": b"x"}),
        Wheel("spark-stubborn", "1.0", ("spark-one<2",)),
        Wheel("spark-down", "1.0"),
        Wheel("spark-down", "2.0"),
        Wheel("spark-shares", "1.0", files={"spark_one/shared.py": b"theirs\n", "spark_shares.pth": b"# one\n"}),
        Wheel("spark-shares", "2.0", files={"spark_one/shared.py": b"theirs, too\n", "spark_shares.pth": b"# two\n"}),
        Wheel("spark-one", "3.0+vendor"),
        name="simple",
    )
    index.add(Wheel("spark-vendor", "1.0+cu130"), Wheel("spark-vendor", "0.9+cu130"), name="vendor")
    index.add(Wheel("spark-vendor", "0.5"), Wheel("spark-vendor", "7.0"))


def _files(module: str, version: str, extra: str) -> dict[str, bytes]:
    return {
        f"{module}/__init__.py": f"version = '{version}'\ndef main(): pass\n".encode(),
        f"{module}/same.py": b"same = 1\n",
        f"{module}/{extra}.py": b"there = True\n",
        f"{module}/deep/er/{extra}.txt": b"data",
        f"{module}/lib.so": b"\x7fELF" + version.encode() * 200,
    }


class Patient:
    """An environment by pip or uv, the index that it is configured with, and what it has installed."""

    def __init__(self, by: str, template: Path, folder: Path, index: Index) -> None:
        self.by = by
        self.folder = folder
        self.venv = folder / "venv"
        self.environ = environ(index, folder, [str(Path(UV).parent)] if by == "uv" and UV else [])
        self._template = template
        self._copied()

    def _copied(self) -> None:
        subprocess.run(["cp", "-a", self._template, self.venv], check=True)
        machine = Machine("/", self.environ)
        self.place = place.of_environment(machine, locate_named(machine, str(self.venv)))
        [self.site] = (self.venv / "lib").glob("python3*/site-packages")

    def move(self, to: Path) -> None:
        """The same environment at another place, as it was made."""
        self.venv = to
        self._copied()

    def install(self, *packages: str) -> None:
        python = str(self.venv / "bin" / "python")
        if self.by == "uv":
            words = [str(UV), "pip", "install", "-q", "--python", python, "--compile-bytecode", *packages]
        else:
            words = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages]
        subprocess.run(words, check=True, timeout=100, env=self.environ, capture_output=True)

    def situation(self, *rules: str) -> Situation:
        return Situation(books.book(self.folder / "rules", *rules), self.place, self.environ)

    def versions(self) -> dict[str, str]:
        from sparkdoctor.fixes.packages.installed import versions

        return {name: version for name, version in versions(self.place).items() if name.startswith("spark")}


PIN = """
[[rule.fix]]
kind = "pin"
safety = "unsafe"
effect = "It brings the version that works."
packages = [{packages}]
"""


def pin_rule(when: str, *packages: str, id: str = "TRI101", more: str = "") -> str:
    listed = ", ".join(f'"{package}"' for package in packages)
    return books.rule(id, when, fixes=PIN.format(packages=listed) + more)


OLD_ONE = 'pkg.spark_one.version < "2"'


def applied(broken: Situation) -> Plan:
    return apply(broken.plan(unsafe=True), broken.place, broken.examine, TOOL)
