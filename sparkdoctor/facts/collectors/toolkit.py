"""Finds CUDA toolkits on disk, and which of them a build would use."""

from __future__ import annotations

import posixpath

from sparkdoctor.facts.values import ASSUMED, CERTAIN
from sparkdoctor.lazy import json, re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

USUAL = "/usr/local/cuda"
"""The link that NVIDIA's packages keep on the toolkit in use."""

_PLACES = ("/usr/local", "/opt")
_DISTRIBUTION = "/usr/lib/cuda"
_VERSIONED = r"cuda-\d[\d.]*"
_NUMBER = b"CUDA_VERSION"
_LINE = 200
"""Bytes after that name that are looked at."""
_SCRIPT_LIMIT = 1 << 16
_HEADER_LIMIT = 1 << 18


class Choice:
    """The toolkit that a build would use: its folder, or None; `where` says what led there.

    `strength` is that of the weakest variable that had a say: CERTAIN, or ASSUMED where one was taken for unset.
    """

    __slots__ = ("path", "strength", "where")

    def __init__(self, path: str | None, where: str, strength: int) -> None:
        self.path = path
        self.where = where
        self.strength = strength


def chosen(exam: Examination) -> Choice:
    """CUDA_HOME, else CUDA_PATH, else nvcc on PATH, else /usr/local/cuda: the order of torch's extension builder.

    A variable that leads nowhere ends the search, as it does for a build; one that can't be read is taken for unset.
    """
    strength = CERTAIN
    for name in ("CUDA_HOME", "CUDA_PATH"):
        reading = exam.read(f"env.{name}")
        strength = min(strength, reading.strength if reading.known else ASSUMED)
        if reading.present and reading.value:
            return _named(exam.machine, name, str(reading.value), strength)
    path = exam.read("env.PATH")
    strength = min(strength, path.strength if path.known else ASSUMED)
    on_path = compiler_on_path(exam)
    if on_path:
        return Choice(_above(on_path), on_path, strength)
    if exam.machine.is_dir(USUAL):
        return Choice(USUAL, USUAL, strength)
    return Choice(None, f"CUDA_HOME, PATH, {USUAL}", strength)


def _named(machine: Machine, variable: str, folder: str, strength: int) -> Choice:
    if not folder.startswith("/"):
        return Choice(None, f"{variable} is a relative path", strength)
    if not machine.is_dir(folder):
        return Choice(None, f"{variable} leads to no folder", strength)
    return Choice(folder.rstrip("/") or "/", variable, strength)


def folders(exam: Examination) -> list[str]:
    """Every toolkit, each once whatever links lead to it; the one that a build would use comes first."""
    found: dict[str, str] = {}
    for folder in _candidates(exam):
        if _is_toolkit(exam.machine, folder):
            found.setdefault(_identity(exam.machine, folder), folder)
    return list(found.values())


def _candidates(exam: Examination) -> Iterator[str]:
    choice = chosen(exam)
    if choice.path:
        yield choice.path
    on_path = compiler_on_path(exam)
    if on_path:
        yield _above(on_path)
    yield USUAL
    for place in _PLACES:
        try:
            names = exam.machine.names(place)
        except OSError:
            continue
        versioned = (name for name in names if name.startswith("cuda") and re.fullmatch(_VERSIONED, name))
        yield from (f"{place}/{name}" for name in versioned)
    yield from ("/opt/cuda", _DISTRIBUTION)
    for fact in ("env.CONDA_PREFIX", "python.prefix"):
        prefix = exam.read(fact)
        if prefix.present and exam.machine.is_dir(f"{prefix.value}/conda-meta"):
            yield str(prefix.value)


def _is_toolkit(machine: Machine, folder: str) -> bool:
    return any(machine.is_file(f"{folder}/bin/{program}") for program in ("nvcc", "ptxas")) or (
        machine.is_file(f"{folder}/version.json") and machine.is_dir(f"{folder}/include")
    )


def _identity(machine: Machine, folder: str) -> str:
    """The file that tells one toolkit from another, since /usr/lib/cuda is a folder of links into a second folder."""
    program = ptxas(machine, folder) or compiler(machine, f"{folder}/bin/nvcc")
    return machine.real(program or folder)


def compiler(machine: Machine, path: str) -> str | None:
    """The nvcc that really runs when `path` is called: links and the wrapper script of distributions followed."""
    if not machine.executable(path):
        return None
    try:
        machine.link(path)
    except OSError:
        real = path
    else:
        real = machine.real(path)
    try:
        start = machine.read(real, _SCRIPT_LIMIT)
    except OSError:
        return real
    if not start.startswith(b"#!"):
        return real if posixpath.basename(real).startswith("nvcc") else None
    target = _wrapped(start)
    return target if target and machine.executable(target) else real


