"""What is remarked on rules that load, each by a rule that has just that fault."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.diagnosis.overlap import overlaps
from sparkdoctor.facts import schema
from sparkdoctor.rulebook.lint import HINT, WRONG, Remark, remarks, unused_causes
from sparkdoctor.rulebook.load import load
from sparkdoctor.rulebook.pattern_checks import least_letters
from sparkdoctor.rulebook.source import places
from tests.books import book, rule, write

if TYPE_CHECKING:
    from pathlib import Path

TODAY = "2026-06-01"
FIX = '[[rule.fix]]\nkind = "driver"\ntext = "Update it."\neffect = "A reboot."\n'
FIRES = '[[rule.test]]\nfires = true\nlog = "no kernel image is available here"\n'


def of(folder: Path, *entries: str, today: str = TODAY) -> list[Remark]:
    loaded = book(folder, *entries)
    return remarks(loaded, list(loaded.rules.values()), places(str(folder)), today)


def test_a_fine_rule_is_not_remarked_on(tmp_path: Path) -> None:
    assert of(tmp_path, rule("TRI001", "wsl", fixes=FIX)) == []


@pytest.mark.parametrize(
    ("entry", "weight", "words", "line"),
    [
        (rule("TRI002", "gpu.unified", fixes=FIX), WRONG, "has the title of TRI001", "title"),
        (
            rule("TRI002", "wsl", fixes=FIX, title="B").replace("rule-tri002", "rule-tri001"),
            WRONG,
            "the name of",
            "name",
        ),
        (
            rule("TRI002", "wsl", fixes=FIX, title="B").replace("reviewed = 2026-01-01", "reviewed = 2025-12-31"),
            WRONG,
            "reviewed on 2025-12-31, before its source of 2026-01-01",
            "sources",
        ),
        (
            rule("TRI002", "wsl", fixes=FIX, title="B").replace("2026-01-01", "2026-07-01"),
            WRONG,
            "reviewed on 2026-07-01, which is yet to come",
            "reviewed",
        ),
        (
            rule("TRI002", "wsl", fixes=FIX, title="B").replace('"vendor"', '"community"'),
            WRONG,
            "one voice of the community alone",
            "sources",
        ),
        (
            rule("TRI002", more='log = ["\\\\d+ GB"]\nneeds = "log"', fixes=FIX + FIRES, title="B"),
            WRONG,
            "too broad without an if",
            "log",
        ),
        (
            rule("TRI002", "wsl", more='log = ["kernel image"]', fixes=FIX, title="B"),
            HINT,
            "no test with a line",
            "log",
        ),
        (
            rule("TRI002", 'workload == "pretraining"', fixes=FIX, title="B"),
            WRONG,
            "there is no workload 'pretraining'",
            "workload ==",
        ),
        (rule("TRI002", "wsl", title="B"), HINT, "no [[rule.fix]]", "title"),
        (
            rule("TRI002", 'wsl and not (pkg.torch.version < "2.0")', fixes=FIX, title="B"),
            HINT,
            "say so with present(pkg.torch.version)",
            "pkg.torch",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 and "[" not in value else None,
)
def test_each_fault_is_told_with_its_line(tmp_path: Path, entry: str, weight: str, words: str, line: str) -> None:
    found = [remark for remark in of(tmp_path, rule("TRI001", "wsl", fixes=FIX), entry) if words in remark.message]
    assert [(remark.weight, remark.id, remark.file) for remark in found] == [(weight, "TRI002", "rules.toml")]
    text = (tmp_path / "rules.toml").read_text().splitlines()
    assert line in text[found[0].line - 1]


@pytest.mark.parametrize(
    "condition",
    [
        'not present(pkg.torch) or not (pkg.torch.version < "2.0")',
        'present(pkg.torch) and not (pkg.torch.version < "2.0")',
        'pkg.torch.version > "1.0" and not (pkg.torch.version < "2.0")',
        'wsl and not (env.CUDA_HOME == "/usr")',
        "not wsl",
    ],
)
def test_a_negation_that_speaks_of_presence_or_of_a_variable_is_meant(tmp_path: Path, condition: str) -> None:
    assert of(tmp_path, rule("TRI001", condition, fixes=FIX)) == []


def test_a_fact_that_no_collector_reads_makes_a_rule_unreachable_unless_there_is_another_way(tmp_path: Path) -> None:
    unread = (
        name
        for name, fact in schema.FACTS.items()
        if fact.collector is None and not name.startswith(("launch.", "gpu.sm", "gpu.unified"))
    )
    name = next(unread, None)
    if name is None:
        pytest.skip("every fact has a collector")
    [remark] = of(tmp_path / "alone", rule("TRI001", f"present({name})", fixes=FIX))
    assert (remark.weight, remark.line) == (HINT, 13)
    assert remark.message == f"{name} is never read from a machine: it must be stated for this rule to fire"
    assert of(tmp_path / "or", rule("TRI001", f"present({name}) or wsl", fixes=FIX)) == []
    logged = rule("TRI001", f"present({name})", more='log = ["kernel image"]', fixes=FIX + FIRES)
    assert of(tmp_path / "log", logged) == []


def test_a_rule_is_stale_after_a_year(tmp_path: Path) -> None:
    [stale] = of(tmp_path, rule("TRI001", "wsl", fixes=FIX), today="2027-02-01")
    assert (stale.weight, stale.message.split(":")[0]) == (
        HINT,
        "last held against its sources on 2026-01-01, the newest of which is of 2026-01-01",
    )


def test_unused_causes_are_named(tmp_path: Path) -> None:
    folder = write(tmp_path, rule("TRI001", "wsl"))
    (folder / "causes.toml").write_text('some-cause = "x"\nanother = "y"\n')
    assert unused_causes(load(str(folder))) == ["another"]


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [("abc", 3), ("a(bc|d)e", 3), ("(abc)?d", 1), ("a{3}", 3), (".*", 0), ("[abc]x", 1), ("(a|)", 0), ("a+b*", 1)],
)
def test_the_letters_that_stand_in_every_match_are_counted(pattern: str, letters: int) -> None:
    assert least_letters(pattern) == letters


def test_two_rules_that_read_one_line_are_found_unless_one_explains_the_other(tmp_path: Path) -> None:
    log = 'log = ["no kernel image"]\nneeds = "log"\n'
    one = rule("TRI001", more=log, fixes=FIX + FIRES)
    other = rule("TRI002", more=log.replace("no kernel", "kernel"), fixes=FIX, title="B")
    third = rule("TRI003", more=log.replace("no kernel image", "something else"), fixes=FIX, title="C")
    apart = book(tmp_path / "apart", one, other, third)
    assert list(overlaps(apart, apart.rules.values())) == [("TRI001", "TRI002")]
    settled = book(tmp_path / "settled", one, other.replace("needs =", 'supersedes = ["TRI001"]\nneeds ='))
    assert overlaps(settled, settled.rules.values()) == {}


def test_no_rule_of_a_users_can_take_an_id_of_a_built_in_one() -> None:
    built_in = load()
    assert {id.rstrip("0123456789") for id in built_in.rules} <= set(built_in.reserved)


def test_nothing_is_wrong_with_the_built_in_rules() -> None:
    built_in = load()
    found = remarks(built_in, list(built_in.rules.values()), {}, date.today().isoformat())
    assert [f"{remark.id}: {remark.message}" for remark in found if remark.weight == WRONG] == []
    assert unused_causes(built_in) == []
