"""The one door: a root folder is read as itself, whatever its links say, and nothing but regular files."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.machine import Machine, Unreadable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside.txt").write_text("outside")
    inside = tmp_path / "root"
    (inside / "etc").mkdir(parents=True)
    (inside / "etc" / "name").write_text("inside\n")
    return inside


@pytest.mark.parametrize(
    ("link", "target", "expected"),
    [
        ("absolute", "/etc/name", "inside\n"),
        ("relative", "etc/name", "inside\n"),
        ("climbing", "../../../../../../etc/name", "inside\n"),
        ("folder", "/etc", None),
    ],
)
def test_links_are_followed_inside_the_root(root: Path, link: str, target: str, expected: str | None) -> None:
    (root / link).symlink_to(target)
    machine = Machine(str(root))
    if expected is None:
        assert machine.text(f"/{link}/name") == "inside\n"
        assert machine.real(f"/{link}/name") == "/etc/name"
    else:
        assert machine.text(f"/{link}") == expected
        assert machine.real(f"/{link}") == "/etc/name"


def test_nothing_outside_the_root_is_read(root: Path) -> None:
    machine = Machine(str(root))
    (root / "escape").symlink_to(root.parent / "outside.txt")
    for path in ("/escape", "/../outside.txt", "/etc/../../outside.txt"):
        with pytest.raises(FileNotFoundError):
            machine.text(path)
    assert machine.inside(str(root / "etc")) == "/etc"
    assert machine.inside("/somewhere/else") == "/somewhere/else"


def test_what_is_no_regular_file_is_refused_at_once(root: Path) -> None:
    machine = Machine(str(root))
    os.mkfifo(root / "pipe")
    (root / "loop").symlink_to("loop")
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    for path in ("/pipe", "/loop", "/a", "/etc"):
        with pytest.raises(Unreadable):
            machine.text(path)
        with pytest.raises(Unreadable):
            machine.mapped(path)


def test_reading_is_bounded_and_foreign_bytes_are_replaced(root: Path) -> None:
    machine = Machine(str(root))
    (root / "large").write_bytes(b"\xff" * 5000)
    (root / "empty").write_bytes(b"")
    assert machine.text("/large", limit=10) == "\ufffd" * 10
    assert machine.mapped("/empty") == b""
    assert machine.mapped("/large")[:2] == b"\xff\xff"


def test_questions_about_what_is_there_never_raise(root: Path) -> None:
    machine = Machine(str(root))
    (root / "run").write_text("#!")
    (root / "run").chmod(0o755)
    assert machine.is_dir("/etc")
    assert machine.is_file("/etc/name")
    assert machine.executable("/run")
    assert not machine.executable("/etc/name")
    assert not machine.executable("/etc")
    for path in ("/nowhere", "/etc/name/below"):
        assert not machine.exists(path)
        assert not machine.is_file(path)
    assert machine.names("/etc") == ["name"]


def test_a_live_machine_is_the_one_that_we_run_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    machine = Machine("/", {"A": "1"})
    assert machine.live
    assert machine.text(str(tmp_path / "file")) == "x"
    assert machine.environ["A"] == "1"


def test_space_is_that_of_the_file_system(tmp_path: Path) -> None:
    machine = Machine()
    told = shutil.disk_usage(tmp_path)
    free = machine.free_space(str(tmp_path))
    assert free is not None
    assert 0 <= free <= machine.size(str(tmp_path)) == told.total
    with pytest.raises(FileNotFoundError):
        machine.free_space(str(tmp_path / "nowhere"))


def test_another_root_tells_nothing_of_file_systems_and_kernels(root: Path) -> None:
    machine = Machine(str(root))
    for ask in (machine.free_space, machine.size):
        with pytest.raises(Unreadable, match="another root"):
            ask("/etc")
    with pytest.raises(Unreadable, match="another root"):
        machine.kernel_messages()


def test_the_kernels_messages_are_read_without_waiting() -> None:
    if not os.access("/dev/kmsg", os.R_OK):
        pytest.skip("the kernel's messages aren't for us")
    messages = Machine().kernel_messages()
    assert not any(message.endswith("\n") for message in messages)
    assert len(Machine().kernel_messages(most=2)) == min(2, len(messages))
