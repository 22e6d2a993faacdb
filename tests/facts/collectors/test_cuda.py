from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.schema import FACTS
from sparkdoctor.facts.values import ABSENT, ASSUMED, CERTAIN, measured
from tests import standin
from tests.facts.collectors.examined import reason
from tests.facts.collectors.stated import stated
from tests.standin.cuda import TARGETS_12_8, TARGETS_13_0

if TYPE_CHECKING:
    from pathlib import Path

CUDA_BIN = {"PATH": "/usr/local/cuda/bin:/usr/bin"}


@pytest.fixture
def root(tmp_path: Path) -> standin.Root:
    """A machine with CUDA 12.8 and 13.0, the second being /usr/local/cuda."""
    root = standin.Root(tmp_path / "root")
    standin.toolkit(root, "12.8.1", "12.8.93", TARGETS_12_8, default=False)
    standin.toolkit(root)
    return root


def test_a_toolkit_that_nothing_points_to_is_the_usual_one(root: standin.Root) -> None:
    exam = stated(root, {})
    assert exam.read("cuda.toolkit_path") == measured("/usr/local/cuda", "/usr/local/cuda")
    assert exam.read("cuda.toolkit_version") == measured("13.0.2", "/usr/local/cuda/version.json")
    assert exam.read("cuda.toolkit_targets") == measured(tuple(TARGETS_13_0), "/usr/local/cuda/bin/ptxas")
    assert exam.read("cuda.nvcc_version") == measured("13.0.88", "/usr/local/cuda/bin/nvcc")


@pytest.mark.parametrize(
    ("variables", "path", "where"),
    [
        ({"CUDA_HOME": "/usr/local/cuda-12.8", **CUDA_BIN}, "/usr/local/cuda-12.8", "CUDA_HOME"),
        ({"CUDA_HOME": "/usr/local/cuda-12.8/"}, "/usr/local/cuda-12.8", "CUDA_HOME"),
        ({"CUDA_PATH": "/usr/local/cuda-12.8"}, "/usr/local/cuda-12.8", "CUDA_PATH"),
        ({"CUDA_HOME": "", "CUDA_PATH": "/usr/local/cuda-12.8"}, "/usr/local/cuda-12.8", "CUDA_PATH"),
        ({"PATH": "/usr/bin:/usr/local/cuda-12.8/bin"}, "/usr/local/cuda-12.8", "/usr/local/cuda-12.8/bin/nvcc"),
        (CUDA_BIN, "/usr/local/cuda", "/usr/local/cuda/bin/nvcc"),
        ({"PATH": "bin:.::/nowhere"}, "/usr/local/cuda", "/usr/local/cuda"),
    ],
)
def test_which_toolkit_a_build_would_use(root: standin.Root, variables: dict[str, str], path: str, where: str) -> None:
    assert stated(root, variables).read("cuda.toolkit_path") == measured(path, where)


@pytest.mark.parametrize(
    ("home", "where"),
    [("/usr/local/cuda-11.4", "CUDA_HOME leads to no folder"), ("cuda", "CUDA_HOME is a relative path")],
)
def test_a_variable_that_leads_nowhere_leaves_a_build_without_a_toolkit(
    root: standin.Root, home: str, where: str
) -> None:
    exam = stated(root, {"CUDA_HOME": home, **CUDA_BIN})
    for fact in ("cuda.toolkit_path", "cuda.toolkit_version", "cuda.toolkit_targets"):
        assert exam.read(fact) == measured(ABSENT, where)
    assert exam.read("cuda.nvcc_version").value == "13.0.88"


def test_variables_that_are_taken_for_unset_weaken_the_answer(root: standin.Root) -> None:
    reading = stated(root, None).read("cuda.toolkit_version")
    assert (reading.value, reading.strength) == ("13.0.2", ASSUMED)
    assert stated(root, {}).read("cuda.toolkit_version").strength == CERTAIN


