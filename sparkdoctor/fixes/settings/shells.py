"""What real shells make of an activate script: sourced in each that is there, and the variables read back."""

from __future__ import annotations

from sparkdoctor.fixes import quoting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from sparkdoctor.machine import Machine

_SECONDS = 20.0
_SHELLS = (
    ("bash", ("--noprofile", "--norc"), "activate"),
    ("zsh", ("-f",), "activate"),
    ("fish", ("--no-config",), "activate.fish"),
)


def read_back(machine: Machine, prefix: str, settings: Mapping[str, str | None]) -> tuple[list[str], list[str]]:
    """Sources the scripts in every shell that is there: the shells that were asked, and a line for each that differs.

    The shells get an empty home, so that nobody's own start files run.
    """
    asked, wrong = [], []
    for shell, options, script in _SHELLS:
        path = _which(machine, shell)
        file = f"{prefix}/bin/{script}"
        if path is None or not machine.is_file(file):
            continue
        found = _variables(machine, [path, *options], shell, file)
        asked.append(shell)
        if isinstance(found, str):
            wrong.append(f"{shell}: {found}")
            continue
        wrong += [
            f"{shell}: {name} is {'not set' if name not in found else repr(found[name])} after {file}"
            for name, value in settings.items()
            if found.get(name) != value
        ]
    return asked, wrong


def _variables(machine: Machine, words: list[str], shell: str, file: str) -> dict[str, str] | str:
    """The variables of a shell that sourced a file; what went wrong as a text."""
    quoted = quoting.fish(file) if shell == "fish" else quoting.posix(file)
    inherited = {"PATH": machine.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/nonexistent", "TERM": "dumb"}
    try:
        answer = machine.run([*words, "-c", f". {quoted}; env -0"], inherited, _SECONDS, folder="/")
    except OSError as error:
        return f"can't be started: {error.strerror}"
    if answer.timed_out:
        return f"{file} took longer than {_SECONDS:g} s"
    if answer.status != 0:
        return f"{file} can't be sourced: {' '.join(answer.errors.split())[:200]}"
    entries = (entry.partition("=") for entry in answer.output.split("\0"))
    return {name: value for name, equals, value in entries if equals}


def _which(machine: Machine, name: str) -> str | None:
    folders = [folder for folder in machine.environ.get("PATH", "").split(":") if folder.startswith("/")]
    return next((f"{folder}/{name}" for folder in folders if machine.executable(f"{folder}/{name}")), None)
