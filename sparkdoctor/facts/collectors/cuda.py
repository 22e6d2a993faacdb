"""CUDA toolkits: which there are, which one a build would use, its compiler, and the newest assembler."""

from __future__ import annotations

from sparkdoctor.facts.collectors import toolkit as finder
from sparkdoctor.facts.values import Reading, absent, measured, unknown
from sparkdoctor.facts.versions import fields
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.facts.collectors.assembler import Assembler
    from sparkdoctor.facts.values import Item


_DECLARED = r"__device_builtin__\s+double\s+%s\(double x\)\s*(;|\w+)"
_HEADER_GREW = (("sinpi", "2.40"), ("rsqrt", "2.41"))
"""A function that glibc's next release declares as well, in another way than the headers that state none."""


def toolkits(exam: Examination) -> dict[str, Reading]:
    """`cuda.toolkits`: every toolkit on the disk, with its version where one is stated."""
    records: list[Item] = []
    folders = finder.folders(exam)
    for folder in folders:
        found = finder.release(exam.machine, folder)
        records.append({"path": folder, "version": found[0]} if found else {"path": folder})
    reading = measured(tuple(records), ", ".join(folders)) if records else absent(f"PATH, {finder.USUAL}*")
    return {"cuda.toolkits": reading}


def toolkit(exam: Examination) -> dict[str, Reading]:
    """`cuda.toolkit_path` and `cuda.toolkit_version`, Absent where a build would find none."""
    choice = finder.chosen(exam)
    if choice.path is None:
        reading = _as_sure(absent(choice.where), choice)
        return {"cuda.toolkit_path": reading, "cuda.toolkit_version": reading}
    found = finder.release(exam.machine, choice.path)
    return {
        "cuda.toolkit_path": _as_sure(measured(choice.path, choice.where), choice),
        "cuda.toolkit_version": _as_sure(measured(*found), choice)
        if found
        else unknown(f"nothing in {choice.path} states a version"),
    }


def toolkit_targets(exam: Examination) -> dict[str, Reading]:
    """`cuda.toolkit_targets`: what the assembler of the toolkit that a build would use takes."""
    choice = finder.chosen(exam)
    path = finder.ptxas(exam.machine, choice.path) if choice.path else None
    if path is None:
        where = f"{choice.path}/bin/ptxas" if choice.path else choice.where
        return {"cuda.toolkit_targets": _as_sure(absent(where), choice)}
    from sparkdoctor.facts.collectors import assembler as reader

    targets = reader.assembler(exam.machine, path).readings("cuda.toolkit")["cuda.toolkit_targets"]
    return {"cuda.toolkit_targets": _as_sure(targets, choice)}


def headers(exam: Examination) -> dict[str, Reading]:
    """`cuda.headers_glibc`: the newest glibc that the math headers of the build's toolkit agree with.

    glibc 2.41 and 2.42 brought functions of the same names that don't throw; headers that know of it say so after the
    declaration. Absent where no bound shows, or where there is no such toolkit or header.
    """
    choice = finder.chosen(exam)
    for header in finder.headers(exam.machine, choice.path, "crt/math_functions.h") if choice.path else ():
        try:
            text = exam.machine.text(header)
        except FileNotFoundError:
            continue
        for function, newest in _HEADER_GREW:
            declared = re.search(_DECLARED % function, text)
            if declared and declared[1] == ";":
                return {"cuda.headers_glibc": _as_sure(measured(newest, header), choice)}
        return {"cuda.headers_glibc": _as_sure(absent(header), choice)}
    return {"cuda.headers_glibc": _as_sure(absent(choice.where), choice)}


def nvcc(exam: Examination) -> dict[str, Reading]:
    """`cuda.nvcc_version`: of the compiler of the toolkit that a build would use, else of the one on PATH."""
    choice = finder.chosen(exam)
    path = finder.compiler(exam.machine, f"{choice.path}/bin/nvcc") if choice.path else None
    path = path or finder.compiler_on_path(exam)
    if path is None:
        return {"cuda.nvcc_version": _as_sure(absent(f"{choice.path or finder.USUAL}/bin/nvcc, PATH"), choice)}
    from sparkdoctor.facts.collectors import assembler as reader

    version = reader.version(exam.machine.mapped(path))
    reading = measured(version, path) if version else unknown(f"{path} doesn't state its version")
    return {"cuda.nvcc_version": _as_sure(reading, choice)}


def assembler(exam: Examination) -> dict[str, Reading]:
    """`cuda.ptxas_path`, `_version` and `_targets`: of the newest assembler outside Python packages."""
    paths = finder.assemblers(exam)
    readable = [one for path in paths if (one := _read(exam, path)) is not None]
    if not readable:
        reading = absent(f"PATH, {finder.USUAL}*/bin/ptxas")
        if paths:
            reading = unknown(f"{', '.join(paths)}: states no version")
        return dict.fromkeys(("cuda.ptxas_path", "cuda.ptxas_version", "cuda.ptxas_targets"), reading)
    newest = max(readable, key=lambda one: fields(one.version or "0"))
    return {"cuda.ptxas_path": measured(newest.path, newest.path), **newest.readings("cuda.ptxas")}


def _read(exam: Examination, path: str) -> Assembler | None:
    """The assembler, or None where its file can't be read or states no version."""
    from sparkdoctor.facts.collectors import assembler as reader

    try:
        found = reader.assembler(exam.machine, path)
    except OSError:
        return None
    return found if found.version else None


def _as_sure(reading: Reading, choice: finder.Choice) -> Reading:
    """No stronger than the choice of the toolkit."""
    return Reading(reading.value, reading.origin, reading.where, min(reading.strength, choice.strength))