def test_a_machine_without_cuda(tmp_path: Path) -> None:
    exam = stated(standin.Root(tmp_path / "bare"), {"PATH": "/usr/bin"})
    facts = [name for name in FACTS if name.startswith("cuda.")]
    assert {exam.read(fact).value for fact in facts} == {ABSENT}


def test_every_toolkit_is_listed_once(root: standin.Root) -> None:
    exam = stated(root, CUDA_BIN)
    assert exam.read("cuda.toolkits").value == (
        {"path": "/usr/local/cuda", "version": "13.0.2"},
        {"path": "/usr/local/cuda-12.8", "version": "12.8.1"},
    )


def test_condas_toolkit_is_one_too(root: standin.Root) -> None:
    root.folder("/opt/conda/conda-meta")
    root.folder("/opt/conda/lib/python3.12/site-packages")
    root.write("/opt/conda/bin/python3.12", standin.elf("aarch64"), 0o755)
    root.write("/opt/conda/bin/ptxas", standin.assembler("13.4.59"), 0o755)
    expected = {"path": "/opt/conda", "version": "13.4"}
    toolkits = stated(root, {"CONDA_PREFIX": "/opt/conda"}).read("cuda.toolkits").value
    assert isinstance(toolkits, tuple)
    assert expected in toolkits
    assert stated(root, {}, "/opt/conda").read("cuda.ptxas_path").value == "/opt/conda/bin/ptxas"


@pytest.mark.parametrize(
    ("files", "version", "where"),
    [
        ({"version.json": '{"cuda": {"name": "CUDA SDK", "version": "13.0.3"}}'}, "13.0.3", "version.json"),
        ({"version.txt": "CUDA Version 10.2.89\n"}, "10.2.89", "version.txt"),
        ({"include/cuda.h": "/* */\n#define CUDA_VERSION 12090\n"}, "12.9", "include/cuda.h"),
        (
            {"targets/sbsa-linux/include/cuda.h": "#define CUDA_VERSION 13010"},
            "13.1",
            "targets/sbsa-linux/include/cuda.h",
        ),
        ({"version.json": "{"}, "13.0", "bin/nvcc"),
        ({"version.json": '{"cuda": {"version": "newest"}}'}, "13.0", "bin/nvcc"),
        ({"version.json": "[]"}, "13.0", "bin/nvcc"),
    ],
)
def test_where_a_toolkit_states_its_version(
    root: standin.Root, files: dict[str, str], version: str, where: str
) -> None:
    root.at("/usr/local/cuda-13.0/version.json").unlink()
    for name, content in files.items():
        root.write(f"/usr/local/cuda-13.0/{name}", content)
    assert stated(root, {}).read("cuda.toolkit_version") == measured(version, f"/usr/local/cuda/{where}")


def test_a_folder_that_only_claims_to_be_a_toolkit(root: standin.Root) -> None:
    root.folder("/opt/empty")
    exam = stated(root, {"CUDA_HOME": "/opt/empty"})
    assert exam.read("cuda.toolkit_path").value == "/opt/empty"
    assert reason(exam.read("cuda.toolkit_version")) == "nothing in /opt/empty states a version"
    assert exam.read("cuda.toolkit_targets") == measured(ABSENT, "/opt/empty/bin/ptxas")


def test_a_distributions_wrapper_script_is_followed(tmp_path: Path) -> None:
    root = standin.Root(tmp_path / "debian")
    folder = "/usr/lib/nvidia-cuda-toolkit"
    root.write("/usr/bin/nvcc", f'#!/bin/sh\n\nexec {folder}/bin/nvcc "$@"\n', 0o755)
    root.write(f"{folder}/bin/nvcc", b"\0Cuda compilation tools, release 12.4, V12.4.131\0", 0o755)
    root.write("/usr/bin/ptxas", standin.assembler("12.4.131", TARGETS_12_8[:15]), 0o755)
    exam = stated(root, {"PATH": "/usr/bin"})
    assert exam.read("cuda.toolkit_path").value == folder
    assert exam.read("cuda.nvcc_version").value == "12.4.131"
    assert exam.read("cuda.ptxas_path").value == "/usr/bin/ptxas"


