"""CPU time of whole commands, as they are installed, in terms of a bare start of Python; beside other tools."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from benchmarks.measuring import Command, machine, process, processes, progress, table
from tests import standin

PROJECT = Path(__file__).parents[1]
OTHERS = {"env-doctor": ("check",), "cuda-doctor": ("diagnose",)}
"""Tools with a like purpose: the distribution (its command has the same name) and what it is asked for."""
PACKAGES = (
    standin.Package("torch", "2.14.1+cu130", ("cp312-cp312-manylinux_2_28_aarch64",), ("triton==3.8.0",)),
    standin.Package("triton", "3.8.0", ("cp312-cp312-manylinux_2_28_aarch64",)),
    standin.Package("numpy", "2.3.4", ("cp312-cp312-manylinux_2_28_aarch64",)),
)
"""A healthy environment for a DGX Spark."""
FEW, MANY = 50, 300


def main() -> None:
    """Measures and prints a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often each command runs (default: 15)")
    parser.add_argument(
        "--alone", action="store_true", help="leave the other tools out: asks no package index for them"
    )
    parser.add_argument(
        "--environment", type=Path, metavar="PATH", help="an environment with a real torch, for one more pre-flight"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(
            measured(Path(folder), options.rounds, [] if options.alone else list(OTHERS), options.environment), end=""
        )


def measured(folder: Path, rounds: int, others: list[str], real: Path | None = None) -> str:
    """The report: a line on the machine, the table, and what had to be left out."""
    home = folder / "home"
    home.mkdir()
    ours = ("PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONDONTWRITEBYTECODE")
    env = {**{name: value for name, value in os.environ.items() if name not in ours}, "HOME": str(home)}
    commands, missing = [*sparkdoctor(folder, real)], []
    for name in others:
        try:
            found = other(folder, name)
            process(found.line, home, env)
            commands.append(found)
        except (subprocess.CalledProcessError, OSError, RuntimeError) as error:
            missing.append(f"{name} is left out: {error}\n")
    progress(f"measuring {len(commands)} commands, {rounds} rounds")
    costs, bare = processes(commands, rounds, home, env)
    rows = []
    for command in commands:
        cost = costs[command.label]
        goal = "" if command.goal is None else f"≤ {command.goal:g}"
        rows.append([command.label, f"{cost.ratio:.1f}", f"{cost.milliseconds:.0f}", goal])
    heads = ["command", "× `python -c pass`", "ms", "goal"]
    where = f"{machine()} · `python -c pass` takes {bare:.1f} ms\n\n"
    return where + table(heads, rows) + "".join(f"\n{line}" for line in missing)


def sparkdoctor(folder: Path, real: Path | None) -> list[Command]:
    """Installs the wheel, builds what is examined, and says what to run."""
    progress("building and installing the wheel")
    python = environment(folder / "sparkdoctor")
    pip(python, "wheel", "--no-deps", f"--wheel-dir={folder / 'wheel'}", str(PROJECT))
    [wheel] = (folder / "wheel").glob("*.whl")
    pip(python, "install", str(wheel))
    command = str(python.with_name("sparkdoctor"))
    spark = standin.healthy_spark(folder / "spark")
    standin.environment(spark, PACKAGES)
    many = standin.Root(folder / "many")
    names = [standin.Package(f"package-{number}", f"1.{number}") for number in range(MANY - len(PACKAGES))]
    site = standin.environment(many, [*PACKAGES, *names])
    return [
        *preflights(folder, python, real),
        Command("`sparkdoctor check`", [command, "check"], python, 4.5),
        Command("`sparkdoctor check --color never`", [command, "check", "--color", "never"], python, 9),
        Command("`sparkdoctor --help`", [command, "--help"], python, 8),
        Command(
            "`sparkdoctor check --root` a stand-in DGX Spark",
            [command, "check", "--root", str(spark.path), "--python", "/opt/venv"],
            python,
        ),
        Command(
            f"`sparkdoctor check --python` a folder of {MANY} distributions",
            [command, "check", "--python", str(many.path / site.lstrip("/"))],
            python,
        ),
        Command("`pip list` in sparkdoctor's environment", [str(python), "-m", "pip", "list"], python),
    ]


def preflights(folder: Path, python: Path, real: Path | None) -> list[Command]:
    """Pre-flight in front of `true`: how many distributions there are, a cold cache, and what needs no installation."""
    progress("building the folder and the single file")
    bundle = folder / "bundle"
    subprocess.run([sys.executable, str(PROJECT / "bundle.py"), str(bundle)], check=True, stdout=subprocess.DEVNULL)
    compile_all = [str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*compile_all, str(bundle / "sparkdoctor" / "lib")], check=True)
    rest = ["preflight", "--", "/bin/true"]
    command = [str(python.with_name("sparkdoctor")), *rest]
    commands = []
    for count in FEW, MANY:
        root = standin.Root(folder / f"plain-{count}")
        standin.environment(root, [standin.Package(f"package-{number}", f"1.{number}") for number in range(count)])
        active = {"VIRTUAL_ENV": str(root.path / "opt" / "venv"), "PATH": ""}
        commands.append(Command(f"`sparkdoctor preflight -- true`, {count} distributions", command, python, 3, active))
    label = f"`sparkdoctor preflight -- true`, {FEW} distributions"
    few = commands[0].variables
    library = Path(sysconfig.get_path("stdlib"))
    commands.append(Command(f"{label}, cold cache", command, python, 3, few, (python.parents[1], library)))
    own = [str(python), str(bundle / "sparkdoctor" / "sparkdoctor"), *rest]
    commands.append(Command(f"{label}, the folder", own, python, 3, few))
    commands.append(
        Command(f"{label}, the single file", [str(python), str(bundle / "sparkdoctor.pyz"), *rest], python, None, few)
    )
    if real is not None:
        active = {"VIRTUAL_ENV": str(real), "PATH": ""}
        commands.append(Command(f"`sparkdoctor preflight -- true`, {real.name}", command, python, 3, active))
    return commands


def other(folder: Path, name: str) -> Command:
    """Installs another tool into an environment of its own."""
    progress(f"installing {name}")
    python = environment(folder / name)
    pip(python, "install", name)
    query = f"import importlib.metadata as m; print(m.version({name!r}))"
    version = subprocess.run([python, "-c", query], check=True, capture_output=True, text=True).stdout.strip()
    line = [str(python.with_name(name)), *OTHERS[name]]
    return Command(f"`{name} {' '.join(OTHERS[name])}` ({version})", line, python)


def environment(folder: Path) -> Path:
    """A new virtual environment's interpreter; its pip is a current one, as its commands are written by it."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip(python, "install", "--upgrade", "pip")
    return python


def pip(python: Path, *arguments: str) -> None:
    """Runs an environment's pip."""
    line = [str(python), "-m", "pip", "-qq", "--disable-pip-version-check", *arguments]
    subprocess.run(line, check=True)


if __name__ == "__main__":
    main()
