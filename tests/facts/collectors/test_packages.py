"""Distributions: as importlib.metadata of the environment itself lists them, and whatever state they are in."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.facts.cases import normalised
from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.collectors import packages
from sparkdoctor.facts.values import ABSENT, Reading, Unknown, absent, measured
from sparkdoctor.machine import Machine
from tests.facts.collectors import pythons
from tests.facts.collectors.examined import reason
from tests.facts.collectors.pythons import examined

if TYPE_CHECKING:
    from pathlib import Path

    from sparkdoctor.facts.collectors.packages import Distribution

_ITS_OWN_LIST = """
from importlib.metadata import distributions
answer = {}
for one in distributions():
    answer.setdefault(one.metadata["Name"], one.version)
"""


def _listed(exam: Examination) -> dict[str, Distribution]:
    found = packages.distributions(exam)
    assert not isinstance(found, Unknown), found
    return found


def _folder(parent: Path, name: str, **files: str | bytes) -> Path:
    """A dist-info of that name; `files` are its contents, METADATA and WHEEL by these names."""
    made = parent / name
    made.mkdir(parents=True)
    for file, content in files.items():
        (made / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    return made


@pytest.mark.parametrize("which", ["plain_venv", "pip_venv", "uv_venv", "sharing_venv"])
def test_names_and_versions_agree_with_the_environment_itself(request: pytest.FixtureRequest, which: str) -> None:
    folder: Path = request.getfixturevalue(which)
    exam = examined(folder, environ=os.environ)
    theirs = pythons.says(folder / "bin/python", _ITS_OWN_LIST)
    ours = {name: packages.version(exam, name).value for name in _listed(exam)}
    assert ours == {normalised(name): version for name, version in theirs.items()}
    assert packages.complete(exam) is True


@pytest.mark.skipif(not os.access("/usr/bin/python3", os.X_OK), reason="the system has no Python")
def test_names_agree_with_the_python_of_the_system() -> None:
    exam = examined("/usr/bin/python3", environ=os.environ)
    theirs = pythons.says("/usr/bin/python3", _ITS_OWN_LIST)
    assert set(_listed(exam)) == {normalised(name) for name in theirs}


def test_a_bare_folder_of_real_wheels(target_folder: Path) -> None:
    exam = examined(target_folder)
    assert set(_listed(exam)) == {"six", "packaging"}
    where = f"{target_folder}/six-1.17.0.dist-info"
    assert exam.read("pkg.six.version") == measured("1.17.0", where)
    assert exam.read("pkg.six.tags") == measured(("py2-none-any", "py3-none-any"), f"{where}/WHEEL")
    assert exam.read("pkg.six.installed_from") == measured("index", where)
    assert exam.read("pkg.six.local") == absent(where)
    assert exam.read("pkg.six.requires_nvidia") == measured((), where)


def test_where_a_distribution_came_from(pip_venv: Path, uv_venv: Path) -> None:
    assert examined(pip_venv).read("pkg.tiny_project.installed_from").value == "file"
    assert examined(pip_venv).read("pkg.pip.installed_from").value == "index"
    assert examined(uv_venv).read("pkg.tiny_project.installed_from").value == "editable"
    assert examined(uv_venv).read("pkg.tiny_project.local").value == "cu130"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is missing")
@pythons.needs_uv
def test_what_came_from_a_repository(tmp_path: Path) -> None:
    project = pythons.tiny_project(tmp_path / "tiny")
    git = ("git", "-C", project, "-c", "user.name=t", "-c", "user.email=t@example.org")
    pythons.command(*git, "init", "-q")
    pythons.command(*git, "add", ".")
    pythons.command(*git, "commit", "-q", "-m", "Begin")
    target = tmp_path / "packages"
    pythons.uv("pip", "install", "-q", "--no-index", "--target", target, f"tiny-project @ git+file://{project}")
    assert examined(target).read("pkg.tiny_project.installed_from").value == "vcs"


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ('{"url": "https://example.org/x.whl", "archive_info": {}}', "file"),
        ('{"url": "file:///x", "dir_info": {"editable": false}}', "file"),
        ('{"url": "file:///x", "dir_info": {"editable": true}}', "editable"),
        ('{"url": "https://example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "1"}}', "vcs"),
        ("{", None),
        ("[]", None),
        ("\x00\x01", None),
    ],
)
def test_direct_url(tmp_path: Path, content: str, value: str | None) -> None:
    _folder(tmp_path, "x-1.dist-info", **{"direct_url.json": content})
    reading = examined(tmp_path).read("pkg.x.installed_from")
    assert (reading.value if reading.present else None) == value
    assert value is not None or "direct_url.json" in reason(reading)


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("torch-2.9.0+cu130.dist-info", "torch", "2.9.0+cu130"),
        ("torch-2.10.0a0+b4e4ee81d3.nv25.12.dist-info", "torch", "2.10.0a0+b4e4ee81d3.nv25.12"),
        ("Flash_Attn-2.8.3.dist-info", "flash_attn", "2.8.3"),
        ("nvidia_cublas_cu12-12.8.4.1.dist-info", "nvidia_cublas_cu12", "12.8.4.1"),
        ("ruamel.yaml-0.18.dist-info", "ruamel_yaml", "0.18"),
        ("old-name-1.0.dist-info", "old_name", "1.0"),
        ("epoch-1!2.0.dist-info", "epoch", "1!2.0"),
        ("PyYAML-6.0.egg-info", "pyyaml", "6.0"),
        ("PyGObject-3.42.2-py3.11.egg-info", "pygobject", "3.42.2"),
        ("built-1.0-py3.12-linux-x86_64.egg-info", "built", "1.0"),
        ("x-1.dist-info", "x", "1"),
        ("noversion.egg-info", "noversion", None),
        ("torch-.dist-info", "torch", None),
        ("torch-some version.dist-info", "torch", None),
        ("~orch-2.9.0.dist-info", "~orch-2.9.0", None),
        ("a b.dist-info", "a b", None),
        ("-1.0.dist-info", "-1.0", None),
    ],
)
def test_the_name_of_a_folder(tmp_path: Path, folder: str, name: str, version: str | None) -> None:
    _folder(tmp_path, folder)
    exam = examined(tmp_path)
    assert set(_listed(exam)) == {name}
    reading = packages.version(exam, name)
    assert reading == measured(version, f"{tmp_path}/{folder}") if version else "states no version" in reason(reading)


@pytest.mark.parametrize(
    "folder", [".dist-info", "torch", "torch-2.9.0.dist-info.bak", "torch.dist-info~", ".egg-info"]
)
def test_what_is_no_distribution(tmp_path: Path, folder: str) -> None:
    _folder(tmp_path, "x-1.dist-info")
    _folder(tmp_path, folder)
    assert set(_listed(examined(tmp_path))) == {"x"}


def test_metadata_tells_a_version_that_the_folder_does_not(tmp_path: Path) -> None:
    made = _folder(
        tmp_path, "tool.egg-info", **{"PKG-INFO": "Metadata-Version: 2.1\nName: tool\nVersion: 3.1\n\nVersion: 9"}
    )
    exam = examined(tmp_path)
    assert exam.read("pkg.tool") == measured("3.1", str(made))
    assert exam.read("pkg.tool.installed_from").value == "editable"


def test_names_that_are_no_text(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/bad\xff-1.0.dist-info")
    _folder(tmp_path, "x-1.dist-info")
    exam = examined(tmp_path)
    for name in _listed(exam):
        name.encode()
        repr(packages.version(exam, name)).encode()
    assert "x" in _listed(exam)


def test_what_is_not_there_is_absent_and_says_where_was_looked(tmp_path: Path) -> None:
    assert examined(tmp_path).read("pkg.torch") == absent(str(tmp_path))
    assert examined(tmp_path).read("pkg.torch.local").value is ABSENT


def test_an_unknown_environment_leaves_packages_unknown(tmp_path: Path) -> None:
    exam = examined(environ={"PATH": str(tmp_path)})
    assert "no Python is on PATH" in reason(exam.read("pkg.torch"))
    assert isinstance(packages.distributions(exam), Unknown)


def test_the_first_site_wins(tmp_path: Path) -> None:
    first = tmp_path / "lib/python3.12/site-packages"
    _folder(first, "torch-2.9.0.dist-info")
    _folder(tmp_path / "src", "torch.egg-info", **{"PKG-INFO": "Version: 0.1\n"})
    _folder(tmp_path / "src", "other-1.0.dist-info")
    (first / "more.pth").write_text(f"# more\nimport os; os.abort()\n{tmp_path}/src\n{tmp_path}/gone\n")
    (tmp_path / "pyvenv.cfg").write_text("version = 3.12.1\n")
    exam = examined(tmp_path)
    assert pythons.values(exam, "pkg.torch", "pkg.other") == ["2.9.0", "1.0"]


def test_two_of_one_name_in_one_place(tmp_path: Path) -> None:
    _folder(tmp_path, "torch-2.8.0.dist-info")
    _folder(tmp_path, "torch-2.9.0.dist-info", METADATA="Version: 2.9.0\n")
    assert examined(tmp_path).read("pkg.torch").value == "2.9.0"
    (tmp_path / "torch-2.8.0.dist-info/METADATA").write_text("Version: 2.8.0\n")
    assert "torch-2.8.0.dist-info, torch-2.9.0.dist-info" in reason(examined(tmp_path).read("pkg.torch"))


def test_requirements_on_nvidia(tmp_path: Path) -> None:
    requires = (
        "nvidia-cublas==13.0.0.19; platform_system == 'Linux'",
        "NVIDIA_cudnn.cu13>=9",
        "numpy",
        "nvidia-cublas",
    )
    head = "Metadata-Version: 2.1\nName: torch\n" + "".join(f"Requires-Dist: {line}\n" for line in requires)
    made = _folder(tmp_path, "torch-2.9.0.dist-info", METADATA=head + "\nRequires-Dist: nvidia-in-the-description\n")
    assert examined(tmp_path).read("pkg.torch.requires_nvidia") == measured(
        ("nvidia-cublas", "nvidia-cudnn-cu13"), str(made)
    )


def test_metadata_is_read_of_those_asked_about_only(tmp_path: Path) -> None:
    class Counting(Machine):
        read_paths: list[str]

        def read(self, path: str, limit: int = 1 << 20) -> bytes:
            self.read_paths.append(path)
            return super().read(path, limit)

    for number in range(5000):
        (tmp_path / f"package_{number}-{number}.0.dist-info").mkdir()
    machine = Counting("/", {})
    machine.read_paths = []
    exam = Examination(machine, str(tmp_path))
    assert len(_listed(exam)) == 5000
    assert exam.read("pkg.package_4999.version").value == "4999.0"
    assert machine.read_paths == []


def test_damaged_metadata_is_survived(tmp_path: Path) -> None:
    (tmp_path / "file-1.0.dist-info").write_text("not a folder")
    _folder(tmp_path, "empty-1.0.dist-info")
    junk = bytes(range(256)) * 40
    _folder(tmp_path, "junk-1.0.dist-info", METADATA=junk, WHEEL=junk, **{"direct_url.json": junk})
    (tmp_path / "loop-1.0.dist-info").symlink_to("loop-1.0.dist-info")
    (tmp_path / "gone-1.0.dist-info").symlink_to("nowhere")
    folders = _folder(tmp_path, "folders-1.0.dist-info")
    for name in ("METADATA", "WHEEL", "direct_url.json"):
        (folders / name).mkdir()
    exam = examined(tmp_path)
    readings = {}
    for name in ("file", "empty", "junk", "loop", "gone", "folders"):
        for field in ("version", "local", "installed_from", "tags", "requires_nvidia"):
            readings[name, field] = exam.read(f"pkg.{name}.{field}")
            assert isinstance(readings[name, field], Reading)
    assert "failed" not in repr(readings)
    assert "damaged" in reason(readings["file", "version"])
    assert readings["empty", "version"].value == "1.0"
    assert readings["empty", "tags"].value is ABSENT
    assert "no metadata" in reason(readings["empty", "requires_nvidia"])


@given(
    st.from_regex(r"[^/\x00]{1,40}", fullmatch=True).filter(lambda name: len(name.encode("utf-8", "replace")) < 200),
    st.sampled_from([".dist-info", ".egg-info"]),
    st.binary(max_size=200)
    | st.sampled_from([b"Version: 1\n", b"{}", b'{"dir_info": []}', b"Requires-Dist: nvidia-x\n"]),
)
def test_any_name_and_any_content_is_survived(name: str, suffix: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = os.path.join(folder, f"{name}{suffix}")
        try:
            os.mkdir(made)
        except (OSError, UnicodeEncodeError):
            return
        for file in ("METADATA", "PKG-INFO", "WHEEL", "direct_url.json"):
            with open(os.path.join(made, file), "wb") as out:
                out.write(content)
        exam = examined(folder)
        for key in _listed(exam):
            for field in (
                packages.version,
                packages.local,
                packages.installed_from,
                packages.tags,
                packages.requires_nvidia,
            ):
                repr(field(exam, key)).encode()


class _Locked(Machine):
    """A machine with folders that belong to somebody else."""

    locked: tuple[str, ...] = ()

    def names(self, folder: str) -> list[str]:
        if folder in self.locked:
            raise PermissionError(13, "Permission denied", folder)
        return super().names(folder)


def test_a_folder_that_cannot_be_read_hides_what_may_be_in_it(tmp_path: Path) -> None:
    site, linked = tmp_path / "lib/python3.12/site-packages", tmp_path / "src"
    _folder(site, "torch-2.9.0.dist-info")
    _folder(linked, "triton-3.5.0.dist-info")
    (site / "more.pth").write_text(f"{linked}\n")
    (tmp_path / "pyvenv.cfg").write_text("version = 3.12.1\n")
    machine = _Locked("/", {})
    machine.locked = (str(linked),)
    exam = Examination(machine, str(tmp_path))
    assert exam.read("pkg.torch").value == "2.9.0"
    assert reason(exam.read("pkg.triton")) == f"needs root: {linked} can't be read"
    assert packages.complete(exam) == Unknown(f"needs root: {linked} can't be read")
    machine.locked = (str(site), str(linked))
    exam = Examination(machine, str(tmp_path))
    assert f"needs root: {site} can't be read" in reason(exam.read("pkg.torch"))


def test_debian_packages_belong_to_the_system(tmp_path: Path) -> None:
    _folder(tmp_path / "usr/lib/python3/dist-packages", "six-1.16.0.egg-info")
    _folder(tmp_path / "usr/local/lib/python3.12/dist-packages", "torch-2.9.0.dist-info")
    (tmp_path / "usr/bin").mkdir()
    (tmp_path / "usr/bin/python3.12").write_text("")
    (tmp_path / "usr/bin/python3.12").chmod(0o755)
    exam = examined("/usr/bin/python3.12", root=tmp_path)
    assert pythons.values(exam, "pkg.six.installed_from", "pkg.torch.installed_from") == ["system", "index"]


@pytest.mark.parametrize("name", ["Foo.Bar", "foo--bar", "FOO_bar", "foo", "a.-_b"])
def test_names_are_normalised_as_cases_are(name: str) -> None:
    assert packages.normalised(name) == normalised(name)