def test_a_compiler_cache_is_no_compiler(root: standin.Root) -> None:
    root.write("/usr/bin/ccache", b"\x7fELF", 0o755)
    root.link("/usr/lib/ccache/nvcc", "../../bin/ccache")
    exam = stated(root, {"PATH": "/usr/lib/ccache:/usr/local/cuda-12.8/bin"})
    assert exam.read("cuda.toolkit_path").value == "/usr/local/cuda-12.8"


def test_a_link_to_the_compiler_is_followed(root: standin.Root) -> None:
    root.link("/etc/alternatives/nvcc", "/usr/local/cuda-12.8/bin/nvcc")
    root.link("/usr/bin/nvcc", "/etc/alternatives/nvcc")
    assert stated(root, {"PATH": "/usr/bin"}).read("cuda.toolkit_path").value == "/usr/local/cuda-12.8"


def test_the_newest_assembler_is_told_whichever_a_build_would_use(root: standin.Root) -> None:
    exam = stated(root, {"CUDA_HOME": "/usr/local/cuda-12.8"})
    assert exam.read("cuda.toolkit_targets").value == tuple(TARGETS_12_8)
    assert exam.read("cuda.ptxas_path").value == "/usr/local/cuda/bin/ptxas"
    assert exam.read("cuda.ptxas_version").value == "13.0.88"
    assert exam.read("cuda.ptxas_targets").value == tuple(TARGETS_13_0)


def test_an_assembler_of_two_digits_is_newer_than_one_of_one(root: standin.Root) -> None:
    standin.toolkit(root, "13.10.0", "13.10.5", default=False)
    assert stated(root, {}).read("cuda.ptxas_version").value == "13.10.5"


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\nexec qemu ptxas\n", b"\x7fELF" + bytes(4096)])
def test_an_assembler_that_tells_nothing_is_unknown(tmp_path: Path, content: bytes) -> None:
    root = standin.Root(tmp_path / "root")
    root.write("/usr/local/cuda/bin/ptxas", content, 0o755)
    exam = stated(root, {})
    assert reason(exam.read("cuda.toolkit_targets")) == "/usr/local/cuda/bin/ptxas doesn't state its targets"
    assert reason(exam.read("cuda.ptxas_version")) == "/usr/local/cuda/bin/ptxas: states no version"


HEADER = "extern __DEVICE_FUNCTIONS_DECL__ __device_builtin__ double                 {name}(double x){end};\n"
SAYS_SO = " __NV_IEC_60559_FUNCS_EXCEPTION_SPECIFIER"


@pytest.mark.parametrize(
    ("sinpi", "rsqrt", "expected"),
    [("", "", "2.40"), (SAYS_SO, "", "2.41"), (SAYS_SO, " _NV_RSQRT_SPECIFIER", ABSENT)],
    ids=["12.9", "13.0", "newer"],
)
@pytest.mark.parametrize("folder", ["include", "targets/sbsa-linux/include"])
def test_the_c_library_that_the_headers_know(
    root: standin.Root, folder: str, sinpi: str, rsqrt: str, expected: object
) -> None:
    text = HEADER.format(name="rsqrt", end=rsqrt) + HEADER.format(name="sinpi", end=sinpi)
    root.write(f"/usr/local/cuda-13.0/{folder}/crt/math_functions.h", text)
    reading = stated(root, {}).read("cuda.headers_glibc")
    assert (reading.value, reading.where) == (expected, f"/usr/local/cuda/{folder}/crt/math_functions.h")


def test_no_toolkit_has_no_headers(tmp_path: Path) -> None:
    assert stated(standin.Root(tmp_path / "root"), {}).read("cuda.headers_glibc").value is ABSENT
