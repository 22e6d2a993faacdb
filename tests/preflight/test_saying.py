"""What it says, where, and what it never says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from sparkdoctor.reports.schemas import schema_text
from tests import standin
from tests.preflight.conftest import setting
from tests.preflight.running import CAT, preflight, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.timeout(400)  # the builder and the installer ask the package index

SAYS = ["/bin/echo", "started"]
FIX = setting("TRI001", 'set = { TORCH_CUDA_ARCH_LIST = "12.1a" }')
PLAIN = setting("TRI002", 'set = { OTHER = "1" }').replace('"safe"', '"manual"')


def lines(said: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines()]


def test_one_line_where_nothing_is_found(installed: Path, rulebook: Callable[..., dict[str, str]]) -> None:
    env = rulebook(setting("TRI001", 'set = { X = "1" }').replace("present(os.arch)", 'os.arch == "vax"'))
    done = preflight(installed, SAYS, env=env)
    assert (done.returncode, done.stdout) == (0, b"started\n")
    [line] = done.stderr.decode().splitlines()
    assert line.startswith("sparkdoctor: preflight: nothing found · ")


def test_a_finding_that_is_put_right(installed: Path, rulebook: Callable[..., dict[str, str]]) -> None:
    done = preflight(installed, SAYS, "--fail-on", "error", env=rulebook(FIX))
    assert done.returncode == 0
    first, second = done.stderr.decode().splitlines()
    assert first.startswith("sparkdoctor: preflight: 1 error · 1 variable changed · ")
    assert second == (
        "sparkdoctor: error TRI001: Something is wrong · TORCH_CUDA_ARCH_LIST=12.1a is set for this start"
    )


def test_a_variable_that_is_set_is_kept_and_it_says_so(
    installed: Path, rulebook: Callable[..., dict[str, str]]
) -> None:
    env = {**rulebook(FIX), "TORCH_CUDA_ARCH_LIST": "/mine"}
    done = preflight(installed, [CAT, "/proc/self/environ"], env=env)
    assert b"TORCH_CUDA_ARCH_LIST=/mine\0" in done.stdout
    assert b"left as it is, since TORCH_CUDA_ARCH_LIST is set" in done.stderr
    assert b"(--override TORCH_CUDA_ARCH_LIST)" in done.stderr
    done = preflight(installed, [CAT, "/proc/self/environ"], "--override=TORCH_CUDA_ARCH_LIST", env=env)
    assert b"TORCH_CUDA_ARCH_LIST=12.1a\0" in done.stdout


def test_fail_on_blocks_what_is_not_put_right(installed: Path, rulebook: Callable[..., dict[str, str]]) -> None:
    env = rulebook(FIX, PLAIN)
    done = preflight(installed, SAYS, "--fail-on", "warning", env=env)
    assert (done.returncode, done.stdout) == (78, b"")
    assert b"sparkdoctor: not started: TRI002 (--fail-on warning). SPARKDOCTOR_SKIP=1 starts it" in done.stderr
    assert preflight(installed, SAYS, "--fail-on", "warning", env={**env, "SPARKDOCTOR_SKIP": "1"}).returncode == 0
    assert preflight(installed, SAYS, env={**env, "SPARKDOCTOR_FAIL_ON": "error"}).returncode == 78
    assert preflight(installed, SAYS, env=env).returncode == 0
    assert preflight(installed, SAYS, "--fail-on=error", env={**env, "SPARKDOCTOR_IGNORE": "tri002"}).returncode == 0


def test_strict_blocks_where_a_counted_rule_is_undecided(
    installed: Path, rulebook: Callable[..., dict[str, str]]
) -> None:
    open_ = 'present(os.arch) and firmware.version < "1.0"'
    env = rulebook(setting("TRI001", 'set = { X = "1" }').replace("present(os.arch)", open_))
    assert preflight(installed, SAYS, "--strict", env=env).returncode == 0
    assert preflight(installed, SAYS, "--fail-on", "error", env=env).returncode == 0
    done = preflight(installed, SAYS, "--fail-on", "error", "--strict", env=env)
    assert done.returncode == 78
    assert b"TRI001 can't be decided (--strict)" in done.stderr


def test_skip_says_nothing_and_changes_nothing(installed: Path, rulebook: Callable[..., dict[str, str]]) -> None:
    done = preflight(installed, [CAT, "/proc/self/environ"], env={**rulebook(FIX), "SPARKDOCTOR_SKIP": "1"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"PTXAS" not in done.stdout
    assert preflight(installed, SAYS, env={"SPARKDOCTOR_SKIP": "0"}).stderr != b""


def test_json_lines(installed: Path, rulebook: Callable[..., dict[str, str]]) -> None:
    done = preflight(installed, SAYS, "--log-format", "json", "--fail-on", "error", env=rulebook(FIX, PLAIN))
    summary, *findings, blocked = lines(done.stderr)
    assert [found["event"] for found in (summary, *findings, blocked)] == ["summary", "finding", "finding", "blocked"]
    assert summary["counts"] == {"error": 2, "warning": 0, "info": 0}
    assert summary["variables"] == {"TORCH_CUDA_ARCH_LIST": "12.1a"}
    assert [(found["rule"], found["fixed"]) for found in findings] == [("TRI001", True), ("TRI002", False)]
    assert blocked["reasons"] == ["TRI002 (--fail-on error)"]
    assert all(
        found["logger"] == "sparkdoctor.preflight" and found["time"].endswith("Z") for found in lines(done.stderr)
    )


@pytest.mark.parametrize("how", ["file", "pipe", "standard output"])
def test_the_report(installed: Path, rulebook: Callable[..., dict[str, str]], tmp_path: Path, how: str) -> None:
    path = {"file": str(tmp_path / "report"), "pipe": "/dev/stdout", "standard output": "/proc/self/fd/1"}[how]
    done = preflight(installed, ["/bin/true"], "--report", path, "--budget", "60", env=rulebook(FIX, PLAIN))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "report").read_text() if how == "file" else done.stdout)
    jsonschema.validate(found, json.loads(schema_text("report")))
    assert [finding["id"] for finding in found["findings"]] == ["TRI001", "TRI002"]
    assert found["preflight"]["variables"] == [{"name": "TORCH_CUDA_ARCH_LIST", "value": "12.1a", "rules": ["TRI001"]}]
    assert (found["preflight"]["blocked"], found["summary"]["exit_code"]) == ([], 0)


def test_secrets_never_reach_a_log(installed: Path, rulebook: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    secret = "hunter2hunter2"
    env = {
        **rulebook(setting("TRI009", f'set = {{ MY_TOKEN = "{secret}" }}'), FIX),
        "HF_TOKEN": secret,
        "PASSWORD": secret,
        "VIRTUAL_ENV": "/gone",
    }
    report = tmp_path / "report"
    options = ("--log-format", "json", "--report", str(report), "--budget", "60", "--strict")
    done = preflight(installed, ["serve", "--api-key", secret], *options, env=env)
    assert done.returncode == 78
    assert secret.encode() not in done.stderr + done.stdout
    variables = json.loads(report.read_text())["preflight"]["variables"]
    assert [variable["value"] for variable in variables if variable["name"] == "MY_TOKEN"] == ["(set, not shown)"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], b"no command"),
        (["--"], b"no command"),
        (["true"], b"put -- before the command"),
        (["--bogus", "--", "true"], b"no such option: --bogus"),
        (["--api-key=geheim", "--", "true"], b"no such option: --api-key"),
        (["--budget", "--", "true"], b"--budget takes a value"),
        (["--budget", "soon", "--", "true"], b"--budget soon: write seconds"),
        (["--budget", "nan", "--", "true"], b"--budget nan: write seconds"),
        (["--budget=0", "--", "true"], b"--budget 0: write seconds"),
        (["--fail-on", "fatal", "--", "true"], b"--fail-on fatal: write one of error"),
        (["--log-format=xml", "--", "true"], b"write one of text, json"),
    ],
    ids=str,
)
def test_wrong_usage_starts_nothing(installed: Path, arguments: list[str], words: bytes) -> None:
    done = run([str(installed), "preflight", *arguments], env={"PATH": "/usr/bin:/bin"})
    assert (done.returncode, done.stdout) == (2, b"")
    [line] = done.stderr.splitlines()
    assert words in line
    assert b"geheim" not in line


def test_a_variable_that_is_not_understood_costs_no_start(installed: Path) -> None:
    done = preflight(installed, SAYS, env={"SPARKDOCTOR_BUDGET": "soon", "SPARKDOCTOR_FAIL_ON": "x"})
    assert (done.returncode, done.stdout) == (0, b"started\n")
    assert b"SPARKDOCTOR_BUDGET=soon: write seconds, more than 0 and 3600 at most; left out" in done.stderr


def test_the_environment_of_the_command_is_examined(
    installed: Path, rulebook: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    root = standin.Root(tmp_path / "root")
    site = standin.environment(root, [standin.Package("vllm", "0.11.0")])
    serve = root.write("/opt/venv/bin/vllm", "#!/bin/sh\necho started\n", 0o755)
    report = tmp_path / "report"
    env = rulebook(setting("TRI001", 'set = { X = "1" }').replace("present(os.arch)", "present(pkg.vllm)"))
    done = preflight(installed, [str(serve)], "--report", str(report), "--budget", "60", env=env)
    assert done.stdout == b"started\n"
    [finding] = json.loads(report.read_text())["findings"]
    assert str(root.at(site)) in finding["evidence"][0]["where"]


def test_help_is_listed_and_told(installed: Path) -> None:
    assert b"preflight" in run([str(installed), "--help"], env={"PATH": "/usr/bin:/bin"}).stdout
    told = run([str(installed), "preflight", "--help"])
    assert told.returncode == 0
    assert b"SPARKDOCTOR_SKIP=1" in told.stdout
