"""What a command line is read as: engine, options, model, variables, container."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkdoctor.facts import schema
from sparkdoctor.facts.cases import from_case
from sparkdoctor.facts.launch import Launch, launch_facts, of_text
from sparkdoctor.facts.launched import Launched
from sparkdoctor.facts.snapshot import Snapshot
from sparkdoctor.facts.values import ABSENT, Reading, Unknown

ENVIRON = {"MODEL": "org/model", "EXTRA": "--enforce-eager --seed 1", "HOME": "/home/jo"}


def options(launch: Launch) -> dict[str, Any]:
    prefix = "launch.option."
    return {name[len(prefix) :]: r.value for name, r in launch.facts.items() if name.startswith(prefix)}


def value(launch: Launch, name: str) -> Any:
    reading = launch.read(name)
    assert reading is not None
    return reading.value


VLLM = [
    ("--max-num-batched-tokens 65536", {"max_num_batched_tokens": 65536}),
    ("--max_model_len=32k", {"max_model_len": 32000}),
    ("--max-model-len 32K", {"max_model_len": 32768}),
    ("--gpu-memory-utilization .9", {"gpu_memory_utilization": 0.9}),
    ("-tp 2 -pp=3", {"tensor_parallel_size": 2, "pipeline_parallel_size": 3}),
    ("--enforce-eager --trust-remote-code", {"enforce_eager": "true", "trust_remote_code": "true"}),
    ("--no-enable-prefix-caching", {"enable_prefix_caching": "false"}),
    ("--enable-prefix-caching false", {"enable_prefix_caching": "false"}),
    ("-O3", {"optimization_level": "3"}),
    ("-O.mode=3", {"compilation_config.mode": "3"}),
    ("-cc.cudagraph_mode=NONE", {"compilation_config.cudagraph_mode": "NONE"}),
    ("--speculative-config.model x", {"speculative_config.model": "x"}),
    (
        """--compilation-config '{"cudagraph_mode":"PIECEWISE","sizes":[1,2],"deep":{"on":true}}'""",
        {
            "compilation_config": '{"cudagraph_mode":"PIECEWISE","sizes":[1,2],"deep":{"on":true}}',
            "compilation_config.cudagraph_mode": "PIECEWISE",
            "compilation_config.sizes": "[1, 2]",
            "compilation_config.deep": '{"on": true}',
            "compilation_config.deep.on": "true",
        },
    ),
    ("--kv-cache-dtype fp8 --kv-cache-dtype auto", {"kv_cache_dtype": "auto"}),
    ("--api-key sekret", {"api_key": "(set, not shown)"}),
    ("--seed -1", {"seed": "-1"}),
    ("$EXTRA", {"enforce_eager": "true", "seed": "1"}),
    ("--dtype auto -- --left", {"dtype": "auto", "left": "true"}),
]


@pytest.mark.parametrize(("words", "found"), VLLM)
def test_options_of_vllm(words: str, found: dict[str, Any]) -> None:
    launch = of_text(f"vllm serve org/model {words}", ENVIRON)
    assert options(launch) == found
    assert value(launch, "launch.model") == "org/model"


PROGRAMS = [
    ("vllm serve m", "vllm", "m"),
    ("vllm serve --enforce-eager m", "vllm", "m"),
    ("/opt/venv/bin/vllm bench throughput --model m", "vllm", "m"),
    ("vllm bench serve --model m", "vllm_client", "m"),
    ("vllm chat", "vllm_client", None),
    ("python3.12 -u -m vllm.entrypoints.openai.api_server --model m", "vllm", "m"),
    ("python -X dev -m sglang.launch_server --model-path m", "sglang", "m"),
    ("sglang serve --model-path m", "sglang", "m"),
    ("trtllm-serve serve m", "tensorrt_llm", "m"),
    ("trtllm-serve m --tp_size 2", "tensorrt_llm", "m"),
    ("llama-server -hf unsloth/m:Q4", "llama_server", "unsloth/m:Q4"),
    ("./build/bin/llama-cli -m /models/m.gguf", "llama_cli", "/models/m.gguf"),
    ("ollama serve", "ollama", None),
    ("ollama run qwen3", "ollama", "qwen3"),
    ("ollama list", "ollama_client", None),
    ("torchrun --nproc-per-node 2 train.py", "torchrun", None),
    ("python -m torch.distributed.run --nproc_per_node=2 train.py", "torchrun", None),
    ("python3 main.py --listen", "main.py", None),
    ("python3 -c 'import torch'", "python", None),
    ("$MODEL serve", "org/model", None),
    ("nvidia-smi", "nvidia-smi", None),
]


@pytest.mark.parametrize(("text", "program", "model"), PROGRAMS)
def test_programs_and_their_models(text: str, program: str, model: str | None) -> None:
    launch = of_text(text, ENVIRON)
    assert value(launch, "launch.program") == program.rpartition("/")[2]
    assert value(launch, "launch.model") == (ABSENT if model is None else model)


BEHIND = [
    "sh -c 'vllm serve m -tp 2'",
    'bash -lc "exec vllm serve m -tp 2"',
    "bash -euo pipefail -c 'cd /x; vllm serve m -tp 2 2>&1 | tee log.txt'",
    "sh -c 'exec \"$@\"' sh vllm serve m -tp 2",
    "exec vllm serve m -tp 2",
    "env -i A=B nice -n 5 vllm serve m -tp 2",
    "env -S 'A=B vllm serve' m -tp 2",
    "numactl --cpunodebind=0 -m 0 vllm serve m -tp 2",
    "timeout -k 5 3600 vllm serve m -tp 2",
    "tini -s -- vllm serve m -tp 2",
    "/usr/bin/dumb-init -- vllm serve m -tp 2",
    "sudo -E -u jo vllm serve m -tp 2",
    "nohup vllm serve m -tp 2 > log.txt &",
    "uv run --with vllm vllm serve m -tp 2",
    "uvx vllm serve m -tp 2",
    "uv run -m vllm.entrypoints.openai.api_server --model m -tp 2",
    "conda run -n llm --no-capture-output vllm serve m -tp 2",
    "mpirun -np 2 -x A=B --mca btl tcp vllm serve m -tp 2 : -np 1 true",
    "nsys profile -o out vllm serve m -tp 2",
    "docker run --gpus all vllm/vllm-openai:latest --model m -tp 2",
    "docker run --gpus all vllm/vllm-openai:latest m -tp 2",
    "sudo docker run -itp 8000:8000 --entrypoint bash img -c 'vllm serve m -tp 2'",
    "docker exec -it box vllm serve m -tp 2",
    "podman run --device nvidia.com/gpu=all nvcr.io/nvidia/vllm:26.05-py3 vllm serve m -tp 2",
    "docker compose run --rm -e A=B service vllm serve m -tp 2",
    "pip install vllm && vllm serve m -tp 2",
    "export A=1; if true; then vllm serve m -tp 2; fi",
    "$ vllm serve m \\\n  -tp 2",
    "# comment\ncat <<EOF > x\nvllm serve other -tp 8\nEOF\nvllm serve m -tp 2",
    "TP=2; vllm serve m -tp $TP",
    "vllm serve m -tp ${TP:-2}",
]


@pytest.mark.parametrize("text", BEHIND)
def test_the_engine_is_found_behind_other_programs(text: str) -> None:
    launch = of_text(text, ENVIRON)
    assert value(launch, "launch.program") == "vllm"
    assert value(launch, "launch.option.tensor_parallel_size") == 2
    assert value(launch, "launch.model") == "m"


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("A=1 B='x y' vllm serve m", {"A": "1", "B": "x y"}),
        ("env -u A B=2 vllm serve m", {"A": ABSENT, "B": "2"}),
        ("export A=1 B; C=3; vllm serve m", {"A": "1"}),
        ("unset HOME; vllm serve m", {"HOME": ABSENT}),
        ("HF_TOKEN=abc vllm serve m", {"HF_TOKEN": "(set, not shown)"}),
        ("mpirun -x A=1 -x B trtllm-serve m", {"A": "1"}),
        ("docker run -e A=1 -eB=2 --env=C=3 -e HOME -e D img m", {"A": "1", "B": "2", "C": "3", "HOME": "/home/jo"}),
        ("A=1 true; vllm serve m", {}),
        ("false || A=1 vllm serve m", {"A": "1"}),
    ],
)  # fmt: skip
def test_variables_that_a_command_sets(text: str, variables: dict[str, Any]) -> None:
    assert {name: reading.value for name, reading in of_text(text, ENVIRON).env.items()} == variables


def test_a_container_and_its_options() -> None:
    launch = of_text(
        "docker run -d --rm --gpus all --ipc=host --shm-size 16g --ulimit memlock=-1 --ulimit stack=67108864 "
        "--network host -v /data:/data -p 8000:8000 --name secret-name vllm/vllm-openai:v0.28.0-aarch64 --model m"
    )
    found = {name: reading.value for name, reading in launch.facts.items() if "container" in name}
    assert found == {
        "container.image": "vllm/vllm-openai:v0.28.0-aarch64",
        "container.kind": "docker",
        "launch.container.detach": "true",
        "launch.container.gpus": "all",
        "launch.container.ipc": "host",
        "launch.container.network": "host",
        "launch.container.program": "docker",
        "launch.container.rm": "true",
        "launch.container.shm_size": "16g",
        "launch.container.ulimit": "memlock=-1 stack=67108864",
        "launch.container.volume": "/data:/data",
    }
    assert launch.contained


@pytest.mark.parametrize(
    ("image", "fact", "version"),
    [
        ("vllm/vllm-openai:v0.28.0", "pkg.vllm.version", "0.28.0"),
        ("docker.io/vllm/vllm-openai:v0.12.0-cu130", "pkg.vllm.version", "0.12.0"),
        ("lmsysorg/sglang:v0.5.9.post1", "pkg.sglang.version", "0.5.9"),
        ("nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc13", "pkg.tensorrt_llm.version", "1.3.0rc13"),
        ("ollama/ollama:0.12.6", "program.ollama.version", "0.12.6"),
    ],
)
def test_the_tag_of_a_makers_image_tells_the_version(image: str, fact: str, version: str) -> None:
    reading = of_text(f"docker run --gpus all {image}").read(fact)
    assert reading is not None
    assert (reading.value, reading.origin) == (version, "estimated")


@pytest.mark.parametrize(
    "image", ["vllm/vllm-openai:latest", "vllm/vllm-openai:qwen38", "vllm/vllm-openai", "x:v0.1.2"]
)
def test_other_tags_tell_nothing(image: str) -> None:
    assert of_text(f"docker run --gpus all {image}").read("pkg.vllm.version") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("vllm serve m $MORE", "$MORE may state it"),
        ("vllm serve m --config conf.yaml", "--config may state it"),
        ("trtllm-serve m --extra_llm_api_options x.yml", "--config may state it"),
        ("vllm serve 'm", "a quote or bracket of the command isn't closed"),
        ("docker run --env-file x.env vllm/vllm-openai m", "--env-file may state it"),
        ("LLM(model='m', max_model_len=2048)", "this is code, no command line"),
    ],
)
def test_what_may_be_given_out_of_sight_is_unknown(text: str, reason: str) -> None:
    assert value(of_text(text), "launch.option.enforce_eager") == Unknown(reason)


def test_an_option_that_the_shell_fills_in_is_unknown_and_others_are_absent() -> None:
    launch = of_text("vllm serve m -tp $N --max-model-len many")
    assert isinstance(value(launch, "launch.option.tensor_parallel_size"), Unknown)
    assert value(launch, "launch.option.max_model_len") == Unknown("many is no number")
    assert value(launch, "launch.option.enforce_eager") is ABSENT


def test_an_argument_list_is_no_shell_text() -> None:
    launch = launch_facts(["vllm", "serve", "a;b", "--served-model-name", "x y", "--hf-token", "t"], {})
    assert value(launch, "launch.model") == "a;b"
    assert value(launch, "launch.option.served_model_name") == "x y"
    assert value(launch, "launch.command") == "vllm serve 'a;b' --served-model-name 'x y' --hf-token '(hidden)'"


def test_a_shell_in_an_argument_list_sees_the_variables() -> None:
    launch = launch_facts(["bash", "-c", 'exec vllm serve "$MODEL" --api-key $KEY'], {"MODEL": "m", "KEY": "sekret"})
    assert value(launch, "launch.model") == "m"
    assert "sekret" not in str(launch.facts)


@pytest.mark.parametrize(
    "text",
    [
        "HF_TOKEN=sekret vllm serve m",
        "vllm serve m --api-key sekret",
        "vllm serve m --api-key='sekret'",
        "sh -c 'OPENAI_API_KEY=sekret vllm serve m'",
        "docker run -e HF_TOKEN=sekret img vllm serve m --hf-token sekret",
    ],
)
def test_secrets_are_taken_out_at_once(text: str) -> None:
    launch = of_text(text)
    assert "sekret" not in str(launch.facts) + str(launch.env)
    assert value(launch, "launch.program") == "vllm"


def test_options_that_only_sound_secret_stay() -> None:
    text = "vllm serve m --max-num-batched-tokens 8192 --tokenizer t"
    assert value(of_text(text), "launch.command") == text


def reason(launch: Launch) -> str:
    """Why the program isn't known; empty where it is."""
    found = value(launch, "launch.program")
    return found.reason if isinstance(found, Unknown) else ""


