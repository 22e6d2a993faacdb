"""CPU time of judging alone, in one process: one machine again and again, a fleet's snapshots, a long log."""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import call, machine, progress, table
from sparkdoctor.cli.examine import Subject, examine
from sparkdoctor.diagnosis.diagnose import diagnose, resolver
from sparkdoctor.facts.cases import from_case
from sparkdoctor.facts.snapshot import Snapshot
from sparkdoctor.rulebook import compiled, source
from sparkdoctor.rulebook.load import load
from sparkdoctor.rulebook.patterns import compiled as pattern
from sparkdoctor.shipped import rulebook_folder
from tests import standin

if TYPE_CHECKING:
    from sparkdoctor.rulebook.model import Rulebook

PACKAGES = {
    "torch": ("2.9.0+cu130", "2.9.1", "2.10.0+cu130", "2.12.1+cu130", "2.14.1+cu130"),
    "triton": ("3.5.0", "3.5.1", "3.6.0", "3.7.1", "3.8.0"),
    "vllm": ("0.11.0", "0.12.0", "0.19.1", "0.20.0"),
    "transformers": ("4.57.1", "5.0.0"),
    "numpy": ("2.3.4",),
    "nvidia-nccl-cu13": ("2.27.7", "2.30.7"),
}
"""Distributions of the examined environments and the versions that a fleet has of them."""
DRIVERS = ("580.95.05", "580.126.09", "580.142", "580.159.03", "590.48.01")
KERNELS = ("6.11.0-1016-nvidia", "6.14.0-1013-nvidia", "6.17.0-1014-nvidia", "7.0.0-31-generic")
EXCERPT = 200
LOG_LINES = 2000


def main() -> None:
    """Measures and prints a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judging", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="how often one machine is judged (default: 50)")
    parser.add_argument("--fleet", type=int, default=10_000, help="snapshots of the fleet (default: 10000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        book = rulebook(Path(folder))
        taken = [snapshot(Path(folder) / "healthy"), snapshot(Path(folder) / "broken")]
        rows = [*one(book, taken, options.rounds), *fleet(book, taken, options.fleet), *log(book)]
    print(f"{len(book.rules)} rules of rulebook {book.version} · {machine()}\n")
    print(table(["what", "measured", "goal"], rows), end="")


def rulebook(folder: Path) -> Rulebook:
    """The rulebook as a wheel carries it."""
    for name, content in compiled.documents(source.read(rulebook_folder())).items():
        (folder / name).write_bytes(content)
    return load(str(folder))


def snapshot(folder: Path) -> dict[str, Any]:
    """What `facts --format json` says of a stand-in DGX Spark with an environment, healthy or broken by its name."""
    build = {"healthy": standin.healthy_spark, "broken": standin.broken_spark}[folder.name]
    newest = [standin.Package(name, versions[-1]) for name, versions in PACKAGES.items()]
    oldest = [standin.Package(name, versions[0]) for name, versions in PACKAGES.items()]
    root = build(folder)
    standin.environment(root, newest if folder.name == "healthy" else oldest)
    taken = examine(Subject(python="/opt/venv", root=str(root.path))).snapshot()
    found: dict[str, Any] = json.loads(json.dumps(taken))
    return found


def one(book: Rulebook, taken: list[dict[str, Any]], rounds: int) -> list[list[str]]:
    """All rules on one prepared snapshot, read before; then with its facts resolved anew."""
    rows = []
    for name, document in zip(("healthy", "broken"), taken, strict=True):
        given = Snapshot.from_json(document)
        prepared = resolver(book, given)
        share = EXCERPT / len(book.rules)
        warm = share * call(lambda facts=prepared: diagnose(book, facts), rounds)  # type: ignore[misc]
        anew = share * call(lambda facts=given: diagnose(book, resolver(book, facts)), rounds)  # type: ignore[misc]
        rows.append([f"{EXCERPT} rules, a {name} DGX Spark, its facts at hand", f"{warm:.2f} ms", "≤ 1 ms"])
        rows.append([f"{EXCERPT} rules, a {name} DGX Spark, its snapshot at hand", f"{anew:.2f} ms", ""])
    return rows


def fleet(book: Rulebook, taken: list[dict[str, Any]], count: int) -> list[list[str]]:
    """Many snapshots one by one, from JSON to the diagnosis; the memory's peak after a tenth and at the end."""
    progress(f"judging {count} snapshots")
    spent, early = 0.0, 0
    for number in range(count):
        text = json.dumps(member(taken, number))
        start = time.process_time()
        diagnose(book, resolver(book, Snapshot.from_json(json.loads(text))))
        spent += time.process_time() - start
        if number == count // 10:
            early = peak()
    growth = (peak() - early) / 1024
    return [
        [f"{count} snapshots, from JSON to the diagnosis", f"{spent:.1f} s", "< 10 s" if count == 10_000 else ""],
        [f"… peak memory ({peak() / 1024:.0f} MiB): growth over the last nine tenths", f"{growth:.1f} MiB", "flat"],
    ]


