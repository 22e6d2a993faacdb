"""Pre-flight as the first process of a container: the command gets the process as the container started it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.preflight.settings import BUDGET
from sparkdoctor.rulebook import compiled, source
from tests.books import rule, write
from tests.containers import debian
from tests.containers.podman import SPARKDOCTOR
from tests.preflight.conftest import setting
from tests.preflight.running import endless, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.containers.podman import Podman

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

KEPT = ("Pid", "PPid", "SigIgn", "SigBlk", "SigCgt", "Umask", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp", "Groups")
STATE = "ls -l /proc/self/fd | sed 's/.*:.. //; s#/proc/[0-9]*/#/proc/#; s/:.[0-9]*.$//'; umask; pwd"
WAYS = {
    "as root": [],
    "a read-only root": ["--read-only", "--read-only-tmpfs=false"],
    "an arbitrary uid": ["--user=12345"],
    "all at once": ["--read-only", "--read-only-tmpfs=false", "--user=12345:12345"],
}
PREFLIGHT = (SPARKDOCTOR, "preflight")
WITHOUT_HOME = ("env", "-u", "HOME")
HANG = "/mnt/rulebook"
UNMOUNT = 'umount -l /proc && exec "$@"'


@pytest.fixture(scope="module")
def image(installed: Path) -> Iterator[Path]:
    """The Debian with sparkdoctor, and two rulebooks.

    That in /mnt/book fires everywhere and sets PLANNED, that in /mnt/asking asks what only NVML can say.
    """
    made = debian.copy(installed, installed.with_name("preflight"))
    put(made, "book", setting("TRI001", 'set = { PLANNED = "yes" }'))
    put(made, "asking", rule("DRV001", 'present(os.arch) and driver.cuda_version >= "12.0"', component="driver"))
    endless(made / HANG.lstrip("/"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def put(image: Path, name: str, entry: str) -> None:
    """Compiles a rulebook of one rule into /mnt."""
    folder = image / "mnt" / name
    folder.mkdir()
    for file, content in compiled.documents(source.read(str(write(image / "tmp" / name, entry)))).items():
        (folder / file).write_bytes(content)


def told(podman: Podman, image: Path, *command: str, options: Sequence[str] = ()) -> tuple[str, str]:
    """What the command says on both outputs; it must end well."""
    done = podman.run(image, *command, options=["--hostname=box", *options])
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("before", [(), WITHOUT_HOME], ids=["with HOME", "without HOME"])
@pytest.mark.parametrize("way", WAYS)
def test_the_command_gets_the_process_as_it_was(podman: Podman, image: Path, way: str, before: tuple[str, ...]) -> None:
    for command in (("sh", "-c", STATE), ("cat", "/proc/self/environ"), ("cat", "/proc/self/status")):
        without, _ = told(podman, image, *before, *command, options=WAYS[way])
        with_, said = told(podman, image, *before, *PREFLIGHT, "--strict", "--", *command, options=WAYS[way])
        if command[-1] == "/proc/self/status":
            without, with_ = kept(without), kept(with_)
            assert "Pid:\t1" in with_
        elif command[0] == "cat":  # podman puts them in any order
            without, with_ = ("\0".join(sorted(found.split("\0"))) for found in (without, with_))
        assert with_ == without
        assert said.startswith("sparkdoctor: preflight: nothing found · ")
        assert len(said.splitlines()) == 1


def kept(status: str) -> str:
    return "\n".join(line for line in status.splitlines() if line.partition(":")[0] in KEPT)


def test_planned_variables_reach_the_command_and_only_it(podman: Podman, image: Path) -> None:
    options = ["--env=SPARKDOCTOR_RULEBOOK=/mnt/book"]
    without, _ = told(podman, image, "cat", "/proc/self/environ", options=options)
    with_, _ = told(podman, image, *PREFLIGHT, "--", "cat", "/proc/self/environ", options=options)
    assert set(with_.split("\0")) - set(without.split("\0")) == {"PLANNED=yes"}
    assert set(without.split("\0")) <= set(with_.split("\0"))
    outside = ("sh", "-c", f"{SPARKDOCTOR} preflight -- true; echo ${{PLANNED-not set}}")
    assert told(podman, image, *outside, options=options)[0] == "not set\n"


@pytest.mark.parametrize(("command", "code"), [("exit 7", 7), ("exec nothing-here", 127), ("exec /etc/passwd", 126)])
def test_exit_codes_are_passed_through(podman: Podman, image: Path, command: str, code: int) -> None:
    assert podman.run(image, *PREFLIGHT, "--", "sh", "-c", command).returncode == code


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stop_before_exec(podman: Podman, image: Path, number: signal.Signals, code: int) -> None:
    options = [f"--env=SPARKDOCTOR_RULEBOOK={HANG}"]
    line = podman.line(image, *PREFLIGHT, "--budget", "3600", "--", "sleep", "100", options=options)
    process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pipe = image / HANG.lstrip("/") / "rulebook.toml"
    writer = until(lambda: opened(pipe))
    try:
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    finally:
        os.close(writer)
    assert process.returncode == code, said


def opened(pipe: Path) -> int | None:
    """The pipe's writing end, once somebody reads."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def test_a_stop_after_exec_is_the_commands_own(podman: Podman, image: Path) -> None:
    waits = "trap 'exit 42' TERM; echo ready; while :; do sleep 0.1; done"
    line = podman.line(image, *PREFLIGHT, "--", "sh", "-c", waits)
    process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 42