@given(st.text(max_size=200) | st.text(alphabet="vllm serv-e$(){}'\"\\`;&|<>=\n#docker run EA=1", max_size=120))
def test_no_text_makes_it_fail(text: str) -> None:
    launch = of_text(text, ENVIRON)
    for name in launch.facts:
        assert schema.lookup(name) is not None
    assert "could not be read" not in reason(launch)


@given(st.lists(st.text(max_size=20), max_size=12))
def test_no_argument_list_makes_it_fail(words: list[str]) -> None:
    for prefix in (
        [],
        ["vllm", "serve"],
        ["docker", "run"],
        ["env"],
        ["sh", "-c"],
        ["mpirun"],
        ["torchrun"],
        ["uv", "run"],
    ):
        launch = launch_facts([*prefix, *words], ENVIRON)
        assert "could not be read" not in reason(launch)


def test_json_nested_beyond_measure_is_an_option_like_any_other() -> None:
    launch = launch_facts(["vllm", "serve", "m", "--x", '{"a":' + "[" * 5000], {})
    assert value(launch, "launch.program") == "vllm"


def test_programs_that_start_each_other_for_ever_come_to_an_end() -> None:
    launch = launch_facts(["nice"] * 500 + ["vllm", "serve", "m"], {})
    assert isinstance(value(launch, "launch.option.enforce_eager"), Unknown)


