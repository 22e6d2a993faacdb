"""What a package's code is for: no strays, no machine code that is still to be linked, the flavour in use."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.binaries import known
from sparkdoctor.binaries.compatibility import runs
from sparkdoctor.binaries.judged import judged
from sparkdoctor.binaries.package_code import deciding, package_code
from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.source import Buffer
from sparkdoctor.binaries.stored import from_json, to_json
from tests.standin.fatbin import container
from tests.standin.library import library

if TYPE_CHECKING:
    from sparkdoctor.binaries.contents import Contents

TABLE = Path(__file__).parents[2] / "rules" / known.PATH


def held(*loaded: bytes, relocatable: tuple[bytes, ...] = ()) -> Contents:
    return contents(Buffer(library(*loaded, relocatable=relocatable)), False)


PLAIN = [container("sm_80", "sm_120")] * 60


def test_a_stray_is_no_code_of_the_package() -> None:
    found = package_code("x", {"/x.so": held(*PLAIN, container("sm_120", "sm_121a"))}, None)
    assert found.targets == ("sm_80", "sm_120")
    assert runs(found.targets, "12.1") == "compatible"


def test_what_a_package_can_do_without_doesnt_count() -> None:
    libraries = {
        "/site/torch/lib/libtorch_cuda.so": held(*[container("sm_80", "sm_90")] * 60),
        "/site/torch/lib/libtorch_nvshmem.so": held(*[container("sm_90", "compute_90/8.0")] * 60),
    }
    found = package_code("torch", libraries, None)
    assert found.targets == ("sm_80", "sm_90")
    assert found.libraries == ("/site/torch/lib/libtorch_cuda.so",)
    assert runs(package_code("other", libraries, None).targets, "12.1") == "ptx"


def test_relocatable_machine_code_isnt_loaded_and_its_ptx_is_linked() -> None:
    one = held(container("sm_90"), relocatable=(container("sm_90", "sm_120", "compute_90/8.5"),) * 40)
    found = package_code("x", {"/x.so": one}, None)
    assert (found.targets, found.isa) == (("sm_90", "compute_90"), "8.5")


def test_the_flavour_for_the_cuda_in_use_decides() -> None:
    libraries = {
        f"/s/bitsandbytes/libbitsandbytes_cuda{digits}.so": held(container(*targets))
        for digits, targets in {"118": ["sm_80"], "126": ["sm_90"], "130": ["sm_90", "sm_121"]}.items()
    }
    assert package_code("bitsandbytes", libraries, "13.0").targets == ("sm_90", "sm_121")
    assert package_code("bitsandbytes", libraries, "12.6").targets == ("sm_90",)
    assert package_code("bitsandbytes", libraries, "12.9").targets == ("sm_80", "sm_90", "sm_121")
    assert package_code("bitsandbytes", libraries, None).targets == ("sm_80", "sm_90", "sm_121")


def test_the_ptx_of_most_images_says_which_driver_it_needs() -> None:
    many = [container("sm_80", "compute_80/9.2")] * 30
    one = held(*many, container("sm_80", "compute_80/8.0"))
    assert package_code("x", {"/x.so": one}, None).isa == "9.2"


def test_static_archives_decide_nothing() -> None:
    assert deciding("x", ["/a/libx.a", "/a/x.so", "/a/x.lib"], None) == ["/a/x.so"]


def test_no_code_at_all_is_an_empty_list() -> None:
    found = package_code("x", {"/x.so": held(), "/y.so": held()}, None)
    assert (found.targets, found.isa, found.libraries) == ((), None, ("/x.so", "/y.so"))
    assert runs(found.targets, "12.1") == "none-found"


@pytest.mark.parametrize(
    ("path", "decides"),
    [
        ("/s/vllm/_C.abi3.so", True),
        ("/s/vllm/_C_stable_libtorch.abi3.so", True),
        ("/s/vllm/_moe_C_stable_libtorch.abi3.so", True),
        ("/s/vllm/vllm_flash_attn/_vllm_fa3_C.abi3.so", False),
        ("/s/vllm/_flashmla_C.abi3.so", False),
        ("/s/vllm/_qutlass_C.abi3.so", False),
    ],
)
def test_vllm_s_main_libraries(path: str, decides: bool) -> None:
    others = ["/s/vllm/_C.abi3.so", "/s/vllm/_flashmla_C.abi3.so"]
    assert (path in deciding("vllm", [path, *others], None)) is decides


def test_the_table_of_known_libraries_is_well_formed() -> None:
    stated = json.loads(TABLE.read_text())
    assert stated["form"] == known.FORM
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", stated["measured"])
    assert len(stated["files"]) > 400
    target = re.compile(r"(sm|compute|lto)_\d{2,3}[af]?")
    for digest, (size, entry) in stated["files"].items():
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", digest)
        assert size > 1000
        found = from_json(entry)
        assert to_json(found) == entry
        assert found
        for code in (found.code, found.relocatable, found.outside_sections):
            assert all(target.fullmatch(name) for name in [*code.targets, *code.counted])
            assert all(re.fullmatch(r"\d+\.\d+", version) for ptx in code.ptx.values() for version in ptx["isa"])


def test_a_known_library_is_known_by_hash_and_size() -> None:
    digest, (size, entry) = next(iter(json.loads(TABLE.read_text())["files"].items()))
    assert known.known(digest, size) == from_json(entry)
    assert known.known(digest, size + 1) is None
    assert known.known("A" * 43, size) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"form": 9, "files": {}}', '{"form": 1, "files": 3}'])
def test_a_table_that_is_missing_or_damaged_knows_nothing(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tables").mkdir()
    if content:
        (tmp_path / known.PATH).write_text(content)
    monkeypatch.setattr(known, "rulebook_folder", lambda: str(tmp_path))
    known._table.cache_clear()
    try:
        assert known.known("A" * 43, 1) is None
    finally:
        known._table.cache_clear()


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ({"cubins": {"sm_80": 476, "sm_120": 476, "sm_121a": 1}}, "compatible"),
        ({"cubins": {"sm_80": 476, "sm_120a": 476}}, "none"),
        ({"cubins": {"sm_80": 18, "sm_90a": 18}, "ptx": {"compute_80": [18, "8.7"]}}, "ptx"),
        ({"cubins": {"sm_90a": 600, "sm_121a": 317}}, "native"),
        ({"cubins": {"sm_80": 357, "sm_120": 421}, "ptx": {"compute_75": [7191, "7.0"]}}, "ptx"),
        ({"cubins": {"sm_80": 400}, "ptx": {"compute_52": [1, "8.8"]}}, "none"),
    ],
)
def test_a_library_known_by_its_counts_is_judged_by_what_isnt_rare(code: dict[str, object], verdict: str) -> None:
    found = from_json({"format": "elf", "code": code})
    said = judged(found, "12.1")
    assert (said.runs, said.containers) == (verdict, {})
    assert "translation units" not in said.reason


def test_a_library_that_was_read_is_judged_by_its_containers() -> None:
    found = held(*[container("sm_80")] * 9, container("sm_121"))
    assert judged(found, "12.1").containers == {"native": 1, "none": 9}
