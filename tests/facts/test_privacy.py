from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.facts.privacy import Redactor, is_secret
from sparkdoctor.facts.values import Reading, unknown

ADA = Redactor(home="/home/ada", user="ada", host="spark-1f2e")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ada/venvs/llm", "~/venvs/llm"),
        ("/home/adam/x", "/home/user/x"),
        ("/home/grace/models:/usr/bin", "/home/user/models:/usr/bin"),
        ("https://ada:s3cret@wheels.example.com/x?token=abc", "https://wheels.example.com/x"),
        ("hf_abcdefghijklmnop in use", "(token) in use"),
        ("root=UUID=01234567-89ab-cdef-0123-456789abcdef ro", "root=UUID=(uuid) ro"),
        ("ether 00:1a:2b:3c:4d:5e up", "ether (mac) up"),
        ("tcp://192.168.1.20:5000", "tcp://(address):5000"),
        ("10.0.0.7", "(address)"),
        ("--dist-init-addr 10.0.0.7:50000", "--dist-init-addr (address):50000"),
        ("inet6 fe80::1a2b:3c4d", "inet6 (address)"),
        ("ran on spark-1f2e as ada", "ran on (name) as (name)"),
        ("nvidia_cudnn_cu12 9.10.2.21 is there", "nvidia_cudnn_cu12 9.10.2.21 is there"),
        ("6.17.0-1014-nvidia", "6.17.0-1014-nvidia"),
    ],
)
def test_private_things_are_taken_out_of_free_text_and_versions_stay(text: str, shown: str) -> None:
    assert ADA.text(text) == shown
    assert ADA.reading("env.SOMETHING", Reading(text, "measured", "process")).value == shown


def test_paths_and_reasons_lose_their_home() -> None:
    reading = ADA.reading("pkg.torch.version", Reading("2.9.1", "measured", "/home/ada/venv/torch-2.9.1.dist-info"))
    assert (reading.value, reading.where) == ("2.9.1", "~/venv/torch-2.9.1.dist-info")
    assert "ada" not in repr(ADA.reading("os.id", unknown("/home/ada/x isn't there")).value)
    toolkits = ({"path": "/home/ada/cuda", "version": "13.0"},)
    assert ADA.reading("cuda.toolkits", Reading(toolkits, "measured")).value == ({"path": "~/cuda", "version": "13.0"},)


@pytest.mark.parametrize("name", ["HF_TOKEN", "OPENAI_API_KEY", "DB_PASSWORD", "AWS_SECRET", "MY_CREDENTIALS", "OAUTH"])
def test_secrets_are_known_by_their_names(name: str) -> None:
    assert is_secret(name)
    assert not is_secret("CUDA_HOME")


@given(st.text(), st.text())
def test_a_home_never_passes(before: str, after: str) -> None:
    assert "/home/ada/" not in ADA.text(f"{before}/home/ada/{after}")
