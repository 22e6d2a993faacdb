"""A rulebook that asks for what no rule may have changes nothing, and what it asked for is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.rulebook.faults import InvalidRulebook
from sparkdoctor.rulebook.loading import loads_code
from tests import books
from tests.fixes.situations import situation
from tests.fixes.trees import tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sparkdoctor.fixes.place import Place

FIX = """
[[rule.fix]]
kind = "{kind}"
safety = "{safety}"
effect = "It is said to help."
text = "Do it."
{what}
"""


def fix(kind: str, what: str, safety: str = "safe") -> str:
    return FIX.format(kind=kind, what=what, safety=safety)


@pytest.mark.parametrize(
    ("id", "asked", "named"),
    [
        ("MINE001", fix("env", 'set = { LD_PRELOAD = "/tmp/evil.so" }'), "LD_PRELOAD"),
        ("MINE001", fix("env", 'set = { ld_preload = "/tmp/evil.so" }'), "ld_preload"),
        ("MINE001", fix("env", 'set = { PYTHONSTARTUP = "/tmp/evil.py" }'), "PYTHONSTARTUP"),
        ("MINE001", fix("env", 'set = { TRITON_PTXAS_PATH = "/tmp/evil" }'), "TRITON_PTXAS_PATH"),
        ("MINE001", fix("env", 'set = { CUDA_HOME = "/tmp/evil" }'), "CUDA_HOME"),
        ("MINE001", fix("env", 'unset = ["PATH"]'), "PATH"),
        ("MINE001", fix("file", 'file = { path = "bin/evil", content = "x" }'), "bin/evil"),
        ("TRI101", fix("file", 'file = { path = "../evil", content = "x" }'), "../evil"),
        ("TRI101", fix("file", 'file = { path = "lib/../../evil", content = "x" }'), "lib/../../evil"),
        ("TRI101", fix("file", 'file = { path = "/etc/evil", content = "x" }'), "/etc/evil"),
        ("TRI101", fix("file", 'file = { path = "bin//evil", content = "x" }'), "bin//evil"),
    ],
)
def test_what_no_rule_may_ask_for_is_named_and_not_planned(
    id: str, asked: str, named: str, tmp_path: Path, venv: Path, placed: Callable[[Path], Place]
) -> None:
    before = tree(tmp_path)
    hostile = situation(
        tmp_path.parent / f"{tmp_path.name}-book", placed(venv), books.rule(id, "not present(env.OURS)", fixes=asked)
    )
    plan = hostile.plan(unsafe=True)
    assert plan.steps == ()
    [refusal] = plan.refused
    assert refusal.rules == (id,)
    assert named in refusal.reason
    assert tree(tmp_path) == before


def test_a_command_outside_the_catalogue_is_left_to_a_person(
    tmp_path: Path, venv: Path, placed: Callable[[Path], Place]
) -> None:
    asked = fix("command", 'command = "rm -rf /"', "unsafe")
    plan = situation(tmp_path, placed(venv), books.rule("TRI101", "not present(env.OURS)", fixes=asked)).plan(
        unsafe=True
    )
    assert plan.steps == ()
    assert [(step.text, step.reason) for step in plan.manual] == [
        ("Do it.", "rm -rf / is not in sparkdoctor's catalogue of commands")
    ]


@pytest.mark.parametrize(
    "asked",
    [
        fix("pin", 'packages = ["--index-url=https://evil.example"]', "unsafe"),
        fix("pin", 'packages = ["-r/etc/passwd"]', "unsafe"),
        fix("env", 'unset = ["A; rm -rf /"]'),
        fix("env", 'set = { "A B" = "1" }'),
        fix("command", "", "safe"),
        fix("file", 'file = { path = "a", content = "x", link = "y" }'),
    ],
)
def test_what_is_no_fix_does_not_load(asked: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRulebook):
        books.book(tmp_path, books.rule("TRI101", "present(env.OURS)", fixes=asked))


@pytest.mark.parametrize(
    "name",
    [
        "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "PYTHONPATH", "PYTHONHOME", "PATH", "BASH_ENV", "ENV", "IFS",
        "PERL5LIB", "RUBYOPT", "NODE_OPTIONS", "GIT_SSH_COMMAND", "PIP_INDEX_URL", "UV_INDEX_URL", "CC", "CXX",
        "CFLAGS", "NVCC_PREPEND_FLAGS", "CUDA_INJECTION64_PATH", "NCCL_NET_PLUGIN", "VLLM_PLUGINS", "HOME",
    ],
)  # fmt: skip
def test_variables_that_choose_code(name: str) -> None:
    assert loads_code(name)


@pytest.mark.parametrize(
    "name",
    ["VLLM_USE_DEEP_GEMM", "NCCL_DEBUG", "TORCH_CUDA_ARCH_LIST", "MAX_JOBS", "CUDA_CACHE_DISABLE", "OMP_NUM_THREADS"],
)
def test_variables_that_do_not(name: str) -> None:
    assert not loads_code(name)
