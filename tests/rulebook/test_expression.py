from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.rulebook.asked import facts_in
from sparkdoctor.rulebook.expression import InvalidCondition, parse


def test_a_condition_becomes_lists_that_json_can_carry() -> None:
    node = parse("""
        "3.5" <= pkg.triton.version < "3.6" and gpu.sm_a not in triton.ptxas_targets
        and not present(env.TRITON_PTXAS_PATH)
    """)
    assert json.loads(json.dumps(node)) == node
    assert set(facts_in(node)) == {
        "pkg.triton.version", "triton.ptxas_targets", "gpu.sm_a", "env.TRITON_PTXAS_PATH",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ('driver.version >= "580.95"', ["compare", "numeric", ">=", "driver.version", "580.95"]),
        ('"580.95" < driver.version', ["compare", "numeric", ">", "driver.version", "580.95"]),
        ("gpu.count == 2", ["compare", "plain", "==", "gpu.count", 2]),
        ("gpu.unified", ["is", "gpu.unified"]),
        ("not wsl", ["not", ["is", "wsl"]]),
        ("present(pkg.vllm)", ["present", "pkg.vllm.version"]),
        ('torch.cuda_version == "none"', ["compare", "numeric", "==", "torch.cuda_version", "none"]),
        ("torch.cuda_version > driver.cuda_version",
         ["compare-facts", "numeric", ">", "torch.cuda_version", "driver.cuda_version"]),
        ('"sm_121a" in cuda.toolkit_targets', ["has", "cuda.toolkit_targets", "sm_121a"]),
        ("gpu.sm not in cuda.toolkit_targets", ["lacks-fact", "cuda.toolkit_targets", "gpu.sm"]),
        ('os.id in ["ubuntu", "debian"]', ["one-of", "plain", "os.id", ["ubuntu", "debian"]]),
        ('runs(pkg.torch.gpu_code, gpu) != "none"',
         ["runs", "pkg.torch.gpu_code", ["native", "compatible", "ptx", "none-found"]]),
        ("any(cuda.toolkits, 'item.version >= \"13.0\"')",
         ["any", "cuda.toolkits", ["compare", "numeric", ">=", "item.version", "13.0"]]),
        ('matches(kernel.release, "-generic$")', ["matches", "kernel.release", "-generic$", [["-generic"]]]),
    ],
)  # fmt: skip
def test_the_forms_of_conditions(text: str, node: list[object]) -> None:
    assert parse(text) == node


def test_cheap_facts_are_asked_first() -> None:
    node = parse('gpu.sm_a not in triton.ptxas_targets and env.CUDA_HOME == "/usr" and pkg.triton.version >= "3.5"')
    assert [part[0] for part in node[1:]] == ["compare", "compare", "lacks-fact"]
    assert node[1][3] == "env.CUDA_HOME"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('pkg.triton.verzion >= "3"', "did you mean pkg.triton.version?"),
        ('gpu.nam == "x"', "did you mean gpu.name?"),
        ("present(1)", "not a fact"),
        ('gpu.name < "x"', "has no order"),
        ("driver.version == 580", 'write "580" in quotes'),
        ('gpu.count == "2"', "write it without quotes"),
        ('gpu.name in "NVIDIA GB10"', "needs a fact and a list"),
        ('"nvidia" in kernel.cmdline', "not a list: write matches"),
        ("foo(gpu.name)", "no such function: foo"),
        ("gpu.name", "write present(gpu.name) or a comparison"),
        ("pkg.torch", "write present(pkg.torch.version)"),
        ('matches(gpu.name, "(?!x)")', "look-around"),
        ('matches(gpu.name, "(a+)+")', "an unbounded repeat inside another"),
        ('matches(gpu.name, "(")', "not a pattern"),
        ("gpu.unified == True", "a yes or no"),
        ("gpu.name == driver.version", "can't be compared"),
        ('driver.version == "new"', "no version number"),
        ('runs(pkg.torch.gpu_code, gpu) == "sometimes"', "never says"),
        ("runs(pkg.torch.gpu_code, gpu)", "runs(…) is compared"),
        ('cuda.toolkit_targets == "sm_121"', 'write "…" in cuda.toolkit_targets'),
        ("1 < 2", "needs a fact"),
        ("gpu.count +", "not a condition"),
        ("gpu.count if wsl else wsl", "not part of a condition"),
        ('any(gpu.name, "item == 1")', "any takes a list"),
        ("__import__('os').system('true')", "no such function"),
        ("(" * 500 + "wsl" + ")" * 500, "not a condition"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(text: str, words: str) -> None:
    with pytest.raises(InvalidCondition) as caught:
        parse(text)
    assert words in str(caught.value)


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        node = parse(text)
    except InvalidCondition:
        return
    assert isinstance(node, list)
