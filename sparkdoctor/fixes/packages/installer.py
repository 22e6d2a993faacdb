"""Who installs in an environment: its own pip, or uv where the environment is uv's or has no pip."""

from __future__ import annotations

import os

from sparkdoctor.facts.environment import CONDA, FOLDER, SYSTEM
from sparkdoctor.fixes.quoting import shell_word
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparkdoctor.fixes.place import Place
    from sparkdoctor.machine import Answer

PIP, UV = "pip", "uv"
MINUTES = 60.0
"""How long an installation may take: torch and what it brings are several GB."""

_DRAWN = " ×╰─▶│├"
"""What uv draws its explanations with."""

_ELSEWHERE = (
    "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER",
    "PIP_DRY_RUN", "PIP_REPORT", "PIP_PYTHON", "PIP_LOG", "PIP_QUIET", "PIP_VERBOSE", "UV_PYTHON",
    "UV_SYSTEM_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_BREAK_SYSTEM_PACKAGES",
    "PIP_BREAK_SYSTEM_PACKAGES", "PIP_REQUIRE_VIRTUALENV", "UV_QUIET", "UV_VERBOSE",
)  # fmt: skip
"""Variables that would send an installation somewhere else, or change what it prints."""


class Installer(Record):
    """How packages get into an environment: `kind` is pip or uv, `program` what is run, for `python`."""

    kind: str
    program: str
    python: str

    def words(self, *arguments: str) -> list[str]:
        """The command line for `install`, `list` or `check` with these arguments."""
        if self.kind == UV:
            command, *rest = arguments
            return [self.program, "pip", command, "--python", self.python, "--no-progress", "--color", "never", *rest]
        return [self.program, "-I", "-B", "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]

    def shown(self, packages: Sequence[str], index: str) -> str:
        """The installation as a person would type it."""
        words = [self.program, "pip"] if self.kind == UV else [self.program, "-m", "pip"]
        words += ["install", *(["--python", self.python] if self.kind == UV else []), *_source(index), *packages]
        return " ".join(
            shell_word(os.path.basename(word) if number == 0 and self.kind == UV else word)
            for number, word in enumerate(words)
        )


def chosen(place: Place) -> Installer:
    """The installer of an environment. Raises Refused, with what to do, where there is none that may be used."""
    environment = place.environment
    if environment is None or environment.kind == FOLDER or environment.executable is None:
        raise Refused(f"{place.prefix} has no interpreter that packages could be installed for")
    if environment.kind == SYSTEM or environment.kind == CONDA:
        _managed(place)
    uv = _on_path(place, "uv")
    has_pip = any(place.machine.is_dir(f"{site}/pip") for site in environment.sites)
    if uv is not None and (environment.installer == UV or not has_pip):
        return Installer(UV, uv, environment.executable)
    if has_pip:
        return Installer(PIP, environment.executable, environment.executable)
    prefix = shell_word(place.prefix)
    if environment.kind == CONDA:
        raise Refused(f"{place.prefix} has no pip, and uv isn't on PATH", f"give it one: conda install -p {prefix} pip")
    raise Refused(
        f"{place.prefix} has no pip, and uv isn't on PATH",
        f"put uv on PATH, or give the environment pip: {shell_word(environment.executable)} -m ensurepip",
    )


def install(place: Place, installer: Installer, packages: Sequence[str], index: str, *options: str) -> Answer:
    """Runs `install`, wheels only: no script of a package runs. Nothing is left behind but what it installs.

    Raises Refused where it can't be started.
    """
    words = installer.words("install", "--only-binary", ":all:", *options, *_source(index), *packages)
    return run(place, words, 60 * MINUTES)


def run(place: Place, words: Sequence[str], seconds: float) -> Answer:
    """Runs pip or uv as no folder and no variable can lead astray. Raises Refused where it can't be started."""
    environ = {name: value for name, value in place.machine.environ.items() if name not in _ELSEWHERE}
    environ |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}
    try:
        return place.machine.run(words, environ, seconds, most=64 << 20, folder="/", with_us=True)
    except OSError as error:
        raise Refused(f"{words[0]} can't be started: {error.strerror or error}") from error


def said(answer: Answer) -> str:
    """Why pip or uv gave up, in one line."""
    if answer.timed_out:
        return "it took too long"
    lines = [line.strip() for line in answer.errors.splitlines() if line.strip()]
    errors = [line.partition(":")[2].strip() for line in lines if line.startswith("ERROR:")]
    if not errors:
        start = next((n for n, line in enumerate(lines) if line.startswith(("error:", "×"))), max(0, len(lines) - 2))
        errors = [" ".join(line.removeprefix("error:").strip(_DRAWN) for line in lines[start:])]
    return "; ".join(dict.fromkeys(errors))[:600] or f"exit status {answer.status}"


def _source(index: str) -> list[str]:
    """One index in place of the configured one, never beside it: no name is looked up in two places."""
    return ["--index-url", index] if index else []


def _managed(place: Place) -> None:
    """Raises Refused for a Python that something else manages (PEP 668: EXTERNALLY-MANAGED beside its library)."""
    environment = place.environment
    assert environment is not None
    version = ".".join(str(environment.version.value).split(".")[:2])
    for folder in {f"{place.prefix}/lib/python{version}", f"/usr/lib/python{version}"}:
        if folder.startswith(place.prefix) and place.machine.is_file(f"{folder}/EXTERNALLY-MANAGED"):
            raise Refused(
                f"{place.prefix} belongs to the operating system, which manages its packages (PEP 668)",
                "make an environment of your own, and install there: "
                "python3 -m venv ~/venvs/spark && source ~/venvs/spark/bin/activate",
            )


def _on_path(place: Place, name: str) -> str | None:
    folders = place.machine.environ.get("PATH", "").split(":")
    return next(
        (
            f"{folder}/{name}"
            for folder in folders
            if folder.startswith("/") and place.machine.executable(f"{folder}/{name}")
        ),
        None,
    )