def test_a_case_tells_its_launch_in_facts() -> None:
    snapshot, complaints = from_case({"launch": {"command": "FOO=1 vllm serve m -tp 2"}, "env": {"BAR": "2"}})
    assert complaints == []
    assert snapshot.read("launch.option.tensor_parallel_size").value == 2
    assert snapshot.read("launch.option.enforce_eager").value is ABSENT
    assert (snapshot.read("env.FOO").value, snapshot.read("env.BAR").value) == ("1", "2")


def test_what_a_case_states_stands_over_its_launch() -> None:
    case = {
        "facts": {"launch.option.enforce_eager": "true", "container.image": "other:tag"},
        "packages": {"vllm": "0.20.0"},
        "launch": {"command": "docker run --gpus all vllm/vllm-openai:v0.28.0 m"},
    }
    snapshot, _ = from_case(case)
    assert snapshot.read("launch.option.enforce_eager").value == "true"
    assert snapshot.read("container.image").value == "other:tag"
    assert snapshot.read("pkg.vllm.version").value == "0.20.0"
    assert snapshot.read("container.kind").value == "docker"


def test_a_snapshot_without_a_launch_knows_that_there_is_none() -> None:
    document: dict[str, Any] = {"schema_version": "1.0", "launch": None}
    assert Snapshot.from_json(document).read("launch.option.enforce_eager").value is ABSENT
    del document["launch"]
    assert isinstance(Snapshot.from_json(document).read("launch.option.enforce_eager").value, Unknown)


