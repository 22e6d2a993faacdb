"""What an environment sets by itself counts, unless it is active: then what the process has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collectors import environ, settings
from sparkdoctor.facts.values import ABSENT, Unknown
from tests.facts.collectors.pythons import examined

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = """
# >>> sparkdoctor >>> whatever stands here
export CUDA_HOME='/opt/it'\\''s here'
export LINES_TWO='a
# not a remark
b'
unset NCCL_DEBUG
# <<< sparkdoctor <<<
alias after=true
"""


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    path = tmp_path / "venv"
    (path / "bin").mkdir(parents=True)
    (path / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    (path / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.3\n")
    (path / "bin" / "activate").write_text("export VIRTUAL_ENV=/x\n" + BLOCK)
    return path


def test_its_own_settings_count_before_what_it_inherits(venv: Path) -> None:
    exam = examined(venv, environ={"CUDA_HOME": "/usr/local/cuda", "NCCL_DEBUG": "INFO", "OTHER": "1"})
    where = f"{venv}/bin/activate"
    for name, value, place in [
        ("CUDA_HOME", "/opt/it's here", where),
        ("LINES_TWO", "a\n# not a remark\nb", where),
        ("NCCL_DEBUG", ABSENT, where),
        ("OTHER", "1", "process"),
    ]:
        reading = exam.read(f"env.{name}")
        assert (reading.value, reading.where) == (value, place)
    listed = environ.variables(exam)
    assert not isinstance(listed, Unknown)
    assert sorted(listed) == ["CUDA_HOME", "LINES_TWO", "OTHER"]


def test_an_active_environment_is_as_its_process_has_it(venv: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(venv)
    for active in (venv, tmp_path / "link"):
        exam = examined(environ={"VIRTUAL_ENV": str(active), "NCCL_DEBUG": "INFO"})
        assert exam.read("env.CUDA_HOME").value is ABSENT
        assert exam.read("env.NCCL_DEBUG").value == "INFO"


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("unset NCCL_DEBUG", "source /etc/other"),
        ("unset NCCL_DEBUG", "export NCCL_DEBUG=$HOME"),
        ("# <<< sparkdoctor <<<", ""),
    ],
)
def test_a_block_that_was_changed_by_hand_is_unknown(was: str, now: str, venv: Path) -> None:
    (venv / "bin" / "activate").write_text(BLOCK.replace(was, now))
    value = examined(venv).read("env.CUDA_HOME").value
    assert isinstance(value, Unknown)
    assert "changed by hand" in value.reason


@pytest.mark.parametrize("text", ["", "nothing of ours\n", "echo '# >>> sparkdoctor >>>'\n"])
def test_a_script_without_a_block_sets_nothing(text: str) -> None:
    assert settings.stated(text) == {}
