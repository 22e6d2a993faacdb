"""`sparkdoctor scan`: which GPU code libraries hold, and whether it runs on this GPU or on `--target`.

Knows no option parser, which costs more than reading a library.
"""

from __future__ import annotations

from sparkdoctor.cli import output, settings
from sparkdoctor.cli.examine import Examined, Subject, examine, settled
from sparkdoctor.cli.exits import Exit, Unusable
from sparkdoctor.cli.progress import Progress
from sparkdoctor.cli.scan_subjects import Asked, asked
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparkdoctor.binaries.scan import Scanned
    from sparkdoctor.binaries.verdict import Driver
    from sparkdoctor.diagnosis.model import Target
    from sparkdoctor.reports.scan_report import Group, Judged, ScanReport


class Options(Record):
    """The words and options of `scan`."""

    words: Sequence[str] = ()
    subject: Subject = Subject()
    deep: bool = False
    remember: bool = True
    format: str = "text"
    verbosity: int = 0
    colour: str = "auto"


def scan(options: Options) -> int:
    """Scans, prints the report, returns the exit code. Raises Unusable."""
    output.known_format(options.format)
    coloured = output.coloured(options.colour)
    examined = examine(settled(options.subject, settings.read()))
    report = _report(examined, options, coloured)
    if options.format == "json":
        from sparkdoctor.reports.scan_json import render
    else:
        from sparkdoctor.reports.scan_text import render
    output.write(render(report))
    return report.exit_code


def _report(examined: Examined, options: Options, colour: bool) -> ScanReport:
    from sparkdoctor.binaries.cache import Cache, NoCache
    from sparkdoctor.diagnosis.targets import targets
    from sparkdoctor.reports.scan_report import ScanReport

    assert examined.examination is not None
    cache = Cache() if options.remember else NoCache()
    found = asked(examined.examination, options.words, cache, options.deep)
    gpus = targets(examined.facts)
    gpu = next((one for one in gpus if one.compute_capability), None)
    driver = _driver(examined, gpu)
    progress = Progress(sum(one.count for one in found), "files")
    groups = []
    try:
        for one in found:
            groups.append(_group(one, gpu, driver, progress))
    finally:
        progress.end()
        cache.save()
    files = [file for group in groups for file in group.files]
    return ScanReport(
        groups=groups,
        targets=gpus,
        capability=gpu.compute_capability if gpu else None,
        asked=_asked(gpu, driver) if gpu else _no_gpu(examined, gpus),
        driver_cuda=driver.cuda,
        cuda=_cuda_in_use(examined) if any(group.package for group in groups) else None,
        redactor=examined.redactor,
        tool=examined.tool,
        exit_code=Exit.FINDINGS if any(file.fails for file in files) else Exit.OK,
        verbosity=options.verbosity,
        width=output.width(),
        colour=colour,
        notes=_notes(gpus, gpu),
        named=bool(options.words),
    )


def _group(one: Asked, gpu: Target | None, driver: Driver, progress: Progress) -> Group:
    from sparkdoctor.reports.scan_report import Group

    files = []
    for scanned in one.scanned:
        progress.step()
        if one.exact:
            _must_be_a_library(scanned)
        files.append(_judged(scanned, gpu, driver))
    return Group(one.name, [file for file in files if not _is_no_library(file)], one.package, one.remark)


def _judged(scanned: Scanned, gpu: Target | None, driver: Driver) -> Judged:
    from sparkdoctor.binaries.judged import judged
    from sparkdoctor.reports.scan_report import Judged

    contents = scanned.contents
    if contents is None or gpu is None or gpu.compute_capability is None or (contents.error and not contents):
        return Judged(scanned)
    return Judged(scanned, judged(contents, gpu.compute_capability, driver))


def _must_be_a_library(scanned: Scanned) -> None:
    """Raises Unusable for a file named on the command line that can't carry GPU code or can't be read."""
    name = scanned.library.shown
    if scanned.contents is None:
        raise Unusable(f"{name}: can't be read: {scanned.unreadable}")
    if scanned.contents.format == "other" and not scanned.contents.error:
        raise Unusable(
            f"{name}: no library (ELF, PE, static archive, cubin or fatbin), so it holds no GPU code to list"
        )


def _is_no_library(file: Judged) -> bool:
    """Whether a file is named like a library and is none: a linker script, an empty file, another archive."""
    contents = file.scanned.contents
    return contents is not None and contents.format == "other" and not contents.error


def _driver(examined: Examined, gpu: Target | None) -> Driver:
    from sparkdoctor.binaries.verdict import Driver

    if gpu is None:
        return Driver()
    cuda = examined.facts.read("driver.cuda_version", None)
    forbidden = examined.facts.read("env.CUDA_DISABLE_PTX_JIT", None)
    return Driver(str(cuda.value) if cuda.present else None, not (forbidden.present and forbidden.value == "1"))


def _cuda_in_use(examined: Examined) -> str | None:
    """The CUDA that torch was built for, by which packages choose among their libraries."""
    cuda = examined.facts.read("torch.cuda_version", None)
    return str(cuda.value) if cuda.present and cuda.value != "none" else None


def _asked(gpu: Target, driver: Driver) -> str:
    capability = gpu.compute_capability or ""
    name = f"{gpu.name} (sm_{capability.replace('.', '')})" if gpu.name else f"sm_{capability.replace('.', '')}"
    return f"{name} with a driver of CUDA {driver.cuda}" if driver.cuda else name


def _no_gpu(examined: Examined, gpus: list[Target]) -> str:
    if gpus:
        return "the compute capability of this GPU couldn't be read. Name a GPU: --target gb10"
    count = examined.facts.read("gpu.count", None)
    if count.value == 0:
        return "there is no NVIDIA GPU here. Name one: --target gb10"
    return "which GPU this machine has couldn't be read. Name one: --target gb10"


def _notes(gpus: list[Target], gpu: Target | None) -> list[str]:
    others = {one.compute_capability for one in gpus if one.compute_capability}
    if gpu is None or len(others) < 2:
        return []
    return [
        f"Judged for GPU {gpu.index} ({gpu.name or gpu.compute_capability}) of several kinds; --target names another."
    ]
