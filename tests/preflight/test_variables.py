"""What becomes of the environment: whole wishes, never over what is set, nothing where rules contradict each other."""

from __future__ import annotations

import pytest

from sparkdoctor.preflight.variables import Plan, Wish, plan

SET = Wish("TRI001", {"TORCH_CUDA_ARCH_LIST": "12.1a"})
OTHER = Wish("TRI002", {"TORCH_CUDA_ARCH_LIST": "/other/ptxas"})
PAIR = Wish("CLU001", {"NCCL_SOCKET_IFNAME": "enp1", "GLOO_SOCKET_IFNAME": "enp1"})
UNSET = Wish("NCC001", {"NCCL_P2P_DISABLE": None})
LOADING = Wish("BAD001", {"LD_PRELOAD": "/tmp/evil.so"})


def planned(
    *wishes: Wish, environment: dict[str, str] | None = None, override: tuple[str, ...] = (), builtin: bool = True
) -> Plan:
    return plan(wishes, environment or {}, override, builtin)


@pytest.mark.parametrize(
    ("wishes", "environment", "override", "changes", "held"),
    [
        ((SET,), {}, (), {"TORCH_CUDA_ARCH_LIST": "12.1a"}, {}),
        ((SET, SET), {}, (), {"TORCH_CUDA_ARCH_LIST": "12.1a"}, {}),
        ((SET,), {"TORCH_CUDA_ARCH_LIST": "/mine"}, (), {}, {"TRI001": ("TORCH_CUDA_ARCH_LIST",)}),
        ((SET,), {"TORCH_CUDA_ARCH_LIST": ""}, (), {}, {"TRI001": ("TORCH_CUDA_ARCH_LIST",)}),
        ((SET,), {"TORCH_CUDA_ARCH_LIST": "12.1a"}, (), {}, {}),
        ((SET,), {"TORCH_CUDA_ARCH_LIST": "/mine"}, ("TORCH_CUDA_ARCH_LIST",), {"TORCH_CUDA_ARCH_LIST": "12.1a"}, {}),
        ((SET, OTHER), {}, (), {}, {"TRI001": ("TORCH_CUDA_ARCH_LIST",), "TRI002": ("TORCH_CUDA_ARCH_LIST",)}),
        ((SET, OTHER), {}, ("TORCH_CUDA_ARCH_LIST",), {}, {"TRI001": None, "TRI002": None}),
        ((UNSET,), {}, (), {}, {}),
        ((UNSET,), {"NCCL_P2P_DISABLE": "1"}, (), {}, {"NCC001": ("NCCL_P2P_DISABLE",)}),
        ((UNSET,), {"NCCL_P2P_DISABLE": "1"}, ("NCCL_P2P_DISABLE",), {"NCCL_P2P_DISABLE": None}, {}),
        ((PAIR,), {"GLOO_SOCKET_IFNAME": "eth0"}, (), {}, {"CLU001": ("GLOO_SOCKET_IFNAME",)}),
        ((PAIR,), {"GLOO_SOCKET_IFNAME": "enp1"}, (), {"NCCL_SOCKET_IFNAME": "enp1"}, {}),
    ],
)
def test_plan(
    wishes: tuple[Wish, ...],
    environment: dict[str, str],
    override: tuple[str, ...],
    changes: dict[str, str | None],
    held: dict[str, tuple[str, ...] | None],
) -> None:
    found = planned(*wishes, environment=environment, override=override)
    assert found.changes == changes
    assert {item.rule for item in found.held} == set(held)
    assert all(held[item.rule] in (None, item.names) for item in found.held)


def test_contradicting_rules_name_each_other() -> None:
    first, second = planned(SET, OTHER).held
    assert first.reason == "TRI002 wants something else of TORCH_CUDA_ARCH_LIST"
    assert second.reason == "TRI001 wants something else of TORCH_CUDA_ARCH_LIST"


@pytest.mark.parametrize(("builtin", "changes"), [(True, {"LD_PRELOAD": "/tmp/evil.so"}), (False, {})])
def test_only_the_builtin_rulebook_changes_how_code_is_loaded(builtin: bool, changes: dict[str, str]) -> None:
    assert planned(LOADING, override=("LD_PRELOAD",), builtin=builtin).changes == changes


def test_applied_leaves_the_rest_as_it_was() -> None:
    environment = {"B": "2", "NCCL_P2P_DISABLE": "1", "A": "1"}
    found = planned(SET, UNSET, environment=environment, override=("NCCL_P2P_DISABLE",))
    assert list(found.applied(environment).items()) == [
        ("B", "2"),
        ("A", "1"),
        ("TORCH_CUDA_ARCH_LIST", "12.1a"),
    ]
    assert found.granted("TRI001") == ("TORCH_CUDA_ARCH_LIST",)
