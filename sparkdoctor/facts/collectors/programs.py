"""Versions of what is no Python distribution: Ollama, ComfyUI."""

from __future__ import annotations

import re

from sparkdoctor.facts.collectors import environ
from sparkdoctor.facts.values import Reading, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination

_OLLAMA = ("/usr/local/bin/ollama", "/usr/bin/ollama")
_PATIENCE = 3.0
"""Seconds for `ollama --version`, which also asks a server that may not run; below the budget of a process."""
_OLLAMA_SAYS = re.compile(r"(?:ollama version is|client version is) v?(\d+(?:\.\d+)+)")

_COMFYUI_STATES = re.compile(r"""^__version__\s*=\s*["'](\d+(?:\.\d+)+)["']""", re.MULTILINE)


def version(exam: Examination, name: str) -> Reading:
    """The version of a program by its name; Unknown for one that nobody here knows how to ask."""
    ask = {"ollama": _ollama, "comfyui": _comfyui}.get(name)
    return ask(exam) if ask else unknown("this version can't read it; a file for --facts can state it")


def _ollama(exam: Examination) -> Reading:
    """By asking the program, since no file of it tells; that of a running server counts where there is one."""
    path = next(filter(exam.machine.executable, _OLLAMA), None)
    if path is None:
        return absent(", ".join(_OLLAMA))
    if not exam.machine.live:
        return unknown(f"another root: {path} isn't run")
    answer = exam.machine.run([path, "--version"], seconds=_PATIENCE)
    if answer.timed_out:
        return unknown(f"{path} --version gave no answer within {_PATIENCE:g} s")
    said = _OLLAMA_SAYS.search(answer.output + answer.errors)
    return measured(said[1], f"{path} --version") if said else unknown(f"{path} --version states no version")


def _comfyui(exam: Examination) -> Reading:
    """That of the checkout we stand in, else of one in the home."""
    home = environ.settings(exam.machine).get("HOME")
    folders = [environ.working_directory(exam.machine), f"{home}/ComfyUI" if home else None]
    for folder in filter(None, folders):
        where = f"{folder}/comfyui_version.py"
        try:
            stated = _COMFYUI_STATES.search(exam.machine.text(where, 1 << 16))
        except OSError:
            continue
        if stated:
            return measured(stated[1], where)
    return unknown("no checkout of ComfyUI is here or in the home")
