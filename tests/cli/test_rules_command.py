"""`rules list`, `rules test`, `rules lint`, and rules of one's own beside the built-in ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from sparkdoctor.reports.schemas import schema_text
from tests.cli.running import sparkdoctor

if TYPE_CHECKING:
    from pathlib import Path

MINE = """
[[rule]]
id = "MINE001"
name = "frobnicator-too-old"
component = "libraries"
severity = "error"
title = "frobnicator {pkg.frobnicator.version} can't run on {gpu.sm|this GPU}"
causes = ["a-cause-of-mine"]
when = 'pkg.frobnicator.version < "2.0" and gpu.compute_capability >= "12.0"'
why = "Before 2.0 it had no kernels for this chip."
sources = [{ url = "https://example.com/frobnicator", date = 2026-01-01, kind = "maintainer" }]
reviewed = 2026-01-02
[[rule.fix]]
kind = "pin"
safety = "unsafe"
packages = ["frobnicator>=2"]
effect = "Installs the newer one."
[[rule.test]]
fires = true
packages = { frobnicator = "1.9" }
facts = { "gpu.compute_capability" = "12.1" }
[[rule.test]]
fires = false
packages = { frobnicator = "2.0" }
facts = { "gpu.compute_capability" = "12.1" }
"""
CASE = '[facts]\n"gpu.compute_capability" = "12.1"\n[packages]\nFrobnicator = "1.9"\n'


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with rules of one's own in `mine` and a case that they are about."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "frob.toml").write_text(MINE)
    (tmp_path / "case.toml").write_text(CASE)
    return tmp_path


def run(here: Path, *arguments: str) -> tuple[int, str, str]:
    done = sparkdoctor(*arguments, cwd=here, env={"XDG_CONFIG_HOME": str(here), "XDG_CACHE_HOME": str(here / "cache")})
    return done.returncode, done.stdout, done.stderr


def as_json(here: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """What a `rules` command says as JSON, held against the schema."""
    ended, output, _ = run(here, "rules", *arguments, "--format", "json")
    assert ended == code
    found: dict[str, Any] = json.loads(output)
    jsonschema.validate(found, json.loads(schema_text("rules")))
    assert found["summary"]["exit_code"] == code
    return found


def test_list_names_every_rule_and_finds_by_words_and_component(here: Path) -> None:
    listed = as_json(here, "list")["rules"]
    ids = [rule["id"] for rule in listed]
    assert len(ids) == len(set(ids)) > 200
    by_word = as_json(here, "list", "ptxas", "TRITON")["rules"]
    assert "TRI001" in [rule["id"] for rule in by_word]
    assert len(by_word) < len(listed)
    kernel = as_json(here, "list", "--component", "kernel")["rules"]
    assert {rule["component"] for rule in kernel} == {"kernel"}
    code, text, errors = run(here, "rules", "list", "tri001")
    assert (code, errors) == (0, "")
    assert text.startswith("TRI001  error    triton  Triton's own assembler is older than this GPU")
    assert text.endswith("\n1 rule\n")


def test_list_shows_rules_of_ones_own_beside_the_others(here: Path) -> None:
    found = as_json(here, "list", "frobnicator", "--rules", "mine")["rules"]
    assert [(rule["id"], rule["builtin"]) for rule in found] == [("MINE001", False)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "--component", "kernal"], "--component kernal: no such component; there are"),
        (["list", "--rules", "nowhere"], "--rules nowhere: no such folder of rules"),
        (["test", "--rules", "case.toml"], "--rules case.toml: no such folder of rules"),
        (["lint", "--format", "xml"], "--format xml: write text or json"),
        (["lnit"], "lnit"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_2(here: Path, arguments: list[str], words: str) -> None:
    code, output, errors = run(here, "rules", *arguments)
    assert (code, output) == (2, "")
    assert words in errors
    assert len(errors.splitlines()) == 1


def test_without_a_command_it_names_its_commands(here: Path) -> None:
    code, _, errors = run(here, "rules")
    assert code == 2
    assert errors.startswith("Usage: sparkdoctor rules")
    assert all(f"\n  {name} " in errors for name in ("list", "test", "lint"))


def test_the_built_in_rules_hold_their_tests(here: Path) -> None:
    code, text, errors = run(here, "rules", "test")
    assert (code, errors) == (0, "")
    assert "all hold" in text


def test_a_test_that_fails_is_named_with_what_was_expected_and_what_came(here: Path) -> None:
    (here / "mine" / "frob.toml").write_text(MINE.replace('frobnicator = "2.0"', 'frobnicator = "1.0"'))
    code, text, errors = run(here, "rules", "test", "--rules", "mine")
    assert (code, errors) == (1, "")
    assert text == (
        "mine/frob.toml:2: MINE001 test 2 fails\n"
        "    expected: it doesn't fire\n"
        "    came:     it fires (error, certain)\n"
        "2 tests of 1 rule: 1 failed\n"
    )
    [held, failed] = as_json(here, "test", "--rules", "mine", code=1)["tests"]
    assert (held["holds"], failed["holds"], failed["id"], failed["test"]) == (True, False, "MINE001", 2)


def test_lint_finds_nothing_wrong_in_a_clean_folder(here: Path) -> None:
    assert as_json(here, "lint", "--rules", "mine")["remarks"] == []


def test_lint_names_file_line_and_id_of_what_is_wrong_and_what_does_not_load(here: Path) -> None:
    (here / "mine" / "frob.toml").write_text(MINE.replace("reviewed = 2026-01-02", "reviewed = 2025-01-01"))
    (here / "mine" / "bad.toml").write_text('[[rule]]\nid = "MINE002"\nwhen = "pkg.frob.versio > 1"\n')
    code, text, errors = run(here, "rules", "lint", "--rules", "mine")
    assert (code, errors) == (1, "")
    assert (
        "mine/bad.toml:3: MINE002: wrong: when: no such fact: pkg.frob.versio (did you mean pkg.frob.version?)" in text
    )
    assert "mine/frob.toml:11: MINE001: wrong: reviewed on 2025-01-01, before its source of 2026-01-01" in text
    assert "MINE001: hint: last held against its sources on 2025-01-01" in text


def test_a_rule_about_a_package_nobody_knows_works_and_a_broken_one_beside_it_is_left_out(here: Path) -> None:
    (here / "mine" / "bad.toml").write_text(MINE.replace("MINE001", "MINE002").replace("version <", "relase <"))
    (here / "mine" / "worse.toml").write_text("[[rule]\n")
    code, text, errors = run(here, "check", "--facts", "case.toml", "--rules", "mine", "--select", "MINE")
    assert code == 1
    assert "frobnicator 1.9 can't run on sm_121" in text
    assert "MINE002" not in text
    told = errors.splitlines()
    assert [line.split(": ")[1] for line in told] == ["mine/bad.toml:9", "mine/worse.toml:1"]
    assert all(line.endswith("left out") for line in told)
    fine = run(here, "check", "--facts", "case.toml", "--rules", "mine", "--select", "MINE", "--fail-on", "never")
    assert fine[0] == 0
    assert "frobnicator-too-old" in run(here, "explain", "MINE001", "--rules", "mine")[1]


def test_folders_of_rules_may_stand_in_ones_own_settings(here: Path) -> None:
    (here / "sparkdoctor").mkdir()
    (here / "sparkdoctor" / "config.toml").write_text('rules = ["../mine"]\n')
    assert run(here, "check", "--facts", "case.toml", "--select", "MINE001")[0] == 1
    assert run(here, "rules", "test")[1] == "2 tests of 1 rule: all hold\n"
    assert "frobnicator-too-old" in run(here, "explain", "mine001")[1]


def test_what_is_no_rule_in_a_folder_of_ones_own_is_said(here: Path) -> None:
    (here / "mine" / "more.toml").write_text(
        '[[estimate]]\nfact = "cuda.nvcc_version"\nvalue = "13.0"\nif = "wsl"\n'
        'sources = [{ url = "https://example.com/x", date = 2026-01-01, kind = "report" }]\n'
    )
    code, _, errors = run(here, "check", "--facts", "case.toml", "--rules", "mine", "--select", "MINE")
    assert code == 1
    assert "mine/more.toml:1: cuda.nvcc_version: an [[estimate]] of yours isn't read" in errors
