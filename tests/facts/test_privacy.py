from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.facts.privacy import Redactor, of_machine
from sparkdoctor.facts.secret import is_secret
from sparkdoctor.facts.values import Reading, unknown
from sparkdoctor.machine import Machine

if TYPE_CHECKING:
    from pathlib import Path

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
        ("ether 00-1A-2B-3C-4D-5E up", "ether (mac) up"),
        ("machine 0123456789abcdef0123456789abcdef here", "machine (id) here"),
        ("GPU-7d0c9f1e-55aa-4b6e-9c1d-0123456789ab", "GPU-(uuid)"),
        ("--api-key swordfish --model x", "--api-key (hidden) --model x"),
        ("-e HF_TOKEN=swordfish x", "-e HF_TOKEN=(hidden) x"),
        ("Authorization: Bearer swordfish", "Authorization: Bearer (hidden)"),
        ("--tokenizer Qwen/Qwen3 --max-tokens 8192", "--tokenizer Qwen/Qwen3 --max-tokens 8192"),
        ("max_tokens=8192", "max_tokens=8192"),
        ("--host 8.8.4.4 --port 8000", "--host (address) --port 8000"),
        ("--host 0.0.0.0 --port 8000", "--host 0.0.0.0 --port 8000"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("MASTER_ADDR=192.168.100.10", "MASTER_ADDR=(address)"),
        ("nvidia-curand==10.4.0.35", "nvidia-curand==10.4.0.35"),
        ("fd00::1:2 and 2001:db8::7", "(address) and (address)"),
        ("at::native::add and c10::Error", "at::native::add and c10::Error"),
        ("mail grace@example.com", "mail (address)"),
        ("git@github.com:x/y.git", "git@github.com:x/y.git"),
        ("vllm@v0.10.1", "vllm@v0.10.1"),
        ("grace@box:~$ ls", "(name)@(name):~$ ls"),
        ("Nov 24 10:11:12 box kernel: NVRM: Xid", "Nov 24 10:11:12 (name) kernel: NVRM: Xid"),
        ("2026-11-24T10:11:12+00:00 box kernel: x", "2026-11-24T10:11:12+00:00 (name) kernel: x"),
        ("joined gx10-3c4d and spark-1a2b", "joined (name) and (name)"),
        ("docker run --hostname box x", "docker run --hostname (name) x"),
        ("/media/grace/disk", "/media/user/disk"),
        ("/mnt/ada/models", "/mnt/(name)/models"),
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [("6.17.0-ada-custom", "6.17.0-(name)-custom"), ("9.10.2.21", "9.10.2.21"), ("10.4.0.35", "10.4.0.35")],
)
def test_a_version_keeps_its_fields_and_loses_a_name(text: str, shown: str) -> None:
    assert ADA.reading("kernel.release", Reading(text, "measured", "/proc")).value == shown


def test_another_root_tells_its_own_names_and_homes(tmp_path: Path) -> None:
    files = {
        "etc/hostname": "lab-box.example.org\n",
        "etc/passwd": "root:x:0:0::/root:/bin/sh\nnginx:x:101:101::/srv/www:/bin/no\nlin:x:1000:1000::/srv/lin:\n",
        "proc/1/environ": "USER=mei\0HOME=/data/mei\0",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    redactor = of_machine(Machine(str(tmp_path)), {"HOME": "/home/ada", "USER": "ada"})
    told = redactor.text("lin and mei on lab-box: /srv/lin/x /data/mei/y /srv/www/z /home/ada/w nginx")
    assert told == "(name) and (name) on (name): /home/user/x /home/user/y /srv/www/z ~/w nginx"


@given(st.text(), st.text())
def test_a_home_never_passes(before: str, after: str) -> None:
    assert "/home/ada/" not in ADA.text(f"{before}/home/ada/{after}")
