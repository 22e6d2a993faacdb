"""Settings: which one holds, what a project's file may set, and that a bad one is one line with file, key and value."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import platformdirs
import pytest

from sparkdoctor.cli import settings
from sparkdoctor.cli.examine import Subject, settled
from sparkdoctor.cli.exits import Unusable
from sparkdoctor.cli.setting import user_file
from tests.cli.running import report, sparkdoctor

if TYPE_CHECKING:
    from pathlib import Path

CASE = '[facts]\n"gpu.name" = "NVIDIA GB10"\n[packages]\ntorch = "2.8.0+cpu"\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, and beside it an empty folder for the user's own file."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def own(here: Path, text: str) -> dict[str, str]:
    """The environment in which the user's own file says `text`."""
    place = here.parent / "config" / "sparkdoctor"
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.toml").write_text(text)
    return {"XDG_CONFIG_HOME": str(here.parent / "config")}


def project(here: Path, text: str) -> None:
    (here / "pyproject.toml").write_text(f"[project]\nname = 'x'\n[tool.sparkdoctor]\n{text}")


def test_a_variable_outranks_the_project_and_the_project_the_user(here: Path) -> None:
    env = own(here, 'fail-on = "info"\nignore = ["TRI"]\ncolor = "never"\n')
    assert settings.read(env).get("fail-on") == "info"
    project(here, 'fail_on = "warning"\n')
    found = settings.read(env)
    assert (found.get("fail-on"), found.get("ignore"), found.get("color")) == ("warning", ["TRI"], "never")
    assert settings.read({**env, "SPARKDOCTOR_FAIL_ON": "never"}).get("fail-on") == "never"


def test_nothing_is_set_where_nothing_speaks_of_sparkdoctor(here: Path) -> None:
    (here / "pyproject.toml").write_text("[this is] no TOML\n")
    assert settings.read({"XDG_CONFIG_HOME": str(here)}).values == {}


def test_what_is_no_file_is_not_read(here: Path) -> None:
    os.mkfifo(here / "pyproject.toml")
    (here / "sparkdoctor" / "config.toml").mkdir(parents=True)
    assert settings.read({"XDG_CONFIG_HOME": str(here)}).values == {}


@pytest.mark.parametrize("folder", ["", "/etc/xdg-of-mine", " "])
def test_the_users_file_lies_where_platformdirs_says(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", folder)
    assert user_file(os.environ) == os.path.join(platformdirs.user_config_dir("sparkdoctor"), "config.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('fail-on = "sometimes"', ["fail-on = 'sometimes'", "write one of error, warning, info, never"]),
        ('workload = "pretraining"', ["workload = 'pretraining'", "nvfp4-pretrain"]),
        ("format = 3", ["format = 3", "write one of text, json"]),
        ("select = 7", ["select = 7", "write a list of texts"]),
        ("ignore = [1]", ["ignore = [1]", "write a list of texts"]),
        ('target = ""', ["target = ''", "write a text"]),
        ('selct = ["TRI"]', ["no such setting: selct (did you mean select?)"]),
        ('rules = ["mine"]', ["rules can't be set by a project's file", "--rules"]),
        ('python = "/opt/venv"', ["python can't be set by a project's file"]),
        ('root = "/"', ["root can't be set by a project's file"]),
        ("strict = true", ["strict can't be set by a project's file"]),
        ('suppress = "MEM003"', ["write [[suppress]] tables"]),
        ('[[tool.sparkdoctor.suppress]]\nrule = "MEM003"', ["suppress number 1 (MEM003): reason is missing"]),
        ('[[tool.sparkdoctor.suppress]]\nreason = "x"', ["rule = None", "the id of one rule"]),
        ('[[tool.sparkdoctor.suppress]]\nrule = "MEM"\nreason = "x"', ["rule = 'MEM'", "the id of one rule"]),
        (
            '[[tool.sparkdoctor.suppress]]\nrule = "MEM003"\nreason = "x"\nuntil = "soon"',
            ["until = soon", "a date like 2027-01-31"],
        ),
        ('[[tool.sparkdoctor.suppress]]\nrule = "MEM003"\nreason = "x"\nsince = 1', ["no such key: since"]),
        ("x = ", ["not TOML"]),
    ],
)
def test_a_bad_project_file_is_named_with_key_and_value(here: Path, text: str, words: list[str]) -> None:
    project(here, text)
    with pytest.raises(Unusable) as error:
        settings.read({"XDG_CONFIG_HOME": str(here)})
    said = str(error.value)
    assert said.startswith("pyproject.toml")
    assert "\n" not in said
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("FAIL_ON", "sometimes", "SPARKDOCTOR_FAIL_ON=sometimes: write one of error"),
        ("STRICT", "perhaps", "SPARKDOCTOR_STRICT=perhaps: write 1 or 0"),
        ("FORMAT", "yaml", "SPARKDOCTOR_FORMAT=yaml: write one of text, json"),
        ("WORKLOAD", "play", "SPARKDOCTOR_WORKLOAD=play: write one of inference"),
    ],
)
def test_a_bad_variable_is_named(here: Path, name: str, value: str, words: str) -> None:
    with pytest.raises(Unusable, match="SPARKDOCTOR_") as error:
        settings.read({"XDG_CONFIG_HOME": str(here), f"SPARKDOCTOR_{name}": value})
    assert words in str(error.value)


