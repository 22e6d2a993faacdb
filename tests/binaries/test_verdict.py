"""Whether a whole library runs, and what is said of it."""

from __future__ import annotations

import pytest

from sparkdoctor.binaries import jit
from sparkdoctor.binaries.compatibility import reason
from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.source import Buffer
from sparkdoctor.binaries.verdict import Driver, Verdict, judge
from tests.standin.fatbin import container, entry
from tests.standin.library import OBJECT, cubin, library

TORCH_2_11 = [("sm_80", "sm_90", "sm_100", "sm_120")] * 443 + [("sm_80", "sm_120a", "sm_121a")]
VLLM_0_33 = (
    [("sm_80", "sm_90", "sm_120")] * 50
    + [("sm_100f", "sm_120f")] * 35
    + [("sm_75", "compute_80/9.0")] * 6
    + [("sm_90a",)] * 20
)
XFORMERS = [("sm_75", "sm_80", "sm_90a", "compute_80/8.7")] * 12


def library_of(*loaded: tuple[str, ...], relocatable: tuple[tuple[str, ...], ...] = (), data: bytes = b"") -> bytes:
    return library(
        *[container(*[entry(one, 3000) for one in targets]) for targets in loaded],
        relocatable=tuple(container(*targets) for targets in relocatable),
        data=data,
    )


def verdict(content: bytes, capability: str = "12.1", driver: Driver | None = None) -> Verdict:
    return judge(contents(Buffer(content)), capability, driver)


@pytest.mark.parametrize(
    ("loaded", "capability", "runs", "words"),
    [
        (
            TORCH_2_11,
            "12.1",
            "compatible",
            "sm_120 code serves 12.1 (same major, higher minor); of 444 translation units, 1 has this GPU's own code",
        ),
        (
            VLLM_0_33,
            "12.1",
            "compatible",
            "of 111 translation units, 6 have PTX alone, 20 have no code for it",
        ),
        (XFORMERS, "12.1", "ptx", "the driver compiles compute_80 for 12.1 when it is first used (PTX ISA 8.7"),
        ([("sm_80", "sm_121a", "compute_121/9.5")], "12.1", "native", "sm_121a is 12.1's own code"),
        ([("sm_80", "sm_120f")], "12.1", "compatible", "sm_120f code serves 12.1 (same family)"),
        ([("sm_80", "sm_90a")] * 96, "12.1", "none", "nothing of sm_80, sm_90a runs on 12.1"),
        ([("sm_80", "sm_120a")] * 4, "12.1", "none", "sm_120a serves 12.0 alone"),
        ([("sm_90a", "sm_100f")] * 4, "12.1", "none", "sm_100f serves its family alone (10.0, 10.3, 10.7)"),
        ([("sm_90a",)] * 400 + [("sm_121a",)], "12.1", "none", "only 1 of 401 translation units has code for 12.1"),
        ([("sm_90a",)] * 634 + [("sm_120",)] * 126 + [("sm_121",)] * 20, "12.1", "compatible", "634 have no code"),
        (TORCH_2_11, "12.0", "native", "sm_120 is 12.0's own code"),
        (TORCH_2_11, "8.7", "compatible", "though NVIDIA promises nothing across minors on Tegra"),
        (TORCH_2_11, "7.5", "none", "nothing of"),
        ([("sm_101a",)] * 3, "11.0", "unknown", "whether a driver loads it isn't known"),
        ([("sm_121",)], "twelve", "unknown", "'twelve'"),
        ([("lto_90", "tile_80")], "12.1", "none-found", "it holds lto_90, tile, which no GPU loads by itself"),
        ([], "12.1", "none-found", "no GPU code was found, neither in sections nor by searching the rest"),
    ],
)
def test_a_library_is_judged_by_its_translation_units(
    loaded: list[tuple[str, ...]], capability: str, runs: str, words: str
) -> None:
    judged = verdict(library_of(*loaded), capability)
    assert judged.runs == runs
    assert words in judged.reason
    assert judged.source.startswith("https://docs.nvidia.com/")


def test_how_many_translation_units_have_what() -> None:
    assert verdict(library_of(*VLLM_0_33)).containers == {"compatible": 85, "ptx": 6, "none": 20}


