"""What is wrong with the input is one clear line and the exit code for it; what could be read is still reported."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests import standin
from tests.books import rule
from tests.cli.running import report, sparkdoctor

if TYPE_CHECKING:
    from pathlib import Path

SNAPSHOT = '{"schema_version": "1.0", "facts": {"driver.version": "580.95.05"}}'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (SNAPSHOT[:-10].encode(), "the JSON breaks off"),
        (b'{"schema_version": "2.0"}', "newer than this sparkdoctor reads"),
        (b"{}", 'no "schema_version"'),
        (b"[]", "neither a snapshot (JSON) nor a case (TOML)"),
        (b"\x00\xff\x80" * 50, "not a text file"),
        (b"\x00" * 50, "neither a snapshot (JSON) nor a case (TOML)"),
        (b"", "states nothing to judge"),
        (b"key = ", "neither a snapshot (JSON) nor a case (TOML)"),
        (b'{"schema_version": "1.0", "facts": []}', "facts: expected an object"),
        (b'{"schema_version": "1.0", "facts": {"gpu.count": "two"}}', "facts.gpu.count: expected a whole number"),
        (b'{"schema_version": "1.0", "gpus": {}}', "gpus: expected a list"),
        (b'{"schema_version": "1.0", "gpus": [7]}', "gpus[0]: expected an object"),
        (b'{"schema_version": "1.0", "facts": {"os.id": {"origin": "measured"}}}', "facts.os.id: neither"),
        (b'{"schema_version": "1.0", "log": 7}', "log: expected a text"),
        (b"{" * 100000, "breaks off"),
        (b'[facts]\n"driver.version" = 580', "facts.driver.version: expected a version in quotes, got 580"),
        (b"facts = 7", "facts: expected a table"),
    ],
)
def test_a_bad_snapshot_or_case_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "input"
    path.write_bytes(content)
    done = sparkdoctor("check", "--facts", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "--facts", "nowhere.json"], "nowhere.json: can't be read: No such file or directory"),
        (["check", "--facts", "."], "can't be read: Is a directory"),
        (["check", "--target", "gb11"], "--target gb11: no such GPU in the rulebook (did you mean gb10?)"),
        (["check", "--python", "/no/such/python"], "/no/such/python"),
        (["check", "--root", "/no/such/root"], "--root /no/such/root: no such folder"),
        (["check", "--rules", "/no/such/rules"], "--rules /no/such/rules: no such folder of rules"),
        (["check", "--facts", "x", "--root", "/"], "--facts takes the place of a machine"),
        (["check", "--select", "TRI999"], "no such rule: TRI999"),
        (["check", "--fail-on", "sometimes"], "--fail-on sometimes: write one of error, warning, info, never"),
        (["check", "--format", "yaml"], "--format yaml: write one of"),
        (["check", "--color", "blue"], "--color blue: write one of"),
        (["check", "--nonsense"], "--nonsense"),
        (["explain", "TRI01"], "no such rule: TRI01 (did you mean TRI0"),
        (["explain"], "RULE"),
        (["facts", "--format", "xml"], "--format xml"),
        (["chek"], "chek"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_2(arguments: list[str], words: str) -> None:
    done = sparkdoctor(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_misspelt_fact_of_a_case_is_named_and_the_rest_is_judged(tmp_path: Path) -> None:
    case = tmp_path / "case.toml"
    case.write_text('[facts]\n"gpu.compute_capabilty" = "12.1"\n"gpu.name" = "NVIDIA GB10"\n')
    done = sparkdoctor("check", "--facts", case)
    assert done.returncode == 0
    assert "no such fact: gpu.compute_capabilty (did you mean gpu.compute_capability?)" in done.stderr
    assert "GB10" in done.stdout


def test_faulty_rules_of_a_folder_are_named_and_change_no_exit_code(tmp_path: Path) -> None:
    rules, case = tmp_path / "rules", tmp_path / "case.toml"
    rules.mkdir()
    (rules / "mine.toml").write_text(
        rule("MINE001", 'pkg.my_package.version < "2"', severity="warning") + rule("MINE002", 'gpu.nam == "x"')
    )
    (rules / "bytes.toml").write_bytes(os.urandom(200))
    case.write_text('[packages]\nmy-package = "1.0"\n')
    done = sparkdoctor("check", "--rules", rules, "--facts", case)
    assert done.returncode == 0
    assert "MINE001" in done.stdout
    assert "no such fact: gpu.nam (did you mean gpu.name?)" in done.stderr
    assert "bytes.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_thousand_environment_variables() -> None:
    env = {f"CUDA_VARIABLE_{number}": "x" * 50 for number in range(2000)}
    done = sparkdoctor("facts", "--format", "json", env={**env, "CUDA_API_TOKEN": "not-to-be-shown"})
    assert done.returncode == 0, done.stderr
    stated = json.loads(done.stdout)["env"]
    assert set(env) <= set(stated)
    assert "not-to-be-shown" not in done.stdout


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv (util-linux) is missing: rights can't be dropped")
def test_an_unreadable_proc_leaves_the_rest_of_the_report(tmp_path: Path) -> None:
    root = standin.healthy_spark(tmp_path / "spark")
    shutil.copytree(root.path, tmp_path / "copy", symlinks=True)
    (tmp_path / "copy" / "proc").chmod(0)
    os.chmod(tmp_path, 0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if os.stat(folder).st_uid == os.getuid() and str(folder).startswith("/tmp/"):
            os.chmod(folder, 0o755)
    under = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.getuid() == 0 else ()
    done = sparkdoctor("facts", "--root", tmp_path / "copy", "--format", "json", under=under, env={"HOME": "/"})
    if not done.stdout and re.search("No module named|Permission denied|shared libraries|can't open", done.stderr):
        pytest.skip("this Python or this checkout can't be read without root's rights")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)["facts"]
    assert "needs root" in facts["kernel.release"]["unknown"]
    assert facts["dgx_os.version"]["value"] == "7.5.0"


def test_an_empty_root_says_nothing_untrue(tmp_path: Path) -> None:
    found = report("--root", tmp_path)
    assert found["findings"] == []
    assert found["targets"] == []


def test_broken_metadata_and_circles_of_links_are_survived(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "torch-2.9.1.dist-info").mkdir(parents=True)
    (site / "broken-.dist-info").mkdir()
    (site / "file-1.0.dist-info").write_bytes(b"\0\1\2")
    (site / "loop").symlink_to("loop")
    (site / "triton-3.5.1.dist-info").symlink_to("triton-3.5.1.dist-info")
    (site / "torch").symlink_to("torch")
    done = sparkdoctor("check", "--python", site, "--target", "gb10")
    assert done.returncode in (0, 1), done.stderr
    assert "torch 2.9.1" in done.stdout
    assert done.stderr == ""
