"""Nothing private leaves the program, wherever on the machine it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests import standin
from tests.acceptance import asking
from tests.acceptance.planted import HOST, USER, Marks, handmade, plant, watched
from tests.cli import running
from tests.standin.broken import BROKEN
from tests.standin.known_good import KNOWN_GOOD
from tests.standin.spark import CABLED, MAC, SPARK
from tests.standin.venv import Package, install

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = (
    ("check",),
    ("check", "-v"),
    ("check", "--format", "json"),
    ("check", "-v", "--format", "json"),
    ("facts",),
    ("facts", "--format", "json"),
)
BINARY = (".so", ".so.6", "ptxas", "ptxas-blackwell", "nvcc", "/sh")
READ_AND_NO_TEXT = (
    "/sys/class/drm/card0-HDMI-A-1/edid",
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
)
"""Files that hold no text; the screen's serial number stands in its description all the same."""


def machine(path: Path) -> standin.Root:
    """A Spark with trouble enough that much is told of it."""
    root = standin.build(path, replace(SPARK, ports=CABLED, kernel="6.17.0-8-generic", library="580.142"))
    standin.toolkit(root)
    site = KNOWN_GOOD["vLLM 0.27.1 with speculation"].build(root)
    origin: dict[str, object] = {"url": f"file:///home/{USER}/wheels/x.whl", "archive_info": {}}
    install(root, site, Package("flash-attn", "2.8.3", direct_url=origin))
    root.write(f"{site}/project.pth", f"/home/{USER}/project\n")
    return root


def outputs(root: standin.Root) -> dict[str, str]:
    """What each command prints, on both streams."""
    found = {}
    for words in COMMANDS:
        said = asking.sparkdoctor(*words, "--root", root.path)
        assert said.code in (0, 1), said.err
        found[" ".join(words)] = said.out + said.err
    return found


def test_nothing_private_is_shown_of_any_file_that_is_read(tmp_path: Path) -> None:
    root = machine(tmp_path / "machine")
    marks = Marks()
    handmade(root, marks)
    with watched() as read:
        outputs(root)
    left = {path for path in read if not plant(root, path, marks)}
    assert {path for path in left if not path.endswith(BINARY)} <= set(READ_AND_NO_TEXT)
    assert len(read - left) > 50
    for command, output in outputs(root).items():
        assert marks.seen_in(output) == [], command


def test_a_file_that_is_read_after_the_first_one_changed_is_clean_too(tmp_path: Path) -> None:
    root = machine(tmp_path / "machine")
    marks = Marks()
    handmade(root, marks)
    done: set[str] = set()
    for _ in range(2):
        with watched() as read:
            found = outputs(root)
        assert [mark for output in found.values() for mark in marks.seen_in(output)] == []
        for path in sorted(read - done):
            plant(root, path, marks)
        done |= read


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_machine_tells_its_trouble_and_no_name(name: str, tmp_path: Path) -> None:
    root = BROKEN[name].build(tmp_path / "machine")
    told = "".join(outputs(root).values())
    private = (root.at("/etc/hostname").read_text().strip(), MAC, *SPARK.dmi["product_serial"].split())
    assert [mark for mark in private if mark in told] == []


LOG = """\
Nov 24 10:11:12 {host} kernel: NVRM: Xid (PCI:000f:01:00): 120, GSP task exception
2026-11-24T10:11:12.000001+00:00 {host} kernel: Out of memory: Killed process 4711 (vllm) UID:1000
{user}@{host}:~$ python /home/{user}/serve.py --host 192.168.77.5 --api-key sk-zoelogkey0123456789
ptxas fatal   : Value 'sm_121a' is not defined for option 'gpu-name' {user}@{host}:~/x 10.77.1.1
RuntimeError: CUDA error: no kernel image is available, see https://u:zoelogpass@h.example.com/?t=zoelogquery
"""
LAUNCH = (
    "docker run --gpus all -e HF_TOKEN=hf_zoelaunchtoken1234 -v /home/{user}/models:/models --hostname {host} "
    "--shm-size 64g vllm/vllm-openai:v0.28.0 --host 192.168.77.6 --api-key zoelaunchkey --max-num-batched-tokens 131072"
)


def test_lines_of_a_log_and_a_launch_command_lose_what_is_private(tmp_path: Path) -> None:
    said = {"user": "zoelogged", "host": "zoelogger"}
    case = tmp_path / "case.toml"
    case.write_text(
        f'id = "x"\nlog = """\n{LOG.format(**said)}"""\n[launch]\ncommand = "{LAUNCH.format(**said)}"\n'
        '[facts]\n"gpu.name" = "NVIDIA GB10"\n[packages]\ntriton = "3.5.0"\ntorch = "2.9.0+cu130"\nvllm = "0.28.0"\n'
    )
    for words in COMMANDS:
        told = asking.sparkdoctor(*words, "--facts", case)
        assert told.code in (0, 1), told.err
        shown = told.out + told.err
        private = ("zoelogg", "zoelogkey", "zoelogpass", "zoelogquery", "zoelaunch", "192.168.77", "10.77.1.1")
        assert [mark for mark in private if mark in shown] == [], (words, shown)


def test_the_variables_and_the_home_of_this_process_are_not_shown(tmp_path: Path) -> None:
    home = tmp_path / "zoehome"
    home.mkdir()
    environ = {
        "HOME": str(home),
        "USER": USER,
        "SUDO_USER": HOST,
        "VLLM_HOST_IP": "10.77.2.2",
        "HF_TOKEN": "zoevalue",
        "CUDA_HOME": f"{home}/cuda",
        "TRITON_PTXAS_PATH": f"{home}/{USER}/ptxas",
        "NCCL_SOCKET_IFNAME": HOST,
        "UV_INDEX_URL": "https://zoeuv:zoeuvpass@h.example.com/simple",
    }
    for words in COMMANDS:
        done = running.sparkdoctor(*words, env=environ)
        assert done.returncode in (0, 1), done.stderr
        shown = done.stdout + done.stderr
        private = (USER, HOST, "10.77.2.2", "zoevalue", "zoehome", "zoeuv")
        assert [mark for mark in private if mark in shown] == [], words