def member(taken: list[dict[str, Any]], number: int) -> dict[str, Any]:
    """The snapshot of one machine of the fleet: of a kernel, driver and packages of its own."""
    document: dict[str, Any] = json.loads(json.dumps(taken[number % len(taken)]))
    for name, versions in PACKAGES.items():
        fields = document["packages"].get(name.replace("-", "_"))
        if fields is not None:
            fields["version"]["value"] = versions[number % len(versions)]
    document["facts"]["kernel.release"]["value"] = KERNELS[number % len(KERNELS)]
    document["facts"]["driver.version"]["value"] = DRIVERS[number % len(DRIVERS)]
    document["facts"]["memory.available_gib"]["value"] = round(119 * (number * 0.618034 % 1), 2)
    return document


def peak() -> int:
    """The most KiB of memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def log(book: Rulebook) -> list[list[str]]:
    """A pasted log in a case: with patterns prepared for the first time, and again."""
    case, _ = from_case({"facts": {"gpu.name": "NVIDIA GB10"}, "packages": {"triton": "3.5.0"}, "log": pasted()})
    pattern.cache_clear()
    start = time.process_time()
    found = diagnose(book, resolver(book, case))
    first = 1000 * (time.process_time() - start)
    if "TRI001" not in {finding.rule.id for finding in found.findings}:
        raise RuntimeError("the failure in the log wasn't found")
    again = call(lambda: diagnose(book, resolver(book, case)), 10)
    return [
        [f"a log of {LOG_LINES} lines ({engine()}), first in a process", f"{first:.0f} ms", "< 50 ms"],
        [f"a log of {LOG_LINES} lines ({engine()}), again", f"{again:.0f} ms", ""],
    ]


def engine() -> str:
    """What patterns are searched with here."""
    try:
        import re2  # noqa: F401
    except ImportError:
        return "Python's re"
    return "google-re2"


def pasted() -> str:
    """What a server prints until a kernel fails to compile at the end."""
    usual = (
        "INFO 11-24 09:{minute:02}:{second:02} [loader.py:{number}] Loading safetensors checkpoint shards: {share}%",
        "(EngineCore pid={number}) INFO 11-24 09:{minute:02}:{second:02} [gpu_worker.py:298] Free memory: {share} GiB",
        "node-a:{number}:{number} [0] NCCL INFO Channel {share:02}/0 : 0[0] -> 1[0] [send] via NET/IB/0",
        '  File "/opt/venv/lib/python3.12/site-packages/torch/nn/modules/module.py", line {number}, in _call_impl',
        "WARNING 11-24 09:{minute:02}:{second:02} [config.py:{number}] Default sampling parameters are overridden",
        "    return forward_call(*args, **kwargs)",
        '127.0.0.1:{number} - "POST /v1/completions HTTP/1.1" 200 OK, throughput {share}.{second} tokens/s',
    )
    lines = [
        usual[number % len(usual)].format(
            number=10_000 + number, minute=number // 60 % 60, second=number % 60, share=number % 100
        )
        for number in range(LOG_LINES - 2)
    ]
    lines.append("ptxas fatal   : Value 'sm_121a' is not defined for option 'gpu-name'")
    lines.append("RuntimeError: Engine core initialization failed. See root cause above.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
