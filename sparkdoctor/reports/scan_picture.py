"""GPU code in few characters: a cell for a library, a picture of packages by GPU generations."""

from __future__ import annotations

from sparkdoctor.binaries.package_code import common
from sparkdoctor.reports.terminal import items, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sparkdoctor.binaries.contents import Contents
    from sparkdoctor.reports.scan_report import Group, ScanReport
    from sparkdoctor.reports.terminal import Style

_LONGEST_NAME = 36
LEGEND = "# machine code · a, f with that suffix alone · p PTX alone · . nothing for exactly this one"


def compact(contents: Contents, width: int, everything: bool) -> list[str]:
    """The targets of a library as lines of at most `width`: "75 80 120f · PTX 120"; one line unless `everything`.

    Targets that are rare in the library are counted; with `everything` each is named with its number of images.
    """
    if everything:
        return _wrapped(_counted(contents), width)
    targets, _ = common([contents])
    held = contents.gpu_code
    if not (contents.code.targets or contents.outside_sections.targets):
        targets = tuple(target for target in held if target in targets or not targets)
    text = named(targets)
    rare = len([target for target in held if target not in targets])
    notes = [f"+{rare} rare"] if rare else []
    if not (contents.code.targets or contents.outside_sections.targets):
        notes.append("relocatable" if held else "")
    kinds = dict.fromkeys(
        kind for code in (contents.code, contents.outside_sections, contents.relocatable) for kind in code.counted
    )
    notes += ["LTO" if any(kind.startswith("lto") for kind in kinds) else ", ".join(kinds)] if kinds else []
    line = " · ".join(part for part in (text, *notes) if part)
    return [line if len(line) <= width else line[: width - 1] + "…"]


def named(targets: Iterable[str]) -> str:
    """Targets without their prefix: "75 80 120f · PTX 120"."""
    machine_code = [target[3:] for target in targets if target.startswith("sm_")]
    ptx = [target[8:] for target in targets if target.startswith("compute_")]
    parts = [" ".join(machine_code), f"PTX {' '.join(ptx)}" if ptx else ""]
    return " · ".join(part for part in parts if part)


def picture(report: ScanReport, style: Style) -> list[str]:
    """Packages by GPU generations, where there are at least two to compare; empty otherwise."""
    rows = [(group, targets) for group in report.groups if group.with_code and (targets := group.targets(report.cuda))]
    if len(rows) < 2:
        return []
    numbers = sorted({number for _, targets in rows for number in _numbers(targets)})
    name_width = min(max(len(_called(group, report)) for group, _ in rows), _LONGEST_NAME)
    ptx = {group.name: _ptx(targets) for group, targets in rows}
    ptx_width = max(len(text) for text in ptx.values())
    room = (report.width - name_width - 4 - (ptx_width + 2 if ptx_width else 0)) // 4
    left_out = numbers[:-room] if len(numbers) > room else []
    numbers = numbers[len(left_out) :]
    own = int(report.capability.replace(".", "")) if report.capability else None
    if own is not None and own not in numbers:
        numbers = sorted([*numbers, own])
    head = f"  {'':{name_width}} " + "".join(
        style.paint("bold", f"{number:>4}") if number == own else f"{number:>4}" for number in numbers
    )
    lines = [head]
    for group, targets in rows:
        cells = "".join(_cell(targets, number, number == own, style) for number in numbers)
        lines.append(f"  {_called(group, report)[:name_width]:{name_width}} {cells}  {ptx[group.name]}".rstrip())
    legend = items(LEGEND, report.width - 2)
    if left_out:
        legend.append(f"older ones are left out: {' '.join(map(str, left_out))}")
    return [*lines, *(style.paint("dim", f"  {line}") for line in legend)]


def _called(group: Group, report: ScanReport) -> str:
    return printable(report.redactor.path(group.name))


def _cell(targets: Sequence[str], number: int, own: bool, style: Style) -> str:
    of_number = [parts for target in targets if (parts := _parts(target)) and parts[1] == number]
    suffixes = {suffix for kind, _, suffix in of_number if kind == "sm"}
    if "" in suffixes:
        mark = "#"
    elif suffixes:
        mark = "".join(sorted(suffixes))
    else:
        mark = "p" if of_number else "."
    text = f"{mark:>4}"
    return style.paint("bold" if mark != "." else "dim", text) if own else text


def _ptx(targets: Sequence[str]) -> str:
    """The lowest PTX without a suffix, which serves all later GPUs, else what there is: "80+", "120a"."""
    held = [target[8:] for target in targets if target.startswith("compute_")]
    plain = [int(number) for number in held if number.isdigit()]
    return f"{min(plain)}+" if plain else " ".join(held)


def _numbers(targets: Sequence[str]) -> list[int]:
    return [parts[1] for target in targets if (parts := _parts(target))]


def _parts(target: str) -> tuple[str, int, str] | None:
    """Kind, number and suffix of machine code or PTX: sm_120f gives ("sm", 120, "f"); None for what is neither."""
    kind, _, number = target.partition("_")
    digits = number.rstrip("af")
    suffix = number[len(digits) :]
    is_code = kind in ("sm", "compute") and digits.isdecimal() and suffix in ("", "a", "f")
    return (kind, int(digits), suffix) if is_code else None


def _counted(contents: Contents) -> list[str]:
    parts = []
    for code, where in (
        (contents.code, ""),
        (contents.outside_sections, " outside sections"),
        (contents.relocatable, " relocatable"),
    ):
        words = [f"{target}×{count}" for target, count in code.cubins.items()]
        words += [
            f"{target}×{ptx['count']}" + (f" (ISA {', '.join(ptx['isa'])})" if ptx["isa"] else "")
            for target, ptx in code.ptx.items()
        ]
        words += [f"{kind}×{count}" for kind, count in code.counted.items()]
        if words:
            words[-1] += where
            parts += words
    return parts


def _wrapped(words: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]
