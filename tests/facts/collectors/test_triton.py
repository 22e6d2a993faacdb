from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collectors import known_assemblers
from sparkdoctor.facts.values import ABSENT, ASSUMED, measured
from sparkdoctor.shipped import rulebook_folder
from tests import standin
from tests.facts.collectors.examined import reason
from tests.facts.collectors.stated import stated
from tests.standin.cuda import TARGETS_12_8, TARGETS_13_0

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

VENV = "/opt/venv"
SITE = f"{VENV}/lib/python3.12/site-packages"
BIN = f"{SITE}/triton/backends/nvidia/bin"
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


class TestKnownByHash:
    """A file of zeros in the place of a known assembler: what is told of it comes from the table alone."""

    @pytest.fixture
    def table(self) -> dict[str, Any]:
        with open(os.path.join(rulebook_folder(), known_assemblers.PATH), encoding="utf-8") as handle:
            stated: dict[str, Any] = json.load(handle)
        return stated

    @pytest.fixture
    def digest(self, root: standin.Root, table: dict[str, Any]) -> str:
        """That of the assembler which RECORD names and whose size the file has."""
        files: dict[str, tuple[int, str]] = table["files"]
        digest, size = next((digest, size) for digest, (size, version) in files.items() if version == "12.8.93")
        os.truncate(root.write(f"{BIN}/ptxas", b"", 0o755), size)
        record = f"torch/x.py,sha256=abc,3\ntriton/backends/nvidia/bin/ptxas,sha256={digest},{size}\n"
        root.write(f"{SITE}/triton-3.7.1.dist-info/RECORD", record)
        return digest

    def test_it_is_not_searched(self, root: standin.Root, table: dict[str, Any], digest: str) -> None:
        exam = stated(root, {}, VENV)
        assert exam.read(f"{PLAIN}_version") == measured("12.8.93", f"{BIN}/ptxas")
        assert exam.read(f"{PLAIN}_targets").value == tuple(table["targets"]["12.8.93"]) == tuple(TARGETS_12_8)
        assert exam.read(f"{BLACKWELL}_version").value == "13.1.80"

    def test_another_size_is_another_file(self, root: standin.Root, digest: str) -> None:
        os.truncate(root.at(f"{BIN}/ptxas"), 100)
        assert "doesn't state its version" in reason(stated(root, {}, VENV).read(f"{PLAIN}_version"))

    def test_a_file_that_was_changed_since_is_searched(self, root: standin.Root, digest: str) -> None:
        later = root.at(f"{SITE}/triton-3.7.1.dist-info/RECORD").stat().st_mtime_ns + 1
        os.utime(root.at(f"{BIN}/ptxas"), ns=(later, later))
        assert "doesn't state its version" in reason(stated(root, {}, VENV).read(f"{PLAIN}_version"))

    def test_an_assembler_put_in_its_place_is_searched(self, root: standin.Root, digest: str) -> None:
        standin.toolkit(root)
        root.at(f"{BIN}/ptxas").unlink()
        root.at(f"{BIN}/ptxas").symlink_to("/usr/local/cuda/bin/ptxas")
        assert both(root, PLAIN) == ["13.0.88", tuple(TARGETS_13_0)]

    def test_every_file_of_the_table_has_targets(self, table: dict[str, Any]) -> None:
        assert {version for _, version in table["files"].values()} == set(table["targets"])
        assert all(len(digest) == 43 for digest in table["files"])


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
