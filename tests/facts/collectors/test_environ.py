"""Environment variables: ours on a live machine, those of the first process of another root, else assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.collectors import environ
from sparkdoctor.facts.secret import HIDDEN
from sparkdoctor.facts.values import ABSENT, Reading, Unknown, absent, measured
from sparkdoctor.machine import Machine
from tests.facts.collectors.examined import reason
from tests.facts.collectors.pythons import examined

if TYPE_CHECKING:
    from pathlib import Path

_VARIABLES = {"CUDA_HOME": "/usr/local/cuda", "EMPTY": "", "HF_TOKEN": "abc", "NO_AUTH": "", "WITH_EQUALS": "a=b"}


@pytest.fixture(params=["live", "root"])
def exam(request: pytest.FixtureRequest, tmp_path: Path) -> Examination:
    """The same variables as our own and as those of a container's first process."""
    if request.param == "live":
        return examined(environ=_VARIABLES)
    (tmp_path / "proc/1").mkdir(parents=True)
    (tmp_path / "proc/1/environ").write_text("".join(f"{name}={value}\0" for name, value in _VARIABLES.items()))
    return examined(root=tmp_path, environ={"CUDA_HOME": "/ours", "OURS": "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CUDA_HOME", "/usr/local/cuda"),
        ("EMPTY", ""),
        ("HF_TOKEN", HIDDEN),
        ("NO_AUTH", ""),
        ("WITH_EQUALS", "a=b"),
        ("OURS", ABSENT),
    ],
)
def test_a_variable_is_read_where_it_counts(exam: Examination, name: str, value: object) -> None:
    reading = exam.read(f"env.{name}")
    assert reading.value == value
    assert reading.origin == "measured"
    assert reading.where == ("process" if exam.machine.live else "/proc/1/environ")


def test_all_variables_are_listed_without_secrets(exam: Examination) -> None:
    listed = environ.variables(exam)
    assert not isinstance(listed, Unknown)
    assert set(listed) == set(_VARIABLES)
    assert listed["HF_TOKEN"].value == HIDDEN
    assert not exam.assumes_environment


def test_the_environment_named_with_python_inherits_ours(plain_venv: Path) -> None:
    exam = examined(plain_venv, environ={"VLLM_USE_V1": "1"})
    assert environ.variable(exam, "VLLM_USE_V1") == measured("1", "process")
    assert environ.variable(exam, "CUDA_HOME") == absent("process")


@pytest.mark.parametrize("content", [None, b""])
def test_a_root_without_a_process_leaves_variables_assumed(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "proc/1").mkdir(parents=True)
        (tmp_path / "proc/1/environ").write_bytes(content)
    exam = examined(root=tmp_path, environ={"CUDA_HOME": "/ours"})
    assert exam.read("env.CUDA_HOME") == Reading(ABSENT, "assumed", "no process environment in this root")
    assert environ.variables(exam) == Unknown("no process environment in this root")
    assert exam.assumes_environment


def test_a_process_out_of_reach_leaves_variables_unknown(tmp_path: Path) -> None:
    class OfSomebodyElse(Machine):
        def _open(self, path: str) -> int:
            raise PermissionError(13, "Permission denied", path)

    exam = Examination(OfSomebodyElse(str(tmp_path), {}))
    assert reason(exam.read("env.CUDA_HOME")) == "needs root: /proc/1/environ can't be read"
    assert isinstance(environ.variables(exam), Unknown)
    assert environ.settings(exam.machine) == {}
