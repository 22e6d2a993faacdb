"""Which Python is examined and what is said of it; real environments, and layouts that real ones have."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collectors.python import locate_named
from sparkdoctor.facts.environment import Environment, NoSuchEnvironment
from sparkdoctor.facts.values import ABSENT, Unknown, measured
from sparkdoctor.machine import Machine
from tests.facts.collectors import pythons
from tests.facts.collectors.examined import reason
from tests.facts.collectors.pythons import examined
from tests.standin import Root

if TYPE_CHECKING:
    from pathlib import Path

    from sparkdoctor.facts.collect import Examination

_SITES = """
import sys
answer = [path for path in sys.path if path.endswith("-packages")]
"""
_ABOUT = """
import platform, sys
answer = [platform.python_version(), platform.python_implementation(), sys.prefix]
"""
_VENVS = ["plain_venv", "pip_venv", "uv_venv", "sharing_venv"]


def _found(exam: Examination) -> Environment:
    environment = exam.environment()
    assert not isinstance(environment, Unknown), environment
    return environment


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path / "root")


def _interpreter(root: Root, path: str) -> None:
    root.write(path, "", 0o755)


@pytest.mark.parametrize("which", _VENVS)
def test_a_virtual_environment_is_what_its_interpreter_says(request: pytest.FixtureRequest, which: str) -> None:
    folder: Path = request.getfixturevalue(which)
    exam = examined(folder, environ=os.environ)
    version, implementation, prefix = pythons.says(folder / "bin/python", _ABOUT)
    assert pythons.values(
        exam, "python.version", "python.implementation", "python.prefix", "python.executable", "python.kind"
    ) == [version, implementation, prefix, f"{folder}/bin/python3", "venv"]
    sites = [site for site in _found(exam).sites if site.endswith("-packages")]
    assert sites == pythons.says(folder / "bin/python", _SITES)


@pytest.mark.skipif(not os.access("/usr/bin/python3", os.X_OK), reason="the system has no Python")
def test_the_python_of_the_system_is_what_it_says() -> None:
    exam = examined("/usr/bin/python3", environ=os.environ)
    version, implementation, _ = pythons.says("/usr/bin/python3", _ABOUT)
    found = str(exam.read("python.version").value)
    assert version == found or version.startswith(f"{found}.")
    assert exam.read("python.implementation").value == implementation
    assert [site for site in _found(exam).sites if site.endswith("-packages")] == pythons.says(
        "/usr/bin/python3", _SITES
    )


def test_the_base_of_this_python_is_what_it_says() -> None:
    base = os.path.realpath(sys.executable)
    version, implementation, _ = pythons.says(base, _ABOUT)
    exam = examined(base, environ=os.environ)
    assert pythons.values(exam, "python.implementation", "python.kind") == [implementation, "system"]
    assert version.startswith(str(exam.read("python.version").value))


@pytest.mark.parametrize(
    ("which", "installer"), [("plain_venv", "none"), ("pip_venv", "pip"), ("uv_venv", "uv"), ("target_folder", None)]
)
def test_what_an_environment_is_managed_with(request: pytest.FixtureRequest, which: str, installer: str | None) -> None:
    reading = examined(request.getfixturevalue(which)).read("python.installer")
    assert (reading.value if reading.present else None) == installer


@pytest.mark.parametrize("inner", [".", "bin/python", "bin/python3", "lib/python3.{minor}/site-packages"])
def test_an_environment_may_be_named_by_any_of_its_parts(plain_venv: Path, inner: str) -> None:
    path = f"{plain_venv}/{inner.format(minor=sys.version_info[1])}"
    assert _found(examined(path)).prefix == str(plain_venv)


def test_a_relative_path_counts_from_the_working_directory(plain_venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(plain_venv.parent)
    assert _found(examined("env")).prefix == str(plain_venv)


def test_an_interpreter_linked_from_elsewhere_is_its_base_as_python_has_it(plain_venv: Path, tmp_path: Path) -> None:
    link = tmp_path / "python3"
    link.symlink_to(plain_venv / "bin/python3")
    assert _found(examined(link)).prefix == os.path.realpath(pythons.says(link, _ABOUT)[2])


@pytest.mark.parametrize(
    ("config", "version", "installer"),
    [
        ("home = /usr/bin\nversion = 3.12.3\n", "3.12.3", "none"),
        ("home=/usr/bin\nVERSION_INFO=3.12.3.final.0\nvirtualenv = 20.29.1\n", "3.12.3", "none"),
        ("uv = 0.9.13\nversion_info = 3.12.3\nimplementation = CPython\n", "3.12.3", "uv"),
        ("version = 3.12\n", "3.12", "none"),
        ("version = 3.12.0rc1\n", "3.12.0rc1", "none"),
        ("version = 3.10.4\n", "3.12", "none"),
        ("", "3.12", "none"),
        ("\x00\xff= =\n", "3.12", "none"),
    ],
)
def test_the_settings_of_a_virtual_environment(root: Root, config: str, version: str, installer: str) -> None:
    root.write("/env/pyvenv.cfg", config)
    root.folder("/env/lib/python3.12/site-packages")
    exam = examined("/env", root=root.path)
    assert pythons.values(exam, "python.version", "python.installer") == [version, installer]
    assert exam.read("python.executable").value is ABSENT
    assert _found(exam).sites == ("/env/lib/python3.12/site-packages",)


def test_a_virtual_environment_whose_python_was_removed(root: Root) -> None:
    root.write("/env/pyvenv.cfg", "version = 3.12.3\n")
    root.link("/env/bin/python3", "/usr/bin/python3.12")
    root.folder("/env/lib/python3.12/site-packages/torch-2.9.0.dist-info")
    exam = examined("/env/bin/python3", root=root.path)
    assert pythons.values(exam, "python.executable", "pkg.torch") == [ABSENT, "2.9.0"]


def test_pypy_has_folders_of_its_own(root: Root) -> None:
    root.write("/env/pyvenv.cfg", "implementation = PyPy\nversion_info = 3.10.14\n")
    root.folder("/env/lib/pypy3.10/site-packages/six-1.17.0.dist-info")
    exam = examined("/env", root=root.path)
    assert pythons.values(exam, "python.implementation", "python.version", "pkg.six") == ["PyPy", "3.10.14", "1.17.0"]


def test_a_free_threaded_python(root: Root) -> None:
    _interpreter(root, "/opt/py/bin/python3.13t")
    root.folder("/opt/py/lib/python3.13t/site-packages/six-1.17.0.dist-info")
    exam = examined("/opt/py", root=root.path)
    assert pythons.values(exam, "python.version", "pkg.six") == ["3.13", "1.17.0"]


def test_conda(root: Root) -> None:
    _interpreter(root, "/opt/conda/bin/python3.12")
    root.link("/opt/conda/bin/python", "python3.12")
    root.write("/opt/conda/conda-meta/python-3.12.7-hc5c86c4_0_cpython.json", "{}")
    root.write("/opt/conda/conda-meta/python-dateutil-2.9.0-pyhd8ed1ab_0.json", "{}")
    root.folder("/opt/conda/lib/python3.12/site-packages/torch-2.9.0.dist-info")
    for named in ("/opt/conda", "/opt/conda/bin/python", "/opt/conda/lib/python3.12/site-packages"):
        exam = examined(named, root=root.path)
        where = "/opt/conda/conda-meta/python-3.12.7-hc5c86c4_0_cpython.json"
        assert exam.read("python.version") == measured("3.12.7", where)
        assert pythons.values(exam, "python.kind", "python.installer", "pkg.torch") == ["conda", "conda", "2.9.0"]


def test_conda_without_python_is_no_environment(root: Root) -> None:
    root.write("/opt/conda/conda-meta/history", "")
    with pytest.raises(NoSuchEnvironment, match="without Python"):
        locate_named(Machine(str(root.path), {}), "/opt/conda")


@pytest.fixture
def debian(root: Root) -> Root:
    """Debian's layout: Python at /usr, its own packages and those that pip added, and a user's."""
    _interpreter(root, "/usr/bin/python3.12")
    root.link("/usr/bin/python3", "python3.12")
    root.link("/bin", "usr/bin")
    for site in ("/usr/lib/python3", "/usr/lib/python3.12", "/usr/local/lib/python3.12"):
        root.folder(f"{site}/dist-packages")
    root.folder("/usr/local/lib/python3.12/site-packages/stray-1.0.dist-info")
    root.folder("/root/.local/lib/python3.12/site-packages")
    return root


_DEBIAN_SITES = (
    "/root/.local/lib/python3.12/site-packages",
    "/usr/local/lib/python3.12/dist-packages",
    "/usr/lib/python3/dist-packages",
    "/usr/lib/python3.12/dist-packages",
)


@pytest.mark.parametrize("named", [None, "/usr/bin/python3", "/bin/python3", "/usr", "/usr/lib/python3/dist-packages"])
def test_debian(debian: Root, named: str | None) -> None:
    exam = examined(named, root=debian.path, environ={"VIRTUAL_ENV": sys.prefix, "PATH": "/usr/bin"})
    assert _found(exam).sites == _DEBIAN_SITES
    assert pythons.values(exam, "python.kind", "python.prefix", "python.version") == ["system", "/usr", "3.12"]


def test_debian_with_a_virtual_environment_that_shares(debian: Root) -> None:
    debian.write("/env/pyvenv.cfg", "home = /usr/bin\nversion = 3.12.3\ninclude-system-site-packages = TRUE\n")
    debian.folder("/env/lib/python3.12/site-packages")
    debian.link("/env/lib64", "lib")
    found = _found(examined("/env", root=debian.path))
    assert found.sites == ("/env/lib/python3.12/site-packages", *_DEBIAN_SITES)


def test_the_folder_of_the_user_can_be_switched_off(debian: Root) -> None:
    debian.write("/proc/1/environ", "PYTHONNOUSERSITE=1\0")
    assert _found(examined("/usr", root=debian.path)).sites == _DEBIAN_SITES[1:]


def test_fedora_keeps_packages_in_lib64_too(root: Root) -> None:
    _interpreter(root, "/usr/bin/python3.13")
    sites = [f"/usr{local}/{lib}/python3.13/site-packages" for local in ("/local", "") for lib in ("lib64", "lib")]
    for site in sites:
        root.folder(site)
    assert _found(examined("/usr/bin/python3.13", root=root.path)).sites == tuple(sites)


def test_a_python_of_its_own_prefix_tells_its_patch_level(root: Root) -> None:
    _interpreter(root, "/usr/local/bin/python3.12")
    root.folder("/usr/local/lib/python3.12/site-packages")
    root.folder("/usr/lib/python3/dist-packages")
    root.write("/usr/local/include/python3.12/patchlevel.h", '#define PY_VERSION      \t"3.12.8+"\n')
    exam = examined("/usr/local/bin/python3.12", root=root.path)
    assert exam.read("python.version") == measured("3.12.8", "/usr/local/include/python3.12/patchlevel.h")
    assert _found(exam).sites == ("/usr/local/lib/python3.12/site-packages",)


@pytest.mark.parametrize("content", ["six-1.17.0.dist-info", "six-1.17.0.egg-info", None])
def test_a_bare_folder_has_no_interpreter(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / content).mkdir()
    exam = examined(tmp_path)
    assert _found(exam).kind == "folder"
    assert _found(exam).sites == (str(tmp_path),)
    for fact in ("version", "implementation", "executable", "prefix", "kind", "installer"):
        assert reason(exam.read(f"python.{fact}")) == "a bare folder of distributions has no interpreter"


def test_a_site_folder_without_its_python_is_a_bare_folder(root: Root) -> None:
    site = "/home/me/.local/lib/python3.12/site-packages"
    root.folder(f"{site}/torch")
    assert _found(examined(site, root=root.path)).kind == "folder"


def _refused(path: str | Path, root: Path | str = "/") -> str:
    with pytest.raises(NoSuchEnvironment) as caught:
        locate_named(Machine(str(root), {}), str(path))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_what_is_no_environment_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    (folder / ".venv").mkdir(parents=True)
    (tmp_path / "text").write_text("x")
    (tmp_path / "python").write_text("x")
    (tmp_path / "round").symlink_to("round")
    os.mkfifo(tmp_path / "pipe")
    assert _refused(tmp_path / "gone").startswith(f"{tmp_path}/gone: no such file or folder; give ")
    assert f"did you mean {folder / '.venv'}?" in _refused(folder)
    for name in ("text", "python", "pipe"):
        assert "no Python interpreter; give one" in _refused(tmp_path / name)
    assert "can't be read" in _refused(tmp_path / "round")
    assert "isn't" not in _refused("/proc/1/mem")
    assert reason(examined(tmp_path / "gone").read("python.version")).startswith(f"{tmp_path}/gone: no such file")


def test_what_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    class OfSomebodyElse(Machine):
        def names(self, folder: str) -> list[str]:
            raise PermissionError(13, "Permission denied", folder)

    with pytest.raises(NoSuchEnvironment, match="can't be read; run as its owner or as root"):
        locate_named(OfSomebodyElse("/", {}), str(tmp_path))


def test_a_path_beside_a_root_may_come_from_inside_or_outside(root: Root, tmp_path: Path) -> None:
    root.write("/opt/real/pyvenv.cfg", "version = 3.12.3\n")
    root.folder("/opt/real/lib/python3.12/site-packages")
    root.link("/opt/venv", "/opt/real")
    other = tmp_path / "link"
    other.symlink_to(root.path)
    for named in ("/opt/venv", "opt/venv", f"{root.path}/opt/venv", f"{other}/opt/venv"):
        assert _found(examined(named, root=root.path)).prefix == "/opt/venv"
    assert _found(examined("/opt/venv", root=other)).sites == ("/opt/venv/lib/python3.12/site-packages",)


def test_links_are_followed_within_the_root(root: Root, tmp_path: Path) -> None:
    outside = tmp_path / "etc"
    outside.mkdir()
    (outside / "pyvenv.cfg").write_text("version = 3.11.1\n")
    root.link("/opt/venv", str(outside))
    assert "no such file or folder" in _refused("/opt/venv", root.path)
    root.link("/up", "../../../../../../../../opt/real")
    root.write("/opt/real/pyvenv.cfg", "version = 3.12.3\n")
    assert _found(examined("/up", root=root.path)).version.value == "3.12.3"


def test_nothing_of_the_environment_is_ever_run(tmp_path: Path) -> None:
    trap = f"#!/bin/sh\ntouch {tmp_path}/ran\n"
    site = tmp_path / "env/lib/python3.12/site-packages"
    for path in ("env/bin/python3", "env/bin/python", "env/bin/pip"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(trap)
        (tmp_path / path).chmod(0o755)
    site.mkdir(parents=True)
    (tmp_path / "env/pyvenv.cfg").write_text("version = 3.12.1\n")
    code = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    (site / "evil.pth").write_text(f"import os; {code}")
    for name in ("sitecustomize.py", "usercustomize.py"):
        (site / name).write_text(code)
    (site / "torch-2.9.0.dist-info").mkdir()
    for named in ("env", "env/bin/python3"):
        exam = examined(tmp_path / named)
        assert pythons.values(exam, "python.version", "pkg.torch", "torch.cuda_version")[:2] == ["3.12.1", "2.9.0"]
    assert not (tmp_path / "ran").exists()
