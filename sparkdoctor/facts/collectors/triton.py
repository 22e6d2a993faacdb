"""The assemblers that Triton uses: those in its own folder, and those that its two variables name."""

from __future__ import annotations

from sparkdoctor.facts.collectors import assembler, packages
from sparkdoctor.facts.collectors.known_assemblers import known
from sparkdoctor.facts.values import ABSENT, Reading, absent, unknown
from sparkdoctor.machine import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination

_FOLDER = "triton/backends/nvidia/bin"
_DISTRIBUTIONS = ("triton", "pytorch_triton")


def bundled(exam: Examination) -> dict[str, Reading]:
    """`triton.ptxas_version` and `_targets`: of the assembler in Triton's folder; Absent where it has none."""
    return _bundled(exam, "ptxas", "triton.ptxas")


def bundled_blackwell(exam: Examination) -> dict[str, Reading]:
    """`triton.ptxas_blackwell_*`: of the second assembler that Triton brings for newer GPUs."""
    return _bundled(exam, "ptxas-blackwell", "triton.ptxas_blackwell")


def override(exam: Examination) -> dict[str, Reading]:
    """`triton.ptxas_override_*`: of the assembler that TRITON_PTXAS_PATH names."""
    return _named(exam, "TRITON_PTXAS_PATH", "triton.ptxas_override")


def override_blackwell(exam: Examination) -> dict[str, Reading]:
    """`triton.ptxas_blackwell_override_*`: of the assembler that TRITON_PTXAS_BLACKWELL_PATH names."""
    return _named(exam, "TRITON_PTXAS_BLACKWELL_PATH", "triton.ptxas_blackwell_override")


def _bundled(exam: Examination, program: str, prefix: str) -> dict[str, Reading]:
    found = [packages.find(exam, name) for name in _DISTRIBUTIONS]
    triton = next((one for one in found if isinstance(one, packages.Distribution)), found[0])
    if not isinstance(triton, packages.Distribution):
        return _both(prefix, triton)
    path = f"{triton.site}/{_FOLDER}/{program}"
    try:
        recorded = known(exam.machine, triton, f"{_FOLDER}/{program}")
        return (recorded or assembler.assembler(exam.machine, path)).readings(prefix)
    except FileNotFoundError:
        if exam.machine.is_dir(f"{triton.site}/triton"):
            return _both(prefix, absent(path))
        return _both(prefix, unknown(f"triton's own folder isn't in {triton.site}"))


def _named(exam: Examination, variable: str, prefix: str) -> dict[str, Reading]:
    named = exam.read(f"env.{variable}")
    if not named.known:
        return _both(prefix, named)
    path = str(named.value) if named.present else ""
    if not path:
        return _both(prefix, Reading(ABSENT, named.origin, f"{variable} isn't set", named.strength))
    if not path.startswith("/"):
        return _both(prefix, unknown(f"{variable} is a relative path"))
    try:
        return assembler.assembler(exam.machine, path).readings(prefix)
    except (FileNotFoundError, NotADirectoryError, Unreadable):
        return _both(prefix, absent(f"{variable} names no file: {path}"))


def _both(prefix: str, reading: Reading) -> dict[str, Reading]:
    return {f"{prefix}_version": reading, f"{prefix}_targets": reading}
