"""Files made by NVIDIA's compiler in the test, held against NVIDIA's own reader."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.binaries.read import contents
from sparkdoctor.binaries.source import Buffer

if TYPE_CHECKING:
    from pathlib import Path

    from sparkdoctor.binaries.contents import Code, Contents
    from tests.binaries.toolchain import Toolchain

TARGETS = ("80", "90a", "100a", "100f", "110", "120", "120a", "120f", "121", "121a", "121f")
PLAIN = ("80", "90a", "100a", "110", "120", "120a", "121", "121a")
FAMILIES = ("100f", "120f", "121f")
"""nvcc makes code for a GPU and for its family in separate files alone."""
MODES = ("none", "speed", "balance", "size", "default")
KERNEL = """
__global__ void add(float *x) { x[threadIdx.x] += 1.0f; }
__global__ void scale(float *x, float by) { for (int i = 0; i < 9; ++i) x[i + threadIdx.x] *= by; }
void run(float *x) { add<<<1, 32>>>(x); scale<<<1, 32>>>(x, 2.0f); }
"""
DEVICE = """
extern __device__ float other(float);
__global__ void call(float *x) { x[threadIdx.x] = other(x[threadIdx.x]); }
void run(float *x) { call<<<1, 32>>>(x); }
"""
OTHER = "__device__ float other(float x) { return x * 3.0f; }\n"


@pytest.fixture(scope="module")
def built(cuda: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of sources, with a cubin and a PTX file for each target."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "kernel.cu").write_text(KERNEL)
    (folder / "device.cu").write_text(DEVICE)
    (folder / "other.cu").write_text(OTHER)
    for target in TARGETS:
        cuda.run("nvcc", "-ptx", f"-arch=compute_{target}", "-o", f"{target}.ptx", "kernel.cu", cwd=folder)
        cuda.run("ptxas", f"-arch=sm_{target}", "-o", f"{target}.cubin", f"{target}.ptx", cwd=folder)
    return folder


def read(path: Path) -> Contents:
    found = contents(Buffer(path.read_bytes()))
    assert found.error is None
    return found


def images(*codes: Code) -> Counter[str]:
    """All images as cuobjdump counts them, without the f of machine code."""
    counts: Counter[str] = Counter()
    for code in codes:
        for name, count in code.cubins.items():
            counts[name.removesuffix("f")] += count
        for name, ptx in code.ptx.items():
            counts[name] += ptx["count"]
    return counts


def generate(*targets: str, ptx: tuple[str, ...] = ()) -> list[str]:
    """nvcc's options for machine code and PTX."""
    codes = [f"arch=compute_{target},code=sm_{target}" for target in targets]
    return [
        f"-gencode={code}" for code in (*codes, *(f"arch=compute_{target},code=compute_{target}" for target in ptx))
    ]


@pytest.mark.parametrize("every", [False, True], ids=["ptx compressed", "all compressed"])
@pytest.mark.parametrize(
    ("mode", "together"), [*((mode, False) for mode in MODES), *((mode, True) for mode in MODES if mode != "none")]
)
def test_a_fat_binary_of_every_target(cuda: Toolchain, built: Path, mode: str, together: bool, every: bool) -> None:
    path = built / f"{mode}-{every}-{together}.fatbin"
    options = [*["--compress-all"] * every, *["--concat"] * together]
    files = [f"--image3=kind=elf,sm={target},file={target}.cubin" for target in TARGETS]
    files += [f"--image3=kind=ptx,sm={target},file={target}.ptx" for target in TARGETS]
    cuda.run("fatbinary", "-64", f"--create={path}", f"--compress-mode={mode}", *options, *files, cwd=built)
    found = read(path)
    assert found.format == "fatbin"
    assert found.code.cubins == {f"sm_{target}": 1 for target in TARGETS}
    assert found.code.ptx == {f"compute_{target}": {"count": 1, "isa": ["9.5"]} for target in TARGETS}
    assert len(found.code.containers) == 1
    assert images(found.code) == cuda.listed(path)


@pytest.mark.parametrize("target", TARGETS)
def test_a_cubin_of_each_target(cuda: Toolchain, built: Path, target: str) -> None:
    found = read(built / f"{target}.cubin")
    # A bare cubin doesn't tell that it was made for a family.
    assert found.code.cubins == {f"sm_{target.removesuffix('f')}": 1}
    assert found.format == "cubin"


