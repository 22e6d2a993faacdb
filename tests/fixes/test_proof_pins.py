"""Every pin that a rule offers proves it: broken → applied → no longer raised → undone → as before, to the byte.

The machine is what one of the rule's own tests states, the environment holds the distributions that it names, and an
index on loopback serves what the rulebook asks for. A pin that none of its rule's tests leads to doesn't land.
"""

from __future__ import annotations

import copy
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.diagnosis.diagnose import diagnose, resolver
from sparkdoctor.facts.cases import from_case
from sparkdoctor.facts.collect import Examination
from sparkdoctor.fixes.apply import apply
from sparkdoctor.fixes.packages.installed import versions
from sparkdoctor.fixes.plan import APPLIED, UNDONE, VERIFIED
from sparkdoctor.fixes.planning import planned
from sparkdoctor.fixes.undo import undo
from sparkdoctor.machine import Machine
from sparkdoctor.records import changed
from sparkdoctor.rulebook.load import load
from tests.fixes.stocked import plain, stocked
from tests.fixes.trees import tree
from tests.fixes.wheelhouse import Index, Wheel, environ, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from sparkdoctor.diagnosis.model import Diagnosis
    from sparkdoctor.facts.values import Reading
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.rulebook.model import Rule, Rulebook

BOOK = load()
TOOL = {"version": "test", "rulebook": BOOK.version}
UV = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
BY_PIP = ("TRI001", "LIB009", "VLL018")
"""Rules whose pins are proven by pip; the others by uv, which is quicker."""

OF_PACKAGE = {"torch": "torch", "triton": "triton"}
"""Roots of facts that are about a distribution."""


class Installed:
    """A Source: the facts of a case, but for distributions that are no longer there as the case states them."""

    def __init__(self, case: Mapping[str, Any], venv: Path, environ: Mapping[str, str], with_log: bool = True) -> None:
        self._stated, complaints = from_case(case)
        assert not complaints
        self.before = {
            name: str(reading.value)
            for name in _distributions(case)
            if (reading := self._stated.read(f"pkg.{name}.version")).present
        }
        self._exam = Examination(Machine("/", environ), str(venv))
        self._with_log = with_log

    assumes_environment = property(lambda self: self._stated.assumes_environment)
    at_hand = property(lambda self: False)
    log = property(lambda self: self._stated.log if self._with_log else None)

    def gpus(self) -> int:
        return self._stated.gpus()

    def costly(self, name: str) -> bool:
        return False

    def read(self, name: str, gpu: int | None = None) -> Reading:
        root, _, rest = name.partition(".")
        package = rest.partition(".")[0] if root == "pkg" else OF_PACKAGE.get(root)
        if package is not None:
            now = self._exam.read(f"pkg.{package}.version")
            if now.present and now.value != self.before.get(package):
                return self._exam.read(name, gpu)
        return self._stated.read(name, gpu)


def _distributions(case: Mapping[str, Any]) -> set[str]:
    stated = {name.lower().replace("-", "_") for name in case.get("packages", {})}
    return stated | {name.split(".")[1] for name in case.get("facts", {}) if name.startswith("pkg.")}


def pins() -> list[tuple[Rule, int]]:
    """Each rule with the number of each of its pins that a plan may take."""
    return [
        (rule, number)
        for rule in BOOK.rules.values()
        for number, fix in enumerate(rule.detail.fixes)
        if fix.kind == "pin" and fix.safety != "manual"
    ]


def alone(rule: Rule, number: int) -> Rule:
    """The rule with that fix and no other, so that no better one is taken."""
    found = copy.copy(rule)
    found._detail = changed(rule.detail, fixes=(rule.detail.fixes[number],))
    found.verdicts = {}
    return found


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    found = Index(tmp_path_factory.mktemp("stocked"))
    stocked(found, BOOK)
    yield found
    found.close()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("templates")

    def of(by: str) -> Path:
        path = folder / by
        if not path.exists():
            uv = [str(UV), "venv", "-q", "--python", sys.executable, str(path)]
            words = uv if by == "uv" else [sys.executable, "-m", "venv", str(path)]
            subprocess.run(words, check=True, timeout=100, env={**os.environ, "UV_NO_CONFIG": "1"})
        return path

    return of


def stub(site: Path, name: str, version: str, by: str, folder: Path) -> None:
    """Installs a distribution of that version without any code."""
    whole = plain(name.replace("_", "-"), version)
    path = written(Wheel(whole.name, version, whole.requires, extras=whole.extras), folder)
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        archive.extractall(site)
    [info] = site.glob(f"{name}-*.dist-info")
    (info / "INSTALLER").write_text(f"{by}\n")
    with (info / "RECORD").open("a") as record:
        record.write(f"{info.name}/INSTALLER,,\n")


@pytest.mark.parametrize(("rule", "number"), pins(), ids=lambda value: getattr(value, "id", str(value)))
def test_a_pin_makes_it_right_and_is_taken_back(
    rule: Rule,
    number: int,
    index: Index,
    cache: Path,
    templates: Callable[[str], Path],
    tmp_path: Path,
    placed: Callable[..., Place],
) -> None:
    by = "pip" if rule.id in BY_PIP else "uv"
    if UV is None and by == "uv":
        pytest.skip("uv is missing")
    rule = alone(rule, number)
    book = changed(BOOK, rules={**BOOK.rules, rule.id: rule}, indexes={key: index.of(key) for key in BOOK.indexes})
    variables = environ(index, cache, [str(Path(UV).parent)] if by == "uv" and UV else [])
    reasons: list[str] = []
    for case in (test.case for test in rule.detail.tests if test.fires):
        venv = tmp_path / f"venv{len(reasons)}"
        subprocess.run(["cp", "-a", templates(by), venv], check=True)
        [site] = (venv / "lib").glob("python3*/site-packages")
        for name, version in Installed(case, venv, variables).before.items():
            stub(site, name, version, by, tmp_path / "stubs")
        reason = _proven(rule, book, case, venv, placed(venv, variables), variables)
        if reason is None:
            return
        reasons.append(reason)
    pytest.fail(f"no firing test of this rule leads to its pin: {'; '.join(dict.fromkeys(reasons))}")


def _proven(
    rule: Rule, book: Rulebook, case: Mapping[str, Any], venv: Path, place: Place, variables: Mapping[str, str]
) -> str | None:
    """Proves the pin in a situation; why it isn't planned there."""

    def examined(with_log: bool = True, only: list[Rule] | None = None) -> Diagnosis:
        facts = resolver(book, Installed(case, venv, variables, with_log))
        return diagnose(book, facts, only, capped=False)

    before, there = tree(venv), versions(place)
    facts = resolver(book, Installed(case, venv, variables))
    plan = planned(diagnose(book, facts, [rule], capped=False), book, place, facts.read, unsafe=True)
    assert tree(venv) == before
    if not plan.steps:
        left = [*(item.reason for item in plan.manual), *(item.reason for item in plan.refused)]
        return "; ".join(left) or "it doesn't apply"
    assert [step.kind for step in plan.steps] == ["pin"]
    done = apply(plan, place, examined, TOOL)
    assert done.state in (VERIFIED, APPLIED), done.reason
    assert versions(place) != there
    assert rule.id not in [finding.rule.id for finding in examined(with_log=False).findings]
    assert undo(place).state == UNDONE
    assert tree(venv) == before
    assert versions(place) == there
    return None
