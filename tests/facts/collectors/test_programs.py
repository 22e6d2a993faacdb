from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.collectors import programs
from sparkdoctor.facts.values import absent, measured
from sparkdoctor.machine import Machine
from tests.facts.collectors.examined import examine, reason
from tests.facts.collectors.stated import stated

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standin import Root

ALONE = 'echo "Warning: could not connect to a running Ollama instance"; echo "Warning: client version is 0.12.3"'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('echo "ollama version is 0.32.2"', "0.32.2"),
        (ALONE, "0.12.3"),
        ('echo "ollama version is 0.30.0"; echo "Warning: client version is 0.29.1"', "0.30.0"),
        ("echo nothing to say >&2; exit 1", None),
    ],
)
def test_ollama_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, expected: str | None) -> None:
    program = tmp_path / "ollama"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && {{ {script}; }}\n')
    program.chmod(0o755)
    monkeypatch.setattr(programs, "_OLLAMA", (str(program),))
    reading = Examination(Machine()).read("program.ollama.version")
    if expected is None:
        assert "states no version" in reason(reading)
    else:
        assert reading == measured(expected, f"{program} --version")


def test_an_ollama_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ollama"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(programs, "_OLLAMA", (str(program),))
    monkeypatch.setattr(programs, "_PATIENCE", 0.2)
    assert "no answer within 0.2 s" in reason(Examination(Machine()).read("program.ollama.version"))


def test_nothing_of_another_root_is_run(spark: Root) -> None:
    where = "/usr/local/bin/ollama, /usr/bin/ollama"
    assert examine(spark).read("program.ollama.version") == absent(where)
    spark.write("/usr/local/bin/ollama", "#!/bin/sh\ntouch /tmp/ran\n", 0o755)
    assert "isn't run" in reason(examine(spark).read("program.ollama.version"))


def test_a_checkout_of_comfyui_in_the_home(spark: Root) -> None:
    spark.write("/home/ann/ComfyUI/comfyui_version.py", '# written by the release\n__version__ = "0.3.68"\n')
    exam = stated(spark, {"HOME": "/home/ann"})
    assert exam.read("program.comfyui.version") == measured("0.3.68", "/home/ann/ComfyUI/comfyui_version.py")


def test_the_folder_we_stand_in_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, version in (("here", "0.4.0"), ("home/ComfyUI", "0.3.0")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "comfyui_version.py").write_text(f"__version__ = '{version}'\n")
    monkeypatch.chdir(tmp_path / "here")
    exam = Examination(Machine(environ={"HOME": str(tmp_path / "home")}))
    assert exam.read("program.comfyui.version").value == "0.4.0"


def test_a_program_that_nobody_knows_is_unknown(spark: Root) -> None:
    assert "can state it" in reason(examine(spark).read("program.something_else.version"))
