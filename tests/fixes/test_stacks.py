"""Known-good combinations: which one is chosen for which machine, and that a user's rules can't bring in an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.specifiers import SpecifierSet

from sparkdoctor.fixes.packages.stacks import Host, nearest
from sparkdoctor.rulebook.faults import InvalidRulebook
from sparkdoctor.rulebook.load import load
from sparkdoctor.rulebook.stacks import load as stacks_of
from sparkdoctor.rulebook.user import extended
from tests import books
from tests.fixes.patients import OLD_ONE, Patient, pin_rule
from tests.fixes.trees import tree

if TYPE_CHECKING:
    from pathlib import Path

STACKS = stacks_of(load())
SPARK = Host("3.12.3", "aarch64", ("12.1",), "580.95.05")


def chosen(wanted: dict[str, str], installed: dict[str, str], cuda: str = "", host: Host = SPARK) -> str | None:
    found = nearest(STACKS, {name: SpecifierSet(text) for name, text in wanted.items()}, installed, cuda, host)
    return found.id if found else None


@pytest.mark.parametrize(
    ("wanted", "installed", "stack"),
    [
        ({"torch": ">=2.11"}, {"torch": "2.9.1"}, "torch-2.11.0"),
        ({"torch": ">=2.11"}, {"torch": "2.12.0"}, "torch-2.12.1"),
        ({"torch": ">=2.14"}, {"torch": "2.12.1", "torchvision": "0.27.1"}, "torch-2.14.1"),
        ({"torch": ">=2.9"}, {"torch": "2.9.1"}, "torch-2.11.0"),
        ({"torch": ""}, {"torch": "2.11.0+cpu"}, "torch-2.12.1"),
        ({"torch": ">=2.14"}, {"torch": "2.11.0", "vllm": "0.23.0"}, "vllm-0.33.0"),
        ({"vllm": ">=0.20"}, {"vllm": "0.13.0", "torch": "2.9.0"}, "vllm-0.20.1"),
        ({"torch": ">=3"}, {"torch": "2.11.0"}, None),
        ({"torch": "<2.15"}, {"torch": "2.15.0"}, "torch-2.14.1"),
    ],
)
def test_the_nearest_that_fits(wanted: dict[str, str], installed: dict[str, str], stack: str | None) -> None:
    assert chosen(wanted, installed) == stack


@pytest.mark.parametrize(
    ("host", "stack"),
    [
        (Host("3.12", "aarch64", ("11.0",), "580"), "torch-2.12.1"),
        (Host("3.12", "aarch64", ("12.1",), "570.86"), None),
        (Host("3.12", "x86_64", ("12.0",), "570.86"), "torch-2.10.0-x86-64"),
        (Host("3.9", "aarch64", ("12.1",), "580"), None),
        (Host("3.12", "aarch64", ("7.0",), "580"), None),
        (Host("", "", (), ""), "torch-2.10.0-x86-64"),
    ],
)
def test_gpu_driver_and_python_decide(host: Host, stack: str | None) -> None:
    assert chosen({"torch": ">=2.10"}, {"torch": "2.9.1"}, host=host) == stack


def test_each_says_who_says_so() -> None:
    for stack in STACKS:
        assert stack.sources
        assert stack.date


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('id = "a"', "sources is missing"),
        ('id = "a"\npackages = { torch = ">=2" }', "no exact version of torch"),
        ('id = "a"\nindex = "evil"', "isn't in indexes.toml"),
        ('id = "a"\nsurprise = 1', "no such key: surprise"),
    ],
)
def test_what_is_no_stack_does_not_load(text: str, fault: str, tmp_path: Path) -> None:
    folder = books.write(tmp_path, books.rule("TRI101", "present(env.OURS)"))
    (folder / "stacks").mkdir()
    (folder / "stacks" / "a.toml").write_text(f"[[stack]]\n{text}\n")
    with pytest.raises(InvalidRulebook, match=fault):
        load(str(folder))


@pytest.mark.parametrize(
    "package",
    ["--index-url=https://evil.example", "-r/etc/passwd", "spark-one @ https://evil.example/x.whl", "a b", "../evil"],
)
@pytest.mark.parametrize("patient", ["uv"], indirect=True)
def test_what_is_no_package_is_refused(package: str, patient: Patient) -> None:
    patient.install("spark-one==1.0")
    before = tree(patient.venv)
    try:
        plan = patient.situation(pin_rule(OLD_ONE, package)).plan(unsafe=True)
    except InvalidRulebook:
        return
    assert plan.steps == ()
    assert "names an address" in plan.refused[0].reason
    assert tree(patient.venv) == before


def test_a_rule_of_a_user_names_no_index(tmp_path: Path) -> None:
    base = books.book(tmp_path / "base", books.rule("TRI101", "present(env.OURS)"))
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    fix = pin_rule("present(env.OURS)", "spark-one>=2", id="MINE001", more='index = "vendor"\n')
    (theirs / "rules.toml").write_text(fix)
    (theirs / "indexes.toml").write_text('vendor = "https://evil.example/simple"\n')
    book, faults = extended(base, str(theirs))
    assert "MINE001" not in book.rules
    assert "can't name a package index" in faults[-1].message
    assert book.indexes == base.indexes
