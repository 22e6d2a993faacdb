"""`--launch`: a command line is judged without being started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.running import report, sparkdoctor
from tests.standin.hosts import healthy_spark

if TYPE_CHECKING:
    from pathlib import Path

TOO_MUCH = "vllm serve Qwen/Qwen3-8B --gpu-memory-utilization 0.95"


def ids(found: dict[str, Any]) -> set[str]:
    return {finding["id"] for finding in found["findings"]}


def test_a_launch_is_judged_as_if_on_a_spark() -> None:
    assert "MEM012" in ids(report("--target", "gb10", "--launch", TOO_MUCH))
    assert "MEM012" not in ids(report("--target", "h100", "--launch", TOO_MUCH))


def test_the_command_is_not_started(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    report("--target", "gb10", "--launch", f"sh -c 'touch {trace}'; touch {trace} && vllm serve $(touch {trace})")
    assert not trace.exists()


def test_a_launch_of_an_image_leaves_this_environment_aside() -> None:
    command = "docker run --gpus all vllm/vllm-openai:v0.19.0 nvidia/Qwen3-8B-NVFP4"
    found = report("--target", "gb10", "--launch", command)
    finding = next(item for item in found["findings"] if item["id"] == "VLL007")
    version = next(item for item in finding["evidence"] if item["fact"] == "pkg.vllm.version")
    assert (version["value"], version["origin"]) == ("0.19.0", "estimated")


def test_a_case_and_the_option_say_the_same(tmp_path: Path) -> None:
    facts = '[facts]\n"gpu.name" = "NVIDIA GB10"\n"gpu.count" = 1\n[packages]\nvllm = "0.28.0"\n'
    command = "vllm serve deepseek-ai/DeepSeek-V2-Lite -tp 2 --attention-backend FLASHMLA"
    bare, full = tmp_path / "bare.toml", tmp_path / "full.toml"
    bare.write_text(facts)
    full.write_text(f'{facts}[launch]\ncommand = "{command}"\n')
    given = ids(report("--facts", full))
    assert given == ids(report("--facts", bare, "--launch", command))
    assert {"ENG035", "VLL024"} <= given


def test_facts_hold_the_launch_and_can_be_judged_later(tmp_path: Path) -> None:
    done = sparkdoctor("facts", "--format", "json", "--target", "gb10", "--launch", f"HF_TOKEN=sekret {TOO_MUCH}")
    assert "sekret" not in done.stdout
    snapshot = json.loads(done.stdout)
    assert snapshot["launch"]["command"].endswith(TOO_MUCH)
    assert snapshot["facts"]["launch.program"]["value"] == "vllm"
    later = tmp_path / "snapshot.json"
    later.write_text(done.stdout)
    assert "MEM012" in ids(report("--facts", later))
    assert "MEM012" not in ids(report("--facts", later, "--launch", "vllm serve m --gpu-memory-utilization 0.8"))


def test_a_whole_spark_judges_a_launch(tmp_path: Path) -> None:
    root = healthy_spark(tmp_path)
    plain = ids(report("--root", root.path))
    assert ids(report("--root", root.path, "--launch", TOO_MUCH)) - plain >= {"MEM012"}
    worse = {f["id"] for f in report("--root", root.path, "--launch", HEALTHY)["findings"] if f["severity"] != "info"}
    assert worse <= plain


HEALTHY = "vllm serve nvidia/Qwen3.6-35B-A3B-NVFP4 --kv-cache-dtype fp8 --gpu-memory-utilization 0.5 --max-num-seqs 8"


@pytest.mark.parametrize("command", ["vllm serve 'm", "$(", "docker run", "env", "\u00e9\u0000", "| & ;"])
def test_strange_commands_are_no_failure(command: str) -> None:
    if "\0" in command:
        command = command.replace("\0", "\x01")
    assert sparkdoctor("check", "--target", "gb10", "--launch", command).returncode in (0, 1)


@pytest.mark.parametrize("command", ["", "  \n"])
def test_an_empty_command_is_said(command: str) -> None:
    done = sparkdoctor("check", "--launch", command)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--launch" in done.stderr
