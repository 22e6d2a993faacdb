"""What the libraries of installed distributions hold, by whichever list of files a distribution has."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.values import ABSENT, Reading
from tests import standin
from tests.facts.collectors.examined import reason
from tests.facts.collectors.stated import stated
from tests.standin.fatbin import container
from tests.standin.library import library

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TAGS = ("cp312-cp312-manylinux_2_28_aarch64",)
CODE = library(*[container("sm_80", "sm_120", "compute_120/9.0")] * 4, arch="aarch64")
HOST_ONLY = library(arch="aarch64")
VENV = "/opt/venv"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "sparkdoctor" / "libraries"


@pytest.fixture
def root(tmp_path: Path) -> standin.Root:
    return standin.Root(tmp_path / "root")


def package(name: str, files: Mapping[str, bytes], tags: tuple[str, ...] = TAGS) -> standin.Package:
    return standin.Package(name, "1.0", tags, files=files)


def asked(root: standin.Root, *packages: standin.Package) -> Callable[[str], Reading]:
    standin.environment(root, packages, VENV)
    return stated(root, python=VENV).read


def test_the_targets_and_the_driver_that_the_ptx_needs(root: standin.Root) -> None:
    ask = asked(root, package("xformers", {"xformers/_C.so": CODE, "xformers/other.so": HOST_ONLY}))
    reading = ask("pkg.xformers.gpu_code")
    assert (reading.value, reading.origin) == (("sm_80", "sm_120", "compute_120"), "measured")
    assert reading.where == f"{VENV}/lib/python3.12/site-packages/xformers/_C.so"
    assert ask("pkg.xformers.ptx_cuda_version").value == "13.0"


def test_without_any_code_the_list_is_empty(root: standin.Root) -> None:
    ask = asked(root, package("torchvision", {"torchvision/_C.so": HOST_ONLY}))
    assert ask("pkg.torchvision.gpu_code").value == ()
    assert ask("pkg.torchvision.ptx_cuda_version").value is ABSENT


def test_python_alone_holds_none(root: standin.Root) -> None:
    assert asked(root, package("torchao", {}, ("py3-none-any",)))("pkg.torchao.gpu_code").value == ()


def test_a_build_that_lists_no_library_says_nothing(root: standin.Root) -> None:
    assert "lists no library" in reason(asked(root, package("torch", {}))("pkg.torch.gpu_code"))


def test_what_isnt_installed_is_absent(root: standin.Root) -> None:
    assert asked(root)("pkg.torch.gpu_code").value is ABSENT


def test_a_broken_library_that_decides_leaves_it_unknown(root: standin.Root) -> None:
    files = {"torch/lib/libtorch_cuda.so": CODE[: len(CODE) // 2], "torch/lib/libtorch_cuda_linalg.so": CODE}
    said = reason(asked(root, package("torch", files))("pkg.torch.gpu_code"))
    assert "libtorch_cuda.so: " in said
    assert "offset" in said


def test_a_broken_library_beside_the_deciding_ones_changes_nothing(root: standin.Root) -> None:
    files = {"torch/lib/libtorch_cuda.so": CODE, "torch/lib/libtorch_nvshmem.so": CODE[:500]}
    assert asked(root, package("torch", files))("pkg.torch.gpu_code").value == ("sm_80", "sm_120", "compute_120")


def test_a_listed_library_that_is_gone_leaves_it_unknown(root: standin.Root) -> None:
    ask = asked(root, package("xformers", {"xformers/_C.so": CODE}))
    root.at(f"{VENV}/lib/python3.12/site-packages/xformers/_C.so").unlink()
    assert reason(ask("pkg.xformers.gpu_code")).endswith("xformers/_C.so: No such file or directory")


def test_the_flavour_for_torch_s_cuda_decides(root: standin.Root) -> None:
    flavours = {"126": library(container("sm_90")), "130": library(container("sm_121"))}
    ask = asked(
        root,
        package("torch", {"torch/version.py": b"cuda: Optional[str] = '13.0'\n"}),
        package(
            "bitsandbytes", {f"bitsandbytes/libbitsandbytes_cuda{cuda}.so": held for cuda, held in flavours.items()}
        ),
    )
    assert ask("pkg.bitsandbytes.gpu_code").value == ("sm_121",)


def test_conda_lists_what_the_record_lacks(root: standin.Root) -> None:
    site = standin.environment(root, [standin.Package("torch", "2.9.0", TAGS)], VENV)
    root.write(f"{VENV}/lib/libtorch_cuda.so", CODE)
    root.write(f"{VENV}/conda-meta/history", "")
    listed = {"name": "libtorch", "files": ["lib/libtorch_cuda.so", "lib/readme", 7]}
    root.write(f"{VENV}/conda-meta/libtorch-2.9.0-cuda130_h123_0.json", json.dumps(listed))
    root.write(f"{VENV}/conda-meta/pytorch-2.9.0-damaged_0.json", "{")
    reading = stated(root, python=VENV).read("pkg.torch.gpu_code")
    assert site.startswith(VENV)
    assert (reading.value, reading.where) == (("sm_80", "sm_120", "compute_120"), f"{VENV}/lib/libtorch_cuda.so")


def test_an_editable_installation_is_read_from_its_project(root: standin.Root) -> None:
    url: dict[str, object] = {"url": "file:///srv/my%20vllm", "dir_info": {"editable": True}}
    standin.environment(root, [standin.Package("vllm", "0.33.0", TAGS, direct_url=url)], VENV)
    root.write("/srv/my vllm/vllm/_C.abi3.so", CODE)
    assert stated(root, python=VENV).read("pkg.vllm.gpu_code").value == ("sm_80", "sm_120", "compute_120")


def test_an_egg_info_s_own_list_and_its_folders(root: standin.Root) -> None:
    site = standin.environment(root, [], VENV)
    root.write(f"{site}/listed-1.0.egg-info/PKG-INFO", "Name: listed\nVersion: 1.0\n")
    root.write(f"{site}/listed-1.0.egg-info/installed-files.txt", "../listed/_C.so\n../listed/x.py\n")
    root.write(f"{site}/listed/_C.so", CODE)
    root.write(f"{site}/foldered-1.0.egg-info/top_level.txt", "foldered\n../evil\n")
    root.write(f"{site}/foldered-1.0.egg-info/PKG-INFO", "Name: foldered\nVersion: 1.0\n")
    root.write(f"{site}/foldered/deep/_C.so", CODE)
    ask = stated(root, python=VENV).read
    for name in ("listed", "foldered"):
        assert ask(f"pkg.{name}.gpu_code").value == ("sm_80", "sm_120", "compute_120")


def test_debian_s_list(root: standin.Root) -> None:
    standin.environment(root, [], VENV)
    site = "/usr/lib/python3/dist-packages"
    root.write("/etc/debian_version", "13")
    root.write(f"{site}/thing-1.0.egg-info/PKG-INFO", "Name: thing\nVersion: 1.0\n")
    root.write(f"{site}/thing/_C.so", CODE)
    root.write("/var/lib/dpkg/info/python3-thing:arm64.list", f"/.\n{site}/thing/_C.so\n")
    root.folder("/usr/lib/python3.12")
    reading = stated(root, python="/usr/bin/python3.12").read("pkg.thing.gpu_code")
    assert reading.value == ("sm_80", "sm_120", "compute_120")


def test_a_record_that_leads_out_of_the_root_doesnt(root: standin.Root, tmp_path: Path) -> None:
    (tmp_path / "outside.so").write_bytes(CODE)
    ask = asked(root, package("x", {"x/a.py": b""}))
    record = root.at(f"{VENV}/lib/python3.12/site-packages/x-1.0.dist-info/RECORD")
    record.write_text("../" * 12 + f"{tmp_path}/outside.so,,\n/outside.so,,\n")
    assert "No such file" in reason(ask("pkg.x.gpu_code"))


def test_it_is_remembered_and_read_anew_when_it_changes(root: standin.Root, cache: Path) -> None:
    ask = asked(root, package("xformers", {"xformers/_C.so": CODE}))
    assert ask("pkg.xformers.gpu_code").value == ("sm_80", "sm_120", "compute_120")
    assert len(list(cache.iterdir())) == 1
    path = root.at(f"{VENV}/lib/python3.12/site-packages/xformers/_C.so")
    status = path.stat()
    path.write_bytes(library(*[container("sm_90", "sm_100", "compute_100/9.0")] * 4, arch="aarch64"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    assert stated(root, python=VENV).read("pkg.xformers.gpu_code").value == ("sm_90", "sm_100", "compute_100")


@pytest.mark.parametrize(
    ("first", "second", "pairs"),
    [
        (("onnxruntime", CODE), ("onnxruntime-gpu", HOST_ONLY), ("onnxruntime + onnxruntime-gpu",)),
        (("opencv-python", CODE), ("opencv-contrib-python-headless", HOST_ONLY),
         ("opencv-contrib-python-headless + opencv-python",)),
        (("nvidia-nccl-cu12", CODE), ("nvidia-nccl-cu13", HOST_ONLY), ("nvidia-nccl-cu12 + nvidia-nccl-cu13",)),
        (("sgl-kernel", CODE), ("sglang-kernel", HOST_ONLY), ("sgl-kernel + sglang-kernel",)),
        (("onnxruntime", CODE), ("onnxruntime-gpu", CODE), ()),
        (("torchaudio", CODE), ("torchvision", HOST_ONLY), ()),
    ],
)  # fmt: skip
def test_packages_that_were_installed_over_each_other(
    root: standin.Root, first: tuple[str, bytes], second: tuple[str, bytes], pairs: tuple[str, ...]
) -> None:
    ask = asked(root, *(package(name, {"shared/lib.so": content}) for name, content in (first, second)))
    assert ask("python.overlaps").value == pairs
