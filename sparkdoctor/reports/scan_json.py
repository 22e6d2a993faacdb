"""A scan as JSON: the contract of `scan --format json`, whose JSON Schema lies beside this file."""

from __future__ import annotations

from sparkdoctor.reports.document import dumped, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sparkdoctor.binaries.contents import Code
    from sparkdoctor.reports.scan_report import Group, Judged, ScanReport


def render(report: ScanReport) -> str:
    """One JSON object (cli.md of the docs: JSON contract)."""
    return dumped({
        **opened(report.tool),
        "targets": [
            {
                "index": target.index,
                "name": target.name,
                "compute_capability": target.compute_capability,
                "origin": target.origin,
            }
            for target in report.targets
        ],
        "summary": _summary(report),
        "packages": [_package(group, report) for group in report.groups if group.package],
        "files": [_file(one, report) for one in report.files],
    })  # fmt: skip


def _summary(report: ScanReport) -> dict[str, Any]:
    files = report.files
    counts = dict.fromkeys(("native", "compatible", "ptx", "unknown", "none"), 0)
    for one in files:
        if one.holds_code and one.verdict is not None and one.verdict.runs in counts:
            counts[one.verdict.runs] += 1
    return {
        "files": len(files),
        "with_gpu_code": sum(one.holds_code for one in files),
        "runs": counts if report.capability else None,
        "faults": sum(one.fault is not None for one in files),
        "exit_code": report.exit_code,
    }


def _package(group: Group, report: ScanReport) -> dict[str, Any]:
    undecided = group.undecided(report.cuda)
    return {
        "name": group.name.partition(" ")[0],
        "version": group.name.partition(" ")[2] or None,
        "gpu_code": None if group.remark or undecided else list(group.targets(report.cuda)),
        "runs": None
        if not report.capability or group.remark or undecided
        else group.as_a_whole(report.capability, report.cuda),
        "remark": group.remark,
    }


def _file(one: Judged, report: ScanReport) -> dict[str, Any]:
    scanned = one.scanned
    contents = scanned.contents
    found: dict[str, Any] = {
        "path": report.redactor.path(scanned.library.shown),
        "distribution": scanned.library.distribution,
        "format": contents.format if contents is not None else None,
        "machine": contents.machine if contents is not None else None,
        "size": scanned.size,
        "origin": "measured" if contents is not None else None,
        "by": scanned.by if contents is not None else None,
        **_code(contents.code if contents is not None else None),
        "relocatable": _code(contents.relocatable if contents is not None else None),
        "outside_sections": _code(contents.outside_sections if contents is not None else None),
        "searched": contents.searched if contents is not None else False,
        "runs": one.verdict.runs if one.verdict else None,
        "reason": one.verdict.reason if one.verdict else None,
        "containers": one.verdict.containers or None if one.verdict else None,
        "error": one.fault,
    }
    return found


def _code(code: Code | None) -> dict[str, Any]:
    if code is None:
        return {"cubins": {}, "ptx": {}}
    found: dict[str, Any] = {"cubins": dict(code.cubins), "ptx": {name: dict(ptx) for name, ptx in code.ptx.items()}}
    if code.counted:
        found["counted"] = dict(code.counted)
    return found