@pytest.mark.parametrize(("strict", "code"), [((), 0), (("--strict",), 78)])
@pytest.mark.parametrize("failure", ["a hang", "no rulebook", "no child", "no /proc"])
def test_a_doctor_that_fails(podman: Podman, image: Path, failure: str, strict: tuple[str, ...], code: int) -> None:
    options = {
        "a hang": [f"--env=SPARKDOCTOR_RULEBOOK={HANG}"],
        "no rulebook": ["--env=SPARKDOCTOR_RULEBOOK=/nowhere"],
        "no child": ["--ulimit=nproc=1:1", "--user=12345"],
        "no /proc": ["--privileged"],
    }[failure]
    before = ("sh", "-c", UNMOUNT, "sh") if failure == "no /proc" else ()
    command = (*before, *PREFLIGHT, *strict, "--budget", "2", "--", "echo", "started")
    done = podman.run(image, *command, options=options)
    assert (done.returncode, done.stdout) == (code, "" if strict else "started\n"), done.stderr
    assert len(done.stderr.splitlines()) >= 2


@pytest.mark.parametrize(
    ("behaviour", "findings", "undecided"), [("answers", 1, 0), ("hangs", 0, 1), ("crashes", 0, 1)]
)
def test_an_nvml_that_fails_leaves_undecided_what_it_was_asked(
    podman: Podman, image: Path, fake_nvml: Callable[..., Path], behaviour: str, findings: int, undecided: int
) -> None:
    variables = {"LD_LIBRARY_PATH": "/opt/nvml", "SPARKDOCTOR_RULEBOOK": "/mnt/asking"}
    options = [f"--volume={fake_nvml(behaviour)}:/opt/nvml:ro", *(f"--env={k}={v}" for k, v in variables.items())]
    command = (*PREFLIGHT, "--log-format", "json", "--", "echo", "started")
    done = podman.run(image, *command, options=options)
    assert (done.returncode, done.stdout) == (0, "started\n"), done.stderr
    summary = json.loads(done.stderr.splitlines()[0])
    assert (summary["counts"]["error"], summary["undetermined"], summary["complete"]) == (findings, undecided, True)
    assert summary["seconds"] < BUDGET


def test_the_report_of_a_read_only_container_goes_where_it_is_told(podman: Podman, image: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    options = [*WAYS["all at once"], f"--volume={tmp_path}:/reports"]
    told(podman, image, *PREFLIGHT, "--report", "/reports/report.json", "--", "true", options=options)
    assert tmp_path.joinpath("report.json").read_text().startswith('{\n  "schema_version"')
    done = podman.run(image, *PREFLIGHT, "--report", "/report.json", "--", "true", options=WAYS["all at once"])
    assert done.returncode == 0
    assert "the report can't be written: /report.json" in done.stderr
