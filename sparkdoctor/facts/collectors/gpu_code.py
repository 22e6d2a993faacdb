"""Which GPU code a distribution's libraries hold; what counts for a whole package says binaries/package_code.py."""

from __future__ import annotations

from sparkdoctor.binaries.cache import Cache
from sparkdoctor.binaries.package_code import PackageCode, deciding, package_code
from sparkdoctor.binaries.scan import scan
from sparkdoctor.facts.collectors import packages
from sparkdoctor.facts.collectors.libraries import libraries, ships_no_libraries
from sparkdoctor.facts.values import Reading, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparkdoctor.binaries.scan import Scanned
    from sparkdoctor.facts.collect import Examination

_UNIMPORTANT = 20
"""A broken library that is smaller than its siblings together by more than this factor doesn't hide the answer."""


def targets(exam: Examination, name: str) -> Reading:
    """`pkg.NAME.gpu_code`: targets of the package's code, such as sm_80, sm_120f, compute_90.

    Empty where no library of it holds any. Unknown for a build whose list names no library, since its files may have
    been left out, and where a library that decides is broken or can't be read.
    """
    found = _code(exam, name)
    if isinstance(found, Reading):
        return found
    return measured(found.targets, _where(found.libraries))


def ptx_cuda_version(exam: Examination, name: str) -> Reading:
    """`pkg.NAME.ptx_cuda_version`: the CUDA version that a driver needs to compile the package's PTX.

    Absent where it has no PTX, Unknown where the PTX ISA version isn't among the known ones.
    """
    found = _code(exam, name)
    if isinstance(found, Reading):
        return found
    if not any(target.startswith("compute_") for target in found.targets):
        return absent(_where(found.libraries))
    if found.isa is None:
        return unknown("its PTX ISA version isn't known")
    from sparkdoctor.binaries.jit import cuda_of

    needed = cuda_of(found.isa)
    return unknown(f"PTX ISA {found.isa} isn't known") if needed is None else measured(needed, _where(found.libraries))


def _code(exam: Examination, name: str) -> PackageCode | Reading:
    """What counts for the package, looked at once; the reading that stands for it where nothing can be said."""
    looked_at: dict[str, PackageCode | Reading] = exam.once("gpu_code:looked_at")
    if name not in looked_at:
        looked_at[name] = _look(exam, name)
    return looked_at[name]


def looked_at(exam: Examination) -> dict[str, PackageCode | Reading]:
    """What has been found so far of each package; starts empty."""
    return {}


def _look(exam: Examination, name: str) -> PackageCode | Reading:
    found = packages.find(exam, name)
    if isinstance(found, Reading):
        return found
    listed = libraries(exam, found)
    if not listed:
        if ships_no_libraries(exam, found):
            return PackageCode(libraries=(found.where,))
        return unknown(f"{found.where} lists no library")
    cuda = exam.read("torch.cuda_version")
    in_use = str(cuda.value) if cuda.present and cuda.value != "none" else None
    wanted = set(deciding(name, [library.path for library in listed], in_use))
    cache = Cache()
    try:
        scanned = list(scan(exam.machine, [library for library in listed if library.path in wanted], cache))
    finally:
        cache.save()
    hidden = _hidden(scanned)
    if hidden is not None:
        return hidden
    return package_code(name, {one.library.path: one.contents for one in scanned if one.contents is not None}, in_use)


def _hidden(scanned: Sequence[Scanned]) -> Reading | None:
    """Why the answer can't be given: a library that would have a say is broken, missing or can't be read."""
    faults = [(one, fault) for one in scanned if (fault := _fault(one))]
    if not faults:
        return None
    intact = sum(one.size for one in scanned if one.contents and not _fault(one))
    worst, fault = max(faults, key=lambda pair: pair[0].size)
    everything_gone = all(one.contents is None for one in scanned)
    if not everything_gone and intact > _UNIMPORTANT * sum(one.size for one, _ in faults) > 0:
        return None
    return unknown(f"{worst.library.path}: {fault}")


def _fault(one: Scanned) -> str | None:
    return one.unreadable if one.contents is None else one.contents.error


def _where(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more}" if paths else "its list of files"
