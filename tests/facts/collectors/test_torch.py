"""What torch was built for, read from its version.py as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.values import ABSENT, measured
from tests.facts.collectors.examined import reason
from tests.facts.collectors.pythons import examined

if TYPE_CHECKING:
    from pathlib import Path

_FACT = "torch.cuda_version"


def _with_torch(folder: Path, version_file: str | None) -> Path:
    (folder / "torch-2.9.0+cu130.dist-info").mkdir()
    if version_file is not None:
        (folder / "torch").mkdir()
        (folder / "torch/version.py").write_text(version_file)
    return folder


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ("cuda: Optional[str] = '13.0'\n", "13.0"),
        ("cuda = '12.8'\n", "12.8"),
        ('cuda: str | None = "12.6"\n', "12.6"),
        ("cuda: Optional[str] = None\nhip: Optional[str] = '6.4'\n", "none"),
        ("cuda = None\n", "none"),
        ("__version__ = '2.9.0'\ndebug = False\ncuda: Optional[str] = '13.0'\ngit_version = 'x'\n", "13.0"),
    ],
)
def test_the_version_file_tells_it(tmp_path: Path, lines: str, value: str) -> None:
    where = f"{_with_torch(tmp_path, lines)}/torch/version.py"
    assert examined(tmp_path).read(_FACT) == measured(value, where)


def test_torch_that_is_not_there_is_absent(tmp_path: Path) -> None:
    assert examined(tmp_path).read(_FACT).value is ABSENT


def test_metadata_alone_leaves_it_unknown(tmp_path: Path) -> None:
    assert reason(examined(_with_torch(tmp_path, None)).read(_FACT)).endswith("/torch/version.py isn't there")


@pytest.mark.parametrize("lines", ["", "cuda = compute()\n", "\x00\xff", "not_cuda = '13.0'\n"])
def test_a_file_that_does_not_say_leaves_it_unknown(tmp_path: Path, lines: str) -> None:
    assert "doesn't say" in reason(examined(_with_torch(tmp_path, lines)).read(_FACT))


def test_it_is_never_imported(tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    _with_torch(tmp_path, f"open({str(trap)!r}, 'w')\ncuda = '13.0'\n")
    assert examined(tmp_path).read(_FACT).value == "13.0"
    assert not trap.exists()
