"""Which environment is taken where none is named, shims included, and which others are told."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.collectors import python
from sparkdoctor.facts.values import Unknown
from tests.facts.collectors.examined import reason
from tests.facts.collectors.pythons import examined
from tests.standin import Root

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def _venv(root: Root, path: str, version: str = "3.12.3") -> str:
    minor = version.rpartition(".")[0]
    root.write(f"{path}/pyvenv.cfg", f"version = {version}\n")
    root.folder(f"{path}/lib/python{minor}/site-packages")
    root.write(f"{path}/bin/python{minor}", "", 0o755)
    root.link(f"{path}/bin/python3", f"python{minor}")
    return str(root.at(path))


def _installation(root: Root, path: str, minor: str = "3.12") -> str:
    root.folder(f"{path}/lib/python{minor}/site-packages")
    root.write(f"{path}/bin/python{minor}", "", 0o755)
    root.link(f"{path}/bin/python3", f"python{minor}")
    root.link(f"{path}/bin/python", "python3")
    return str(root.at(path))


def _prefix(environ: Mapping[str, str], python: str | None = None, root: Path | str = "/") -> str:
    found = examined(python, root, environ).environment()
    assert not isinstance(found, Unknown), found
    return found.prefix


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Root:
    """A folder of the live machine, with an empty working directory in it."""
    root = Root(tmp_path)
    monkeypatch.chdir(root.folder("/home/ada"))
    return root


def test_the_active_environment_comes_first(here: Root) -> None:
    active, conda, on_path = _venv(here, "/a"), _venv(here, "/c"), _venv(here, "/p")
    variables = {"PATH": f"{here.at('/empty')}::{on_path}/bin", "CONDA_PREFIX": conda, "VIRTUAL_ENV": active}
    assert _prefix(variables) == active
    del variables["VIRTUAL_ENV"]
    assert _prefix(variables) == conda
    del variables["CONDA_PREFIX"]
    assert _prefix(variables) == on_path


def test_an_active_environment_that_is_gone_is_passed_over_as_a_shell_does(here: Root) -> None:
    on_path = _venv(here, "/p")
    assert _prefix({"VIRTUAL_ENV": str(here.at("/gone")), "PATH": f"{on_path}/bin"}) == on_path


def test_an_active_environment_that_is_damaged_is_not_replaced_by_another(here: Root) -> None:
    on_path = _venv(here, "/p")
    damaged = here.write("/damaged/x", "").parent
    exam = examined(environ={"VIRTUAL_ENV": str(damaged), "PATH": f"{on_path}/bin"})
    assert str(damaged) in reason(exam.read("python.version"))


def test_without_any_python(here: Root) -> None:
    assert "name one with --python" in reason(examined(environ={}).read("python.version"))


def test_the_virtual_environment_that_we_are_installed_in_is_the_last_resort(here: Root) -> None:
    if sys.prefix == sys.base_prefix:
        pytest.skip("these tests run in no virtual environment")
    ours, other = f"{sys.prefix}/bin", _venv(here, "/p")
    assert _prefix({"PATH": f"{ours}:{other}/bin"}) == other
    assert _prefix({"PATH": ours}) == sys.prefix
    assert _prefix({"PATH": f"{other}/bin", "VIRTUAL_ENV": sys.prefix}) == sys.prefix


_PYENV_SHIM = """\
#!/usr/bin/env bash
set -e
program="${{0##*/}}"
export PYENV_ROOT="{root}"
exec "{root}/libexec/pyenv" exec "$program" "$@"
"""


@pytest.fixture
def pyenv(here: Root) -> Root:
    """Two Pythons and an environment below pyenv, with its shims."""
    for name in ("python3", "python"):
        here.write(f"/pyenv/shims/{name}", _PYENV_SHIM.format(root=here.at("/pyenv")), 0o755)
    for minor in ("3.11", "3.12"):
        _installation(here, f"/pyenv/versions/{minor}.9", minor)
    _installation(here, "/pyenv/versions/3.12.10", "3.12")
    _venv(here, "/pyenv/versions/mine")
    return here


@pytest.mark.parametrize(
    ("files", "variable", "version"),
    [
        ({"/pyenv/version": "3.11.9\n"}, None, "3.11.9"),
        ({"/pyenv/version": "3.11.9\n", "/home/ada/.python-version": "3.12.9\n"}, None, "3.12.9"),
        ({"/pyenv/version": "3.11.9\n", "/home/.python-version": "# ours\n\nmine\n"}, None, "mine"),
        ({"/home/ada/.python-version": "3.12.9\n"}, "3.11.9", "3.11.9"),
        ({"/home/ada/.python-version": "\n", "/pyenv/version": "3.11.9"}, "", "3.11.9"),
        ({"/pyenv/version": "3.12\n"}, None, "3.12.10"),
        ({"/pyenv/version": "python-3.11.9\n"}, None, "3.11.9"),
        ({"/pyenv/version": "3.9.1\n3.11.9\n"}, None, "3.11.9"),
        ({}, "3.9.1:mine", "mine"),
    ],
)
def test_a_shim_of_pyenv_is_followed(pyenv: Root, files: dict[str, str], variable: str | None, version: str) -> None:
    for path, content in files.items():
        pyenv.write(path, content)
    shims = pyenv.at("/pyenv/shims")
    variables = {"PATH": f"{shims}", **({} if variable is None else {"PYENV_VERSION": variable})}
    assert _prefix(variables) == str(pyenv.at(f"/pyenv/versions/{version}"))
    assert _prefix(variables, f"{shims}/python") == str(pyenv.at(f"/pyenv/versions/{version}"))


@pytest.mark.parametrize("version", [None, "system", "system\n3.11.9"])
def test_a_shim_of_pyenv_leaves_the_choice_to_path(pyenv: Root, version: str | None) -> None:
    if version:
        pyenv.write("/pyenv/version", f"{version}\n")
    other = _venv(pyenv, "/p")
    variables = {"PATH": f"{pyenv.at('/pyenv/shims')}:{other}/bin"}
    assert _prefix(variables) == other
    assert _prefix(variables, f"{pyenv.at('/pyenv/shims')}/python3") == other


@pytest.mark.parametrize("version", ["3.9.1", "../../p", "/p", "3.12.9\0x"])
def test_a_shim_that_leads_nowhere_says_that_it_is_one(pyenv: Root, version: str) -> None:
    other = _venv(pyenv, "/p")
    pyenv.write("/pyenv/version", f"{version}\n")
    variables = {"PATH": f"{pyenv.at('/pyenv/shims')}:{other}/bin"}
    said = reason(examined(environ=variables).read("python.version"))
    assert "a shim of pyenv" in said
    assert "/pyenv/version" in said


def test_a_shim_in_another_root_is_followed_by_the_files_of_that_root(pyenv: Root) -> None:
    shim = _PYENV_SHIM.format(root="/pyenv")
    pyenv.write("/pyenv/shims/python3", shim, 0o755)
    pyenv.write("/pyenv/version", "3.11.9\n")
    pyenv.write("/home/ada/.python-version", "3.12.9\n")
    assert _prefix({"PYENV_VERSION": "mine"}, "/pyenv/shims/python3", pyenv.path) == "/pyenv/versions/3.11.9"


@pytest.fixture
def asdf(here: Root) -> Root:
    here.write(
        "/asdf/shims/python3",
        '#!/usr/bin/env bash\n# asdf-plugin: python 3.12.9\nexec asdf exec "python3" "$@"\n',
        0o755,
    )
    for minor in ("3.11", "3.12"):
        _installation(here, f"/asdf/installs/python/{minor}.9", minor)
    return here


@pytest.mark.parametrize(
    ("files", "variable", "version"),
    [
        ({"/home/ada/.tool-versions": "nodejs 22.1.0\npython 3.12.9 # ours\n"}, None, "3.12.9"),
        (
            {"/home/ada/.tool-versions": "nodejs 22.1.0\n", "/home/.tool-versions": "python 3.9.1 3.11.9\n"},
            None,
            "3.11.9",
        ),
        ({"/elsewhere/.tool-versions": "python 3.11.9\n"}, None, "3.11.9"),
        ({"/home/ada/.tool-versions": "python 3.12.9\n"}, "3.11.9", "3.11.9"),
    ],
)
def test_a_shim_of_asdf_is_followed(asdf: Root, files: dict[str, str], variable: str | None, version: str) -> None:
    for path, content in files.items():
        asdf.write(path, content)
    variables = {"PATH": str(asdf.at("/asdf/shims")), "HOME": str(asdf.at("/elsewhere"))}
    if variable:
        variables["ASDF_PYTHON_VERSION"] = variable
    assert _prefix(variables) == str(asdf.at(f"/asdf/installs/python/{version}"))


def test_a_shim_of_something_else_says_that_it_is_one(here: Root) -> None:
    here.write("/bin/mise", "\x7fELF", 0o755)
    here.link("/mise/shims/python3", str(here.at("/bin/mise")))
    assert "a shim" in reason(examined(environ={"PATH": str(here.at("/mise/shims"))}).read("python.version"))


@pytest.fixture
def image(tmp_path: Path) -> Root:
    """An image with the Python of its system and a virtual environment."""
    root = Root(tmp_path / "image")
    _installation(root, "/usr")
    _venv(root, "/opt/venv")
    return root


def test_a_root_without_a_process(image: Root) -> None:
    ours = {"VIRTUAL_ENV": sys.prefix, "PATH": "/opt/venv/bin"}
    assert _prefix(ours, root=image.path) == "/usr"
    image.folder("/opt/venv/lib/python3.12/site-packages/torch")
    assert _prefix(ours, root=image.path) == "/opt/venv"


@pytest.mark.parametrize("variables", ["VIRTUAL_ENV=/opt/venv\0", "PATH=/opt/venv/bin:/usr/bin\0"])
def test_a_root_with_a_process(image: Root, variables: str) -> None:
    image.write("/proc/1/environ", variables)
    assert _prefix({}, root=image.path) == "/opt/venv"


def test_an_empty_root_has_no_python(tmp_path: Path) -> None:
    assert "no Python at /usr/bin/python3" in reason(examined(root=tmp_path).read("python.version"))


def test_others_in_a_root(image: Root) -> None:
    assert [other.prefix for other in python.nearby(examined(root=image.path))] == ["/opt/venv"]
    assert python.nearby(examined(root=image.path / "usr/lib")) == []


def test_others_nearby(here: Root) -> None:
    chosen = _venv(here, "/p")
    beside = _venv(here, "/home/ada/.venv")
    conda = here.at("/conda")
    here.write("/conda/conda-meta/python-3.12.7-h1_0_cpython.json", "{}")
    here.write("/user/.conda/environments.txt", f"{conda}\n{here.at('/gone')}\n{chosen}\nnonsense\n\x00\n")
    exam = examined(environ={"PATH": f"{chosen}/bin", "HOME": str(here.at("/user"))})
    found = [other.prefix for other in python.others(exam)]
    assert found[0] == beside
    assert str(conda) in found
    assert chosen not in found
    assert len(found) == len(set(found))


def test_the_python_of_a_process_with_a_gpu_is_nearby(here: Root, plain_venv: Path) -> None:
    library = here.write("/lib/libcuda.so.1", "x" * 4096)
    code = (
        "import mmap, sys; f = open(sys.argv[1], 'rb'); m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ);"
        "print('ready', flush=True); sys.stdin.read()"
    )
    for argument, seen in ((str(library), True), (str(here.write("/lib/other.so", "x")), False)):
        process = subprocess.Popen(
            [plain_venv / "bin/python3", "-c", code, argument], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            exam = examined(environ={"PATH": f"{_venv(here, '/p')}/bin"})
            assert (str(plain_venv) in [other.prefix for other in python.nearby(exam)]) is seen
            process.kill()


def test_the_working_directory_may_be_gone(here: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = here.folder("/vanishing")
    monkeypatch.chdir(gone)
    gone.rmdir()
    chosen = _venv(here, "/p")
    exam = examined(environ={"PATH": f"{chosen}/bin"})
    assert exam.read("python.prefix").value == chosen
    assert chosen not in [other.prefix for other in python.others(exam)]
    assert "the working directory was removed" in reason(examined("env").read("python.prefix"))