@pytest.mark.parametrize(
    ("cuda", "compiles", "runs", "words"),
    [
        (None, True, "ptx", "PTX ISA 9.4: a driver of CUDA 13.4 or later"),
        ("13.4", True, "ptx", "PTX ISA 9.4"),
        ("13.5", True, "ptx", "PTX ISA 9.4"),
        ("13.0", True, "none", "compute_120 is of PTX ISA 9.4, which needs a driver of CUDA 13.4; this one's is 13.0"),
        ("13.4", False, "none", "CUDA_DISABLE_PTX_JIT"),
    ],
)
def test_ptx_needs_a_driver_that_compiles_it(cuda: str | None, compiles: bool, runs: str, words: str) -> None:
    content = library_of(("sm_80", "sm_90", "compute_120/9.4"))
    judged = verdict(content, driver=Driver(cuda, compiles))
    assert (judged.runs, words in judged.reason) == (runs, True), judged.reason


def test_machine_code_needs_no_compiler() -> None:
    content = library_of(("sm_120", "compute_120/9.5"))
    assert verdict(content, driver=Driver("12.9", False)).runs == "compatible"


@pytest.mark.parametrize(
    ("content", "runs", "words"),
    [
        (library_of(("sm_90",), relocatable=(("sm_120", "compute_120/8.8"),)), "ptx", "linked when the program runs"),
        (library_of(("sm_90",), relocatable=(("sm_120",),)), "none", "nothing of sm_90 runs"),
        (library_of(data=container("sm_120")), "compatible", "kept as plain data that the library loads itself"),
        (library(relocatable=(container("sm_121"),), type=OBJECT), "native", "once it is linked"),
        (cubin(121, "compat"), "native", "sm_121a is 12.1's own code"),
        (cubin(120, "compat"), "none", "sm_120a serves 12.0 alone"),
        (container("compute_121/9.0"), "ptx", "the driver compiles compute_121"),
    ],
)
def test_where_the_code_lies_matters(content: bytes, runs: str, words: str) -> None:
    judged = verdict(content)
    assert judged.runs == runs
    assert words in judged.reason


@pytest.mark.parametrize(
    ("target", "capability", "runs", "words"),
    [
        ("sm_89", "8.6", "none", "sm_89 serves 8.x from 8.9 on"),
        ("compute_121", "12.0", "none", "compute_121 serves 12.1 and later GPUs"),
        ("compute_120a", "12.1", "none", "compute_120a serves 12.0 alone"),
        ("compute_101f", "11.0", "ptx", "the driver compiles compute_101f for 11.0"),
        ("sm_120f", "12.1", "compatible", "same family"),
        ("sm_90f", "9.0", "none", "sm_90f has no family"),
        ("sm_70", "7.5", "compatible", "same major"),
        ("lto_90", "12.1", "none-found", "nothing that a GPU loads by itself"),
    ],
)
def test_the_reason_of_one_target(target: str, capability: str, runs: str, words: str) -> None:
    why = reason(target, capability)
    assert (why.runs, words in why.text) == (runs, True), why.text


@pytest.mark.parametrize(
    ("isa", "driver", "compiles"),
    [
        ("6.3", "11.0", True),
        ("7.8", "11.8", True),
        ("7.8", "11.7", False),
        ("8.5", "12.6", True),
        ("8.6", "12.6", False),
        ("8.6", "12.7", True),
        ("8.8", "12.9", True),
        ("9.0", "12.9", False),
        ("9.0", "13.0", True),
        ("9.5", "13.5", True),
        ("9.6", "13.5", False),
        ("9.6", "13.6", None),
        ("9.6", None, None),
        ("8.8", "13.0.2", True),
        ("", "13.0", None),
    ],
)
def test_which_ptx_a_driver_compiles(isa: str, driver: str | None, compiles: bool | None) -> None:
    assert jit.compiles(isa, driver) is compiles


def test_the_cuda_of_a_version_of_the_ptx_isa() -> None:
    assert (jit.cuda_of("8.7"), jit.cuda_of("9.5"), jit.cuda_of("9.9")) == ("12.8", "13.5", None)