@pytest.mark.parametrize(
    ("name", "options", "targets", "ptx"),
    [
        ("plain", [], PLAIN, ("121",)),
        ("families", [], FAMILIES, ("120f", "90")),
        ("raw", ["--compress-mode=none"], ("121a",), ("121",)),
        ("lz4", ["--compress-mode=speed", "-Xfatbin=-compress-all"], ("121a",), ("121",)),
        ("zstd", ["--compress-mode=size"], ("90a",), ("90",)),
        ("concatenated", ["--concat", "--compress-mode=size"], ("80", "120", "121a"), ("121",)),
        ("debug", ["-G", "-lineinfo"], ("121a",), ("121",)),
    ],
)
def test_a_shared_library(
    cuda: Toolchain, built: Path, name: str, options: list[str], targets: tuple[str, ...], ptx: tuple[str, ...]
) -> None:
    path = built / f"lib{name}.so"
    cuda.nvcc("-shared", *options, *generate(*targets, ptx=ptx), "-o", path, "kernel.cu", cwd=built)
    found = read(path)
    unit = (*(f"sm_{target}" for target in targets), *sorted((f"compute_{one}/9.5" for one in ptx), key=_number))
    assert (found.format, found.machine, found.sections) == ("elf", "x86_64", (".nv_fatbin",))
    # The linker's own container, which has no kernel, isn't one that lacks PTX.
    assert found.code.containers == {unit: 1}
    assert images(found.code) == cuda.listed(path)
    assert cuda.isa_versions(path) == {version for one in found.code.ptx.values() for version in one["isa"]}


def _number(target: str) -> int:
    return int("".join(filter(str.isdigit, target.partition("/")[0])))


def test_relocatable_code_in_a_shared_library_an_object_and_an_archive(cuda: Toolchain, built: Path) -> None:
    options = generate("80", "121a", ptx=("121",))
    cuda.nvcc("-dc", *options, "device.cu", "other.cu", cwd=built)
    cuda.nvcc("-lib", "-o", "libdevice.a", "device.o", "other.o", cwd=built)
    cuda.nvcc("-shared", *options, "-o", "librdc.so", "device.o", "other.o", cwd=built)
    unit = ("sm_80", "sm_121a", "compute_121/9.5")
    for name, format, units in (("device.o", "elf", 1), ("libdevice.a", "archive", 2), ("librdc.so", "elf", 2)):
        found = read(built / name)
        assert (found.format, found.relocatable.containers) == (format, {unit: units}), name
        assert images(found.code, found.relocatable) == cuda.listed(built / name), name
        assert found.code.cubins == ({"sm_80": 1, "sm_121a": 1} if name == "librdc.so" else {}), name
        assert not found.code.ptx


def test_what_nvcc_embeds_by_default(cuda: Toolchain, built: Path) -> None:
    path = built / "libdefault.so"
    cuda.nvcc("-shared", "-arch=sm_121a", "-o", path, "kernel.cu", cwd=built)
    found = read(path)
    assert set(found.code.cubins) == {"sm_121a"}
    assert set(found.code.ptx) == {"compute_121", "compute_121a"}
    assert images(found.code) == cuda.listed(path)


def test_code_as_plain_data_is_found_by_searching(cuda: Toolchain, built: Path) -> None:
    container = built / "data.fatbin"
    files = [f"--image3=kind=elf,sm=120f,file={'120f'}.cubin", "--image3=kind=ptx,sm=80,file=80.ptx"]
    cuda.run("fatbinary", "-64", f"--create={container}", *files, cwd=built)
    inside = b"host" * 99 + container.read_bytes() + b"data" * 77 + (built / "121a.cubin").read_bytes() + b"x" * 50
    path = built / "carrier.bin"
    path.write_bytes(inside)
    found = contents(Buffer(inside), search=True)
    assert found.outside_sections.cubins == {"sm_120f": 1, "sm_121a": 1}
    assert found.outside_sections.ptx == {"compute_80": {"count": 1, "isa": ["9.5"]}}


def test_the_archives_of_the_toolkit_itself(cuda: Toolchain) -> None:
    for path in sorted((cuda.path / "lib").glob("*.a")):
        found = read(path)
        assert images(found.code, found.relocatable) == cuda.listed(path), path.name
