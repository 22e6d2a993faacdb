"""`scan` as a user runs it: packages, folders, wheels, files; for people, for programs; what is said of bad input."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tests import standin
from tests.cli.running import sparkdoctor
from tests.shipped import PROJECT, program
from tests.standin.fatbin import container
from tests.standin.library import OBJECT, archive, cubin, library, windows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SERVES = library(*[container("sm_80", "sm_120", "compute_120/9.0")] * 4)
SUFFIXED = library(*[container("sm_90a", "sm_120a")] * 4)
PTX = library(*[container("sm_80", "compute_80/9.2")] * 4)
HOST = library()
BROKEN = SERVES[: SERVES.index(b"\x50\xed\x55\xba") + 24] + b"\xff" * 8 + SERVES[-4000:]
TAGS = ("cp312-cp312-manylinux_2_28_x86_64",)
SCHEMA = json.loads((PROJECT / "sparkdoctor" / "reports" / "scan.schema.json").read_text())


@pytest.fixture
def scan(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str | Path, **how: Any) -> subprocess.CompletedProcess[str]:
        how["env"] = {"XDG_CACHE_HOME": str(tmp_path / "xdg"), **how.get("env", {})}
        return sparkdoctor("scan", *arguments, **how)

    return run


@pytest.fixture
def document(scan: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., dict[str, Any]]:
    def run(*arguments: str | Path, **how: Any) -> dict[str, Any]:
        done = scan(*arguments, "--format", "json", **how)
        assert done.returncode in (0, 1), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        Draft202012Validator(SCHEMA).validate(found)
        assert found["summary"]["exit_code"] == done.returncode
        return found

    return run


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    root = standin.Root(tmp_path / "root")
    packages = [
        standin.Package("torch", "2.9.1+cu130", TAGS, files={
            "torch/lib/libtorch_cuda.so": SERVES, "torch/lib/libtorch_cpu.so": HOST,
            "torch/version.py": b"cuda: Optional[str] = '13.0'\n",
        }),
        standin.Package("vllm", "0.33.0", TAGS, files={
            "vllm/_C.abi3.so": SERVES, "vllm/_flashmla_C.abi3.so": SUFFIXED,
        }),
        standin.Package("xformers", "0.0.35", TAGS, files={"xformers/_C.so": PTX, "xformers/script.so": b"INPUT(x)"}),
        standin.Package("pure", "1.0"),
    ]  # fmt: skip
    standin.environment(root, packages, arch="x86_64")
    return root.path / "opt" / "venv"


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {file["path"]: file["runs"] for file in found["files"]}


def test_the_schema_is_one_and_is_printed(scan: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(scan("--schema").stdout) == SCHEMA


def test_a_whole_environment(document: Callable[..., dict[str, Any]], venv: Path) -> None:
    found = document("--python", venv, "--target", "gb10")
    assert verdicts(found) == {
        "torch/lib/libtorch_cuda.so": "compatible",
        "torch/lib/libtorch_cpu.so": "none-found",
        "vllm/_C.abi3.so": "compatible",
        "vllm/_flashmla_C.abi3.so": "none",
        "xformers/_C.so": "ptx",
    }
    assert {package["name"]: package["runs"] for package in found["packages"]} == {
        "torch": "compatible",
        "vllm": "compatible",
        "xformers": "ptx",
    }
    assert found["summary"]["exit_code"] == 1
    assert found["targets"][0] == {
        "index": 0, "name": "NVIDIA GB10", "compute_capability": "12.1", "origin": "declared",
    }  # fmt: skip
    [torch] = [file for file in found["files"] if file["path"].endswith("libtorch_cuda.so")]
    assert torch["cubins"] == {"sm_80": 4, "sm_120": 4}
    assert torch["ptx"] == {"compute_120": {"count": 4, "isa": ["9.0"]}}
    assert (torch["distribution"], torch["format"], torch["machine"]) == ("torch", "elf", "x86_64")


def test_for_people(scan: Callable[..., subprocess.CompletedProcess[str]], venv: Path) -> None:
    done = scan("--python", venv, "--target", "gb10")
    assert done.returncode == 1
    text = done.stdout
    assert re.search(r"_flashmla_C\.abi3\.so +\d+ KiB  does not run  90a 120a", text)
    assert re.search(r"vllm 0\.33\.0 +#? *\S* .*", text)
    assert "4 of 5 files hold GPU code. On NVIDIA GB10 (sm_121): 2 compatible, 1 by PTX." in text
    assert "1 file holds GPU code of which nothing runs there (exit code 1)." in text
    assert "vllm 0.33.0 as a whole runs (compatible)" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_package_by_its_name_in_any_spelling(document: Callable[..., dict[str, Any]], venv: Path) -> None:
    found = document("XFormers", "torch", "--python", venv, "--target", "rtx5090")
    assert list(verdicts(found)) == ["xformers/_C.so", "torch/lib/libtorch_cuda.so", "torch/lib/libtorch_cpu.so"]
    assert [package["gpu_code"] for package in found["packages"]] == [
        ["sm_80", "compute_80"],
        ["sm_80", "sm_120", "compute_120"],
    ]


def test_without_a_gpu_there_is_no_verdict(
    scan: Callable[..., subprocess.CompletedProcess[str]], document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    root = standin.no_gpu(tmp_path / "machine")
    root.write("/lib/x.so", SUFFIXED)
    found = document("/lib/x.so", "--root", root.path)
    assert (found["targets"], found["files"][0]["runs"], found["summary"]["exit_code"]) == ([], None, 0)
    done = scan("/lib/x.so", "--root", root.path)
    assert "No verdict: there is no NVIDIA GPU here. Name one: --target gb10" in done.stdout


def test_the_gpu_of_another_root(document: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    root = standin.healthy_spark(tmp_path / "spark")
    root.write("/lib/x.so", SUFFIXED)
    assert document("/lib/x.so", "--root", root.path)["files"][0]["runs"] == "none"
    assert document(root.path / "lib" / "x.so", "--root", root.path)["files"][0]["runs"] == "none"


@pytest.mark.parametrize(
    ("name", "content", "format", "runs", "code"),
    [
        ("x.so", SERVES, "elf", "compatible", 0),
        ("x.so", SUFFIXED, "elf", "none", 1),
        ("x.so", HOST, "elf", "none-found", 0),
        ("x.so", library(data=container("sm_120")), "elf", "compatible", 0),
        ("k.cubin", cubin(121, "compat"), "cubin", "native", 0),
        ("k.fatbin", container("sm_100f"), "fatbin", "none", 1),
        ("x.a", archive(library(relocatable=(container("sm_120"),), type=OBJECT)), "archive", "compatible", 0),
        ("x.dll", windows(container("sm_120")), "pe", "compatible", 0),
        ("noname", SERVES, "elf", "compatible", 0),
    ],
)
def test_a_single_file(
    document: Callable[..., dict[str, Any]],
    tmp_path: Path,
    name: str,
    content: bytes,
    format: str,
    runs: str,
    code: int,
) -> None:
    (tmp_path / name).write_bytes(content)
    found = document(f"./{name}", "--target", "gb10", cwd=tmp_path)
    assert (found["files"][0]["format"], found["files"][0]["runs"]) == (format, runs)
    assert found["summary"]["exit_code"] == code


def test_broken_files_are_named_with_the_offset_and_the_rest_goes_on(
    scan: Callable[..., subprocess.CompletedProcess[str]], document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "good.so").write_bytes(SERVES)
    (folder / "broken.so").write_bytes(BROKEN)
    (folder / "evil\x1b[31m.so").write_bytes(SERVES)
    (folder / "script.so").write_text("INPUT(-lx)")
    (folder / "not.whl").write_text("hello")
    os.mkfifo(folder / "pipe.so")
    found = document(folder, "--target", "gb10")
    errors = {file["path"]: file["error"] for file in found["files"]}
    assert "at offset 0x" in errors["broken.so"]
    assert errors["pipe.so"] == "not a regular file"
    assert errors["good.so"] is None
    assert "script.so" not in errors
    done = scan(folder, "--target", "gb10")
    assert done.returncode == 0
    assert "evil?[31m.so" in done.stdout
    assert "\x1b" not in done.stdout
    assert "no zip archive" in done.stdout


def test_a_wheel_is_read_where_it_lies(
    scan: Callable[..., subprocess.CompletedProcess[str]], document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "some_thing-1.2-cp312-cp312-linux_aarch64.whl"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("thing/a.so", SERVES, zipfile.ZIP_STORED)
        out.writestr("thing/b.so", SUFFIXED, zipfile.ZIP_DEFLATED)
        out.writestr("../../evil\x1b[2J.so", HOST)
        out.writestr("bomb.so", bytes(40 << 20), zipfile.ZIP_DEFLATED)
    found = document(path, "--target", "gb10")
    assert verdicts(found) == {
        "thing/a.so": "compatible", "thing/b.so": "none", "../../evil\x1b[2J.so": "none-found", "bomb.so": None,
    }  # fmt: skip
    assert found["packages"][0]["name"] == "some-thing"
    assert not (tmp_path.parent / "evil").exists()
    done = scan(path, "--target", "gb10")
    assert "zip bomb" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_folder_of_wheels(document: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("a", "b"):
        with zipfile.ZipFile(folder / f"{name}-1-py3-none-any.whl", "w") as out:
            out.writestr(f"{name}/x.so", SERVES)
    assert list(verdicts(document(folder, "--target", "gb10"))) == ["a/x.so", "b/x.so"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuchpackage"], "has no such package, and there is no such file or folder"),
        (["torhc"], "did you mean torch?"),
        (["./nothere.so"], "./nothere.so: no such file or folder"),
        (["nothere.so"], "sparkdoctor scan torch"),
        (["a-1-py3-none-any.whl"], "no such file"),
        (["text.whl"], "no zip archive"),
        (["./text"], "./text: no library"),
        (["./empty.so"], "no library"),
        (["./pipe"], "can't be read: not a regular file"),
        (["torch", "--target", "gb11"], "did you mean gb10?"),
        (["torch", "--format", "yaml"], "--format yaml: write text or json"),
    ],
)
def test_what_cant_be_scanned_is_one_line(
    scan: Callable[..., subprocess.CompletedProcess[str]], venv: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "text").write_text("hello")
    (tmp_path / "text.whl").write_text("hello")
    (tmp_path / "empty.so").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    done = scan(*arguments, "--python", venv, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_second_time_it_comes_from_the_cache(
    document: Callable[..., dict[str, Any]], venv: Path, tmp_path: Path
) -> None:
    def by(*options: str) -> set[str]:
        return {file["by"] for file in document("--python", venv, *options)["files"]}

    assert by("--no-cache") == {"file"}
    assert not (tmp_path / "xdg").exists()
    assert by() == {"file"}
    assert by() == {"cache"}
    assert by("--no-cache") == {"file"}


def test_facts_hold_the_code_of_all_packages_when_asked(venv: Path, tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path / "xdg")}
    done = sparkdoctor("facts", "--scan", "--python", venv, "--format", "json", env=env)
    packages = json.loads(done.stdout)["packages"]
    assert packages["vllm"]["gpu_code"]["value"] == ["sm_80", "sm_120", "compute_120"]
    assert packages["xformers"]["ptx_cuda_version"]["value"] == "13.2"
    assert "gpu_code" not in sparkdoctor("facts", "--python", venv, "--format", "json", env=env).stdout
    snapshot = tmp_path / "snapshot.json"
    snapshot.write_text(done.stdout)
    said = sparkdoctor("check", "--facts", snapshot, "--target", "thor", "--select", "LIB054,LIB050", env=env)
    assert said.returncode == 1, said.stdout
    assert "LIB050" in said.stdout


def test_a_terminal_gets_colours_and_its_own_width(venv: Path, tmp_path: Path) -> None:
    parent, child = pty.openpty()
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "xdg"), "TERM": "xterm"}
    env.pop("NO_COLOR", None)
    command = [sys.executable, str(program()), "scan", "--python", str(venv), "--target", "gb10"]
    process = subprocess.Popen(command, stdout=child, stderr=subprocess.DEVNULL, env=env, cwd=tmp_path)
    os.close(child)
    chunks = []
    while True:
        try:
            chunk = os.read(parent, 65536)
        except OSError:
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(parent)
    assert process.wait(60) == 1
    text = b"".join(chunks).decode()
    assert "\x1b[1;31mdoes not run" in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert max(map(len, plain.splitlines())) <= 80


def test_a_real_wheel_and_its_installation_say_the_same(
    document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """torchaudio 2.9.1 for x86-64: 2 MB, with code for seven GPUs; what its libraries hold was read with cuobjdump."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    platform = ["--only-binary", ":all:", "--no-deps", "--python-version", "3.12", "--implementation", "cp",
                "--platform", "manylinux_2_28_x86_64"]  # fmt: skip
    fetched = subprocess.run(
        [*pip, "download", *platform, "-d", str(tmp_path), "torchaudio==2.9.1"], capture_output=True, check=False
    )
    if fetched.returncode:
        pytest.skip(f"no wheel to be had: {fetched.stderr.decode().strip().splitlines()[-1:]}")
    [wheel] = tmp_path.glob("*.whl")
    folder = tmp_path / "installed"
    subprocess.run([*pip, "install", *platform, "--target", str(folder), str(wheel)], check=True, capture_output=True)
    packed = document(wheel, "--target", "gb10", "--deep")
    there = document("torchaudio", "--python", folder, "--target", "gb10", "--deep")
    targets = ("sm_70", "sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
    held = {file["path"].rpartition("/")[2]: file["cubins"] for file in there["files"] if file["cubins"]}
    assert held == {
        "libctc_prefix_decoder.so": dict.fromkeys(targets, 1),
        "libtorchaudio.so": dict.fromkeys(targets, 5),
    }
    keys = ("path", "size", "cubins", "ptx", "runs", "reason")
    assert sorted([file[key] for key in keys] for file in packed["files"]) == sorted(
        [file[key] for key in keys] for file in there["files"]
    )
    known = document("torchaudio", "--python", folder, "--target", "gb10", "--no-cache")
    assert {file["by"] for file in known["files"] if file["cubins"]} == {"hash"}
    assert [package["runs"] for package in known["packages"]] == ["compatible"]


def test_words_alone_go_past_the_option_parser(tmp_path: Path) -> None:
    (tmp_path / "x.so").write_bytes(SERVES)
    code = """
import sys
from sparkdoctor.cli.__main__ import main
sys.argv = ["sparkdoctor", "scan", "./x.so"]
try:
    main()
finally:
    print(sorted({"typer", "rich", "zipfile", "platformdirs"} & set(sys.modules)))
"""
    env = {**os.environ, "PYTHONPATH": str(program().parent), "XDG_CACHE_HOME": str(tmp_path / "xdg")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=tmp_path, check=False
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert done.stdout.startswith("./x.so")
