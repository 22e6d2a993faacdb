"""Variables for other places are read back by the real things: shells, YAML, dotenv, systemd."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkdoctor.fixes.exports import FORMATS, exported
from sparkdoctor.fixes.refused import Refused

AWKWARD: dict[str, str | None] = {
    "PLAIN": "/usr/local/cuda/bin/ptxas",
    "BLANKS": "  a  b ",
    "QUOTES": 'it\'s "quoted" `x`',
    "DOLLARS": "$HOME $(id) $$ %h %%",
    "ROWS": "first\nsecond\n\nlast\n",
    "BACKSLASHES": "a\\b\\\\c\\n\\",
    "BRACES": "{a,b} [*] ?~!#;&|<>",
    "LETTERS": "grün · 火花",
    "EMPTY": "",
    "GONE": None,
}
SHELLS = [
    ("bash", ["--noprofile", "--norc", "-c"], "sh"),
    ("zsh", ["-f", "-c"], "sh"),
    ("dash", ["-c"], "sh"),
    ("fish", ["--no-config", "-c"], "fish"),
]
BEFORE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GONE": "still here", "LC_ALL": "C.UTF-8"}
OF_SHELLS = {"_", "SHLVL", "PWD", "OLDPWD", "USER", "LOGNAME"}


def after(shell: str, options: list[str], text: str, tmp_path: Path) -> dict[str, str]:
    """The variables after `eval "$(…)"` as the documentation has it."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} isn't on this machine")
    (tmp_path / "printed").write_text(text)
    quoted = f"{tmp_path}/printed"
    done = subprocess.run(
        [path, *options, f'eval "$(cat {quoted})"; env -0'],
        env=BEFORE,
        cwd="/",
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == b""
    entries = (entry.partition("=") for entry in done.stdout.decode().split("\0"))
    return {name: value for name, equals, value in entries if equals and name not in OF_SHELLS}


@pytest.mark.parametrize(("shell", "options", "format"), SHELLS, ids=[shell for shell, _, _ in SHELLS])
def test_a_shell_has_exactly_the_variables(shell: str, options: list[str], format: str, tmp_path: Path) -> None:
    wanted = {**BEFORE, **{name: value for name, value in AWKWARD.items() if value is not None}}
    del wanted["GONE"]
    assert after(shell, options, exported(AWKWARD, format), tmp_path) == wanted


@pytest.mark.parametrize(("shell", "options", "format"), SHELLS, ids=[shell for shell, _, _ in SHELLS])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
def test_a_shell_has_any_value(shell: str, options: list[str], format: str, tmp_path: Path, value: str) -> None:
    assert after(shell, options, exported({"VALUE": value}, format), tmp_path).get("VALUE") == value


def test_compose_and_kubernetes_are_read_by_yaml() -> None:
    yaml = pytest.importorskip("ruamel.yaml", reason="ruamel.yaml is missing").YAML(typ="safe", pure=True)
    wanted = {name: value for name, value in AWKWARD.items() if value is not None}
    compose = yaml.load(exported(AWKWARD, "compose"))
    assert {name: value.replace("$$", "$") for name, value in compose["environment"].items()} == wanted
    kubernetes = yaml.load(exported(AWKWARD, "kubernetes"))
    assert {item["name"]: item["value"].replace("$$", "$") for item in kubernetes["env"]} == wanted


def test_dotenv_is_read_by_python_dotenv(tmp_path: Path) -> None:
    dotenv = pytest.importorskip("dotenv", reason="python-dotenv is missing")
    (tmp_path / ".env").write_text(exported(AWKWARD, "dotenv"))
    read: dict[str, Any] = dotenv.dotenv_values(tmp_path / ".env")
    assert read == {name: value for name, value in AWKWARD.items() if value is not None}


def test_dotenv_is_read_by_uv(tmp_path: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if uv is None:
        pytest.skip("uv is missing")
    (tmp_path / "spark.env").write_text(exported(AWKWARD, "dotenv"))
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    done = subprocess.run(
        [uv, "run", "--no-project", "--python", sys.executable, "--env-file", "spark.env", "python", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        timeout=100,
    )
    read = json.loads(done.stdout)
    assert {name: read.get(name) for name in AWKWARD} == {**AWKWARD, "GONE": None}


@pytest.mark.parametrize("value", ["a ${HOME} b", "it's $HOME", "\\$"])
def test_what_programs_read_differently_from_dotenv_files_is_refused(value: str) -> None:
    with pytest.raises(Refused, match=r"holds a \$ that programs read differently"):
        exported({"VALUE": value}, "dotenv")


def test_systemd_takes_it(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze isn't on this machine")
    unit = tmp_path / "spark-test.service"
    unit.write_text(exported(AWKWARD, "systemd") + "ExecStart=/bin/true\n")
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, timeout=60, check=False)
    assert "spark-test.service" not in done.stderr
    assert "nvironment" not in done.stderr


def test_systemd_by_its_rules() -> None:
    [line] = [line for line in exported({"V": 'a "b" %h \\ c\nd'}, "systemd").splitlines() if line[0] == "E"]
    assert line == r'Environment="V=a \"b\" %%h \\ c\nd"'
    assert "UnsetEnvironment=GONE\n" in exported({"GONE": None}, "systemd")


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_nothing(format: str) -> None:
    text = exported({}, format)
    assert text == "" if format != "json" else json.loads(text) == {"set": {}, "unset": []}


def test_a_dockerfile_has_its_values() -> None:
    text = exported({"V": 'a "b" $HOME \\ c', "GONE": None}, "dockerfile")
    assert text == 'ENV V="a \\"b\\" \\$HOME \\\\ c"\n# GONE must not be set: take out the line that sets it\n'
    with pytest.raises(Refused, match="line end"):
        exported({"V": "a\nb"}, "dockerfile")