def test_a_snapshot_keeps_its_launch() -> None:
    snapshot, _ = from_case({"launch": {"command": "vllm serve m -tp 2"}})
    again = Snapshot.from_json(snapshot.completed(snapshot.read).to_json())
    for name in ("launch.command", "launch.program", "launch.model", "launch.option.tensor_parallel_size"):
        assert again.read(name).value == snapshot.read(name).value


MEASURED = Snapshot(
    {"python.version": Reading("3.12.3", "measured", "x"), "os.arch": Reading("aarch64", "measured", "x"),
     "driver.version": Reading("580.95", "measured", "x"), "container.kind": Reading("none", "measured", "x")},
    packages={"torch": {"version": Reading("2.9.0", "measured", "x")}},
    complete=True,
    env={"CUDA_HOME": Reading("/usr/local/cuda", "measured", "x")},
    captured=["CUDA_HOME"],
)  # fmt: skip


def test_what_was_measured_here_says_nothing_of_a_container_that_is_started() -> None:
    seen = Launched(MEASURED, of_text("docker run --gpus all -e NCCL_DEBUG=INFO img vllm serve m"))
    assert isinstance(seen.read("pkg.torch.version").value, Unknown)
    assert isinstance(seen.read("pkg.vllm.version").value, Unknown)
    assert isinstance(seen.read("python.version").value, Unknown)
    assert seen.read("env.CUDA_HOME") == Reading(ABSENT, "assumed", "not passed to the container by the launch command")
    assert seen.read("env.NCCL_DEBUG").value == "INFO"
    assert seen.read("driver.version").value == "580.95"
    assert seen.read("os.arch").value == "aarch64"
    assert seen.read("container.kind").value == "docker"


def test_a_command_on_this_machine_sees_what_was_measured() -> None:
    seen = Launched(MEASURED, of_text("CUDA_HOME=/opt/cuda vllm serve m"))
    assert seen.read("pkg.torch.version").value == "2.9.0"
    assert seen.read("env.CUDA_HOME").value == "/opt/cuda"
    assert seen.read("container.kind").value == "none"