def _wrapped(script: bytes) -> str | None:
    """The nvcc that a wrapper script hands over to: `exec /usr/lib/.../bin/nvcc "$@"`, its path perhaps quoted."""
    for line in script.splitlines():
        words = line.split(None, 1)
        if len(words) < 2 or words[0] != b"exec":
            continue
        path = words[1].removeprefix(b'"').split(b'"')[0].split()[:1]
        if path and path[0].startswith(b"/") and posixpath.basename(path[0]).startswith(b"nvcc"):
            return path[0].decode("utf-8", "replace")
    return None


def compiler_on_path(exam: Examination) -> str | None:
    """The first nvcc of PATH, followed to the file that really runs."""
    return next(
        (found for path in on_path(exam, "nvcc") if (found := compiler(exam.machine, path))),
        None,
    )


def on_path(exam: Examination, program: str) -> Iterator[str]:
    """Where a program of that name lies on PATH, in its order; nothing where PATH can't be read."""
    reading = exam.read("env.PATH")
    for folder in str(reading.value).split(":") if reading.present else ():
        path = f"{folder.rstrip('/')}/{program}"
        if folder.startswith("/") and exam.machine.executable(path):
            yield path


def release(machine: Machine, folder: str) -> tuple[str, str] | None:
    """The version of a toolkit and the file that says so, or None.

    version.json states the update too ("13.0.3"), cuda.h and nvcc the release alone ("13.0"): the third field of what
    nvcc prints (V13.0.88) counts builds of the compiler, not updates of the toolkit.
    """
    for path, read in (
        (f"{folder}/version.json", _from_json),
        (f"{folder}/version.txt", _from_text),
        *((header, _from_header) for header in headers(machine, folder, "cuda.h")),
    ):
        try:
            version = read(machine.read(path, _HEADER_LIMIT))
        except OSError:
            continue
        if version:
            return version, path
    return _from_programs(machine, folder)


def headers(machine: Machine, folder: str, name: str) -> Iterator[str]:
    """Where a header of a toolkit may lie."""
    yield f"{folder}/include/{name}"
    try:
        targets = machine.names(f"{folder}/targets")
    except OSError:
        return
    yield from (f"{folder}/targets/{target}/include/{name}" for target in targets)


def _from_json(content: bytes) -> str | None:
    try:
        version = json.loads(content)["cuda"]["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return version if isinstance(version, str) and re.fullmatch(r"\d+(\.\d+)+", version) else None


def _from_text(content: bytes) -> str | None:
    found = re.match(rb"CUDA Version (\d+(?:\.\d+)+)", content)
    return found[1].decode() if found else None


def _from_header(content: bytes) -> str | None:
    number = 0
    place = content.find(_NUMBER)
    while place >= 0 and not number:
        line = content[content.rfind(b"\n", 0, place) + 1 : place + _LINE].splitlines()[0].split()
        number = int(line[2]) if line[:2] == [b"#define", _NUMBER] and line[2:3] and line[2].isdigit() else 0
        place = content.find(_NUMBER, place + 1)
    return f"{number // 1000}.{number % 1000 // 10}" if number else None


def _from_programs(machine: Machine, folder: str) -> tuple[str, str] | None:
    from sparkdoctor.facts.collectors import assembler

    paths = (compiler(machine, f"{folder}/bin/nvcc"), ptxas(machine, folder))
    for path in filter(None, paths):
        try:
            version = assembler.version(machine.mapped(path))
        except OSError:
            continue
        if version:
            return version.rpartition(".")[0], path
    return None


def ptxas(machine: Machine, folder: str) -> str | None:
    """The assembler of a toolkit."""
    path = f"{folder}/bin/ptxas"
    return path if machine.is_file(path) else None


def assemblers(exam: Examination) -> list[str]:
    """Every assembler outside Python packages, each once, that of the build's toolkit first."""
    found: dict[str, str] = {}
    in_toolkits = [ptxas(exam.machine, folder) for folder in folders(exam)]
    for path in [*in_toolkits, *on_path(exam, "ptxas")]:
        if path:
            found.setdefault(exam.machine.real(path), path)
    return list(found.values())


def _above(program: str) -> str:
    return posixpath.dirname(posixpath.dirname(program)) or "/"
