"""A scan for people: one row a library, a picture of packages by GPU generations, and what it comes to."""

from __future__ import annotations

from sparkdoctor.binaries.compatibility import COMPATIBLE, NATIVE, NONE, NONE_FOUND, PTX, UNKNOWN
from sparkdoctor.reports.scan_picture import compact, picture
from sparkdoctor.reports.terminal import Style, paragraph, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.reports.scan_report import Group, Judged, ScanReport

WORDS = {
    NATIVE: "native",
    COMPATIBLE: "compatible",
    PTX: "by PTX",
    UNKNOWN: "unknown",
    NONE: "does not run",
    NONE_FOUND: "none found",
}
_COLOURS = {NATIVE: "ok", COMPATIBLE: "ok", PTX: "warning", UNKNOWN: "info", NONE: "error", NONE_FOUND: "dim"}
_VERDICT = 12
_SIZE = 9


def render(report: ScanReport) -> str:
    """The scan as lines of text."""
    style = Style(report.colour)
    lines = []
    for note in report.notes:
        lines += paragraph(report.redactor.path(note), report.width, "")
    lines += [""] if lines else []
    for group in report.groups:
        rows = _group(group, report, style)
        lines += [*rows, ""] if rows else []
    drawn = picture(report, style)
    lines += [*drawn, ""] if drawn else []
    lines += _sum(report, style)
    return "\n".join(lines) + "\n"


def _group(group: Group, report: ScanReport, style: Style) -> list[str]:
    files = group.with_code
    faults = [one for one in group.files if one.fault]
    empty = sum(not one.holds_code and not one.fault for one in group.files)
    alone = report.named or report.verbosity > 0
    if not files and not faults and not (alone or group.remark):
        return []
    lines = [style.paint("bold", printable(report.redactor.path(group.name)))]
    if group.remark:
        return [*lines, f"  {printable(report.redactor.path(group.remark))}"]
    for one in files:
        lines += _row(one, group, report, style)
    for one in faults:
        path = printable(report.redactor.path(one.scanned.library.shown))
        lines += paragraph(f"✗ {path}: {printable(one.fault or '')}", report.width - 2, "  ")
    if alone or files or faults:
        lines += _without(group, empty, report)
    return lines


def _row(one: Judged, group: Group, report: ScanReport, style: Style) -> list[str]:
    scanned = one.scanned
    contents = scanned.contents
    assert contents is not None
    verdict = f"{WORDS[one.verdict.runs]:{_VERDICT}}" if one.verdict else ""
    painted = style.paint(_COLOURS[one.verdict.runs], verdict) if one.verdict else ""
    room = report.width - 2 - _SIZE - len(verdict) - 6
    name_width = max(20, room * 45 // 100)
    shown = scanned.library.shown
    if shown == group.name:
        shown = shown.rpartition("/")[2]
    path = _shortened(printable(report.redactor.path(shown)), name_width)
    code = compact(contents, max(16, room - name_width), report.verbosity > 0)
    first = f"  {path:{name_width}}  {_size(scanned.size):>{_SIZE}}  {painted}  {code[0]}".rstrip()
    indent = " " * (name_width + _SIZE + 6 + len(verdict) + 2)
    lines = [first, *(f"{indent}{line}" for line in code[1:])]
    if report.verbosity > 0 and one.verdict:
        lines += paragraph(f"{one.verdict.reason} ({one.verdict.source})", report.width, "      ")
    return lines


def _without(group: Group, empty: int, report: ScanReport) -> list[str]:
    if not group.files:
        return ["  no file here can carry GPU code"]
    if not empty:
        return []
    names = f"{empty} {'more ' if len(group.files) > empty else ''}{'file' if empty == 1 else 'files'}"
    others = [one.scanned.contents for one in group.files if not one.holds_code]
    searched = all(contents is None or contents.searched for contents in others)
    said = "no GPU code in" if searched else "no GPU code in the sections of"
    if report.verbosity > 0:
        listed = [one.scanned.library.shown for one in group.files if not one.holds_code and not one.fault]
        return paragraph(f"{said} {names}: {printable(', '.join(listed))}", report.width, "  ")
    return [f"  {said} {names}"]


def _sum(report: ScanReport, style: Style) -> list[str]:
    holding = [one for one in report.files if one.holds_code]
    if not report.files:
        return ["No file that can carry GPU code."]
    total = f"{len(holding)} of {len(report.files)} files hold GPU code"
    faults = sum(one.fault is not None for one in report.files)
    if len(report.files) == 1:
        if faults and not holding:
            return ["What it holds can't be told."]
        total = "It holds GPU code" if holding else "It holds no GPU code"
    broken = f"; {faults} broken or unreadable, named above" if faults else ""
    if report.capability is None:
        return paragraph(f"{total}{broken}. No verdict: {report.asked}", report.width, "")
    counts = dict.fromkeys(WORDS, 0)
    for one in holding:
        if one.verdict:
            counts[one.verdict.runs] += 1
    parts = ", ".join(f"{count} {WORDS[outcome]}" for outcome, count in counts.items() if count and outcome != NONE)
    told = f" On {report.asked}: {parts or 'none runs'}." if holding else ""
    lines = paragraph(f"{total}{broken}.{told}", report.width, "")
    failing = [one for one in holding if one.fails]
    if failing:
        lines += _failing(failing, report, style)
    return lines


def _failing(failing: list[Judged], report: ScanReport, style: Style) -> list[str]:
    """What it means that some libraries don't run: for each package whether it can do without them."""
    count = len(failing)
    head = f"{count} {'file holds' if count == 1 else 'files hold'} GPU code of which nothing runs there (exit code 1)."
    lines = [style.paint("error", head)]
    for group in report.groups:
        ours = [one for one in group.files if one.fails]
        if not ours or not group.package:
            continue
        whole = None if group.undecided(report.cuda) else group.as_a_whole(report.capability or "", report.cuda)
        if whole in (NATIVE, COMPATIBLE, PTX):
            told = (
                f"{group.name} as a whole runs ({WORDS[whole]}): the libraries that it can't do without have code. "
                "The others are for other GPUs or CUDA versions, or for features that this GPU goes without."
            )
        elif whole == NONE:
            told = f"{group.name} as a whole does not run: what it can't do without has no code for this GPU."
        else:
            told = f"{group.name}: whether it can do without them couldn't be told."
        lines += paragraph(told, report.width, "  ")
    return lines


def _size(size: int) -> str:
    if size < 1 << 20:
        return f"{(size + 1023) >> 10} KiB"
    if size < 10 << 20:
        return f"{size / (1 << 20):.1f} MiB"
    return f"{size >> 20} MiB"


def _shortened(path: str, width: int) -> str:
    """The path with its middle left out where it is too long; the end tells most."""
    if len(path) <= width:
        return path
    keep = width - 1
    return f"{path[: keep // 3]}…{path[-(keep - keep // 3) :]}"
