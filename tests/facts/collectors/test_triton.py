from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.values import ABSENT, ASSUMED, measured
from tests import standin
from tests.facts.collectors.examined import reason
from tests.facts.collectors.stated import stated
from tests.standin.cuda import TARGETS_12_8, TARGETS_13_0

if TYPE_CHECKING:
    from pathlib import Path

VENV = "/opt/venv"
BIN = f"{VENV}/lib/python3.12/site-packages/triton/backends/nvidia/bin"
PLAIN, BLACKWELL = "triton.ptxas", "triton.ptxas_blackwell"


@pytest.fixture
def root(tmp_path: Path) -> standin.Root:
    """A machine whose environment has a Triton with the two assemblers of its 3.7."""
    root = standin.Root(tmp_path / "root")
    standin.environment(root, [standin.Package("triton", "3.7.1")], VENV)
    root.write(f"{BIN}/ptxas", standin.assembler("12.8.93", TARGETS_12_8), 0o755)
    root.write(f"{BIN}/ptxas-blackwell", standin.assembler("13.1.80", TARGETS_13_0), 0o755)
    return root


def both(root: standin.Root, prefix: str, python: str = VENV) -> list[object]:
    exam = stated(root, {}, python)
    return [exam.read(f"{prefix}_{part}").value for part in ("version", "targets")]


def test_what_triton_brings(root: standin.Root) -> None:
    exam = stated(root, {}, VENV)
    assert exam.read(f"{PLAIN}_version") == measured("12.8.93", f"{BIN}/ptxas")
    assert exam.read(f"{PLAIN}_targets") == measured(tuple(TARGETS_12_8), f"{BIN}/ptxas")
    assert exam.read(f"{BLACKWELL}_version") == measured("13.1.80", f"{BIN}/ptxas-blackwell")
    assert exam.read(f"{BLACKWELL}_targets").value == tuple(TARGETS_13_0)


def test_a_triton_without_a_second_assembler(root: standin.Root) -> None:
    root.at(f"{BIN}/ptxas-blackwell").unlink()
    assert stated(root, {}, VENV).read(f"{BLACKWELL}_version") == measured(ABSENT, f"{BIN}/ptxas-blackwell")
    assert both(root, PLAIN) == ["12.8.93", tuple(TARGETS_12_8)]


def test_pytorchs_own_build_of_triton_is_triton(root: standin.Root) -> None:
    site = standin.environment(root, [standin.Package("pytorch-triton", "3.5.1")], "/opt/nightly")
    root.write(f"{site}/triton/backends/nvidia/bin/ptxas", standin.assembler("12.8.93", TARGETS_12_8), 0o755)
    assert both(root, PLAIN, "/opt/nightly") == ["12.8.93", tuple(TARGETS_12_8)]


def test_without_triton_there_is_nothing(root: standin.Root) -> None:
    standin.environment(root, [standin.Package("torch", "2.9.1")], "/opt/other")
    assert both(root, PLAIN, "/opt/other") == both(root, BLACKWELL, "/opt/other") == [ABSENT, ABSENT]


def test_a_triton_that_is_only_linked_into_the_environment_is_out_of_sight(root: standin.Root) -> None:
    site = standin.environment(root, [standin.Package("triton", "3.8.0")], "/opt/editable")
    reading = stated(root, {}, "/opt/editable").read(f"{PLAIN}_version")
    assert reason(reading) == f"triton's own folder isn't in {site}"


def test_an_environment_that_cannot_be_found(root: standin.Root) -> None:
    assert "no such file or folder" in reason(stated(root, {}, "/opt/nowhere").read(f"{PLAIN}_targets"))


@pytest.mark.parametrize(
    ("variable", "fact"),
    [
        ("TRITON_PTXAS_PATH", "triton.ptxas_override"),
        ("TRITON_PTXAS_BLACKWELL_PATH", "triton.ptxas_blackwell_override"),
    ],
)
class TestOverride:
    def test_it_is_read_from_the_file_that_the_variable_names(
        self, root: standin.Root, variable: str, fact: str
    ) -> None:
        standin.toolkit(root)
        exam = stated(root, {variable: "/usr/local/cuda/bin/ptxas"})
        assert exam.read(f"{fact}_version") == measured("13.0.88", "/usr/local/cuda/bin/ptxas")
        assert exam.read(f"{fact}_targets").value == tuple(TARGETS_13_0)

    @pytest.mark.parametrize("variables", [{}, {"TRITON_PTXAS_PATH": "", "TRITON_PTXAS_BLACKWELL_PATH": ""}])
    def test_without_the_variable_there_is_none(
        self, root: standin.Root, variables: dict[str, str], variable: str, fact: str
    ) -> None:
        assert stated(root, variables).read(f"{fact}_targets") == measured(ABSENT, f"{variable} isn't set")

    @pytest.mark.parametrize("path", ["/nowhere/ptxas", "/opt", f"{BIN}/ptxas/ptxas"])
    def test_what_is_no_file_is_none_either(self, root: standin.Root, path: str, variable: str, fact: str) -> None:
        reading = stated(root, {variable: path}).read(f"{fact}_version")
        assert reading == measured(ABSENT, f"{variable} names no file: {path}")

    def test_a_relative_path_depends_on_where_a_program_starts(
        self, root: standin.Root, variable: str, fact: str
    ) -> None:
        assert reason(stated(root, {variable: "ptxas"}).read(f"{fact}_version")) == f"{variable} is a relative path"

    def test_a_variable_that_is_taken_for_unset(self, root: standin.Root, variable: str, fact: str) -> None:
        reading = stated(root, None).read(f"{fact}_version")
        assert (reading.value, reading.origin, reading.strength) == (ABSENT, "assumed", ASSUMED)