def test_the_users_file_may_set_all_and_its_paths_start_at_its_folder(here: Path) -> None:
    env = own(here, 'rules = ["mine", "/srv/rules"]\npython = "~/venv"\nroot = "image"\nstrict = true\n')
    found = settings.read(env)
    folder = env["XDG_CONFIG_HOME"] + "/sparkdoctor"
    assert found.get("rules") == [f"{folder}/mine", "/srv/rules"]
    assert (found.get("root"), found.get("strict")) == (f"{folder}/image", True)
    assert found.get("python") == os.path.expanduser("~/venv")
    assert settings.read({"XDG_CONFIG_HOME": "/nowhere", "SPARKDOCTOR_RULES": "/a:/b"}).get("rules") == ["/a", "/b"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Subject(), ("/venv", "/image", "gb10")),
        (Subject(root="/"), (None, "/", "gb10")),
        (Subject(python="/other"), ("/other", "/image", "gb10")),
        (Subject(target="h100"), ("/venv", "/image", "h100")),
        (Subject(facts="x.json"), (None, None, None)),
    ],
    ids=["nothing", "root", "python", "target", "facts"],
)
def test_the_command_line_outranks_settings_and_facts_are_a_machine_of_their_own(
    here: Path, given: Subject, expected: tuple[str | None, ...]
) -> None:
    env = own(here, 'python = "/venv"\nroot = "/image"\ntarget = "gb10"\n')
    subject = settled(given, settings.read(env))
    assert (subject.python, subject.root, subject.target) == expected


def test_check_follows_settings_and_says_where_a_project_has_a_say(here: Path) -> None:
    (here / "case.toml").write_text(CASE)
    plain = sparkdoctor("check", "--facts", "case.toml", cwd=here, env=own(here, ""))
    assert plain.returncode == 1
    project(here, 'fail-on = "never"\nselect = ["TOR001"]\n')
    env = own(here, 'workload = "finetune"\n')
    done = sparkdoctor("check", "--facts", "case.toml", cwd=here, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pyproject.toml of this folder has a say in this report: fail-on, select." in done.stdout
    assert "TOR001" in done.stdout
    assert "WKL" not in done.stdout
    over = sparkdoctor("check", "--facts", "case.toml", "--select", "WKL", "--fail-on", "info", cwd=here, env=env)
    assert over.returncode == 1
    assert "WKL005" in over.stdout


@pytest.mark.parametrize(
    ("own_text", "env", "arguments", "words"),
    [
        ("", {"SPARKDOCTOR_TARGET": "gb11"}, [], "SPARKDOCTOR_TARGET=gb11: no such GPU in the rulebook"),
        ("", {"SPARKDOCTOR_ROOT": "/no/such"}, [], "SPARKDOCTOR_ROOT=/no/such: no such folder"),
        ('rules = ["gone"]', {}, [], "sparkdoctor/gone: no such folder of rules"),
        ('ignore = ["TRI999"]', {}, ["--facts", "case.toml"], "config.toml: ignore: no such rule: TRI999"),
    ],
)
def test_a_setting_that_turns_out_wrong_later_is_named_as_it_was_given(
    here: Path, own_text: str, env: dict[str, str], arguments: list[str], words: str
) -> None:
    (here / "case.toml").write_text(CASE)
    done = sparkdoctor("check", *arguments, cwd=here, env={**own(here, own_text), **env})
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_json_is_chosen_by_a_setting_too(here: Path) -> None:
    (here / "case.toml").write_text(CASE)
    done = sparkdoctor("check", "--facts", "case.toml", cwd=here, env={**own(here, ""), "SPARKDOCTOR_FORMAT": "json"})
    assert done.stdout.startswith("{")
    assert report("--facts", "case.toml", cwd=here, env=own(here, "strict = true"))["summary"]["exit_code"] == 1
