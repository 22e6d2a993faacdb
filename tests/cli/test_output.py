"""What a user sees: formats that keep their contract, quiet ends, plain ASCII, colours only on a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests import standin
from tests.cli.running import report, sparkdoctor
from tests.shipped import program

if TYPE_CHECKING:
    from pathlib import Path

CASE = """
log = '''
ptxas fatal   : Value 'sm_121a' is not defined for option 'gpu-name'
'''
[facts]
"gpu.name" = "NVIDIA GB10"
"gpu.compute_capability" = "12.1"
[packages]
torch = "2.9.0+cu130"
triton = "3.5.0"
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "case.toml"
    path.write_text(CASE)
    return path


def schema(command: str) -> Any:
    return json.loads(sparkdoctor(command, "--schema").stdout)


def test_json_keeps_its_contract(case: Path, tmp_path: Path) -> None:
    contract = schema("check")
    jsonschema.Draft202012Validator.check_schema(contract)
    root = standin.broken_spark(tmp_path / "spark")
    for arguments in (
        ["--facts", case],
        ["--facts", case, "-v"],
        ["--root", root.path, "-v"],
        ["--target", "gb10"],
        [],
    ):
        found = report(*arguments)
        jsonschema.validate(found, contract)
        assert [finding["rank"] for finding in found["findings"]] == list(range(1, len(found["findings"]) + 1))
        assert (found["snapshot"] is not None) is ("-v" in arguments)


def test_a_snapshot_keeps_its_contract_and_is_judged_as_the_machine_was(tmp_path: Path) -> None:
    root = standin.broken_spark(tmp_path / "spark")
    standin.environment(root, [standin.Package("torch", "2.9.1"), standin.Package("triton", "3.5.1")])
    root.write("/proc/1/environ", b"VIRTUAL_ENV=/opt/venv\0PATH=/usr/bin\0CUDA_HOME=/usr/local/cuda\0")
    taken = tmp_path / "snapshot.json"
    done = sparkdoctor("facts", "--root", root.path, "--format", "json")
    taken.write_text(done.stdout)
    jsonschema.validate(json.loads(done.stdout), schema("facts"))
    there, later = report("--root", root.path), report("--facts", taken)
    assert there["findings"]
    for finding in (*there["findings"], *later["findings"]):
        for evidence in finding["evidence"]:
            evidence.pop("where")
    assert later["findings"] == there["findings"]
    assert later["summary"] == there["summary"]
    again = json.loads(sparkdoctor("facts", "--facts", taken, "--format", "json").stdout)
    assert again["facts"] == json.loads(done.stdout)["facts"]


def test_select_ignore_and_fail_on(case: Path) -> None:
    assert sparkdoctor("check", "--facts", case).returncode == 1
    assert sparkdoctor("check", "--facts", case, "--fail-on", "never").returncode == 0
    assert sparkdoctor("check", "--facts", case, "--ignore", "TRI").returncode == 0
    first = report("--facts", case)["findings"][0]["id"]
    assert [finding["id"] for finding in report("--facts", case, "--select", first)["findings"]] == [first]
    assert report("--facts", case, "--fail-on", "never")["summary"]["exit_code"] == 0


def test_strict_ends_with_4_where_a_rule_that_counts_is_undecided(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text('[facts]\n"gpu.compute_capability" = "12.1"\n')
    assert sparkdoctor("check", "--facts", path).returncode == 0
    assert sparkdoctor("check", "--facts", path, "--strict").returncode == 4


def test_a_case_comes_from_standard_input_too() -> None:
    done = sparkdoctor("check", "--facts", "-", stdin=CASE.encode())
    assert done.returncode == 1
    assert "TRI" in done.stdout


def test_quiet_is_one_line_a_finding(case: Path) -> None:
    lines = sparkdoctor("check", "--facts", case, "-q").stdout.splitlines()
    assert len(lines) == len(report("--facts", case)["findings"])


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_output_is_what_the_encoding_can_hold(case: Path, encoding: str) -> None:
    env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C"}
    for arguments in (
        ["check", "--facts", case, "-v"],
        ["explain", "TRI001"],
        ["--version"],
        ["facts", "--facts", case],
        ["--help"],
        ["check", "--help"],
        ["explain", "--help"],
    ):
        done = sparkdoctor(*arguments, env=env)
        assert done.returncode in (0, 1), done.stderr
        assert done.stderr == ""
        assert encoding == "utf-8" or done.stdout.isascii()


def test_colour_only_where_asked_for_or_on_a_terminal(case: Path) -> None:
    assert "\x1b[" not in sparkdoctor("check", "--facts", case).stdout
    assert "\x1b[" in sparkdoctor("check", "--facts", case, "--color", "always").stdout
    assert "\x1b[" not in sparkdoctor("check", "--facts", case, "--color", "never").stdout


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_on_a_terminal_and_no_color(case: Path, no_color: str, coloured: bool) -> None:
    code = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    command = [sys.executable, str(program()), "check", "--facts", str(case)]
    env = {**os.environ, "TERM": "xterm", "NO_COLOR": no_color}
    done = subprocess.run(
        [sys.executable, "-c", code, *command], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert (b"\x1b[" in done.stdout) is coloured
    assert b"TRI" in done.stdout


@pytest.mark.parametrize("arguments", [["check"], ["facts"], ["explain", "TRI001"], ["--help"]])
def test_a_closed_pipe_is_a_quiet_end(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, str(program()), *arguments],
            stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(("redirection", "words"), [(">/dev/full", "No space left"), (">&-", "is closed")])
def test_output_that_goes_nowhere_is_one_line(redirection: str, words: str) -> None:
    command = f"{sys.executable} {program()} explain TRI001 {redirection}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_version_names_program_rulebook_and_python() -> None:
    from sparkdoctor import __version__

    words = sparkdoctor("--version").stdout
    assert f"sparkdoctor {__version__}" in words
    assert "rulebook 20" in words
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}" in words


def test_explain_tells_a_rule_by_id_or_name() -> None:
    by_id = sparkdoctor("explain", "tri001")
    assert by_id.returncode == 0
    told = json.loads(sparkdoctor("explain", "TRI001", "--format", "json").stdout)
    assert sparkdoctor("explain", told["name"]).stdout == by_id.stdout
    for part in (told["id"], told["sources"][0]["url"], *told["causes"]):
        assert part in by_id.stdout


def test_torch_and_its_kin_are_never_imported(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for name in ("torch", "triton", "vllm"):
        (site / name).mkdir(parents=True)
        (site / name / "__init__.py").write_text("raise SystemExit('imported')")
        (site / f"{name}-9.9.0.dist-info").mkdir()
    done = sparkdoctor("check", "--python", site, "--target", "gb10", env={"PYTHONPATH": str(site)})
    assert done.returncode == 0, done.stderr
    assert "torch 9.9.0" in done.stdout
