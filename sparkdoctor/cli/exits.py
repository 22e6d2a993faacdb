"""The exit codes of all commands."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.diagnosis.model import Diagnosis

FAIL_ON = ("error", "warning", "info", "never")
"""Values of --fail-on, from the gravest."""


class Exit:
    """What the program ends with (no enumeration, whose module costs half a start of Python)."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    BUG = 3
    UNDETERMINED = 4
    INTERRUPTED = 130


class Unusable(Exception):
    """What was asked for can't be done as asked: one line that says what, where and what to do. Exit code 2."""


def of_diagnosis(diagnosis: Diagnosis, fail_on: str, strict: bool) -> int:
    """FINDINGS where one is at or above `fail_on`; else with `strict` UNDETERMINED where such a rule is undecided."""
    counted = FAIL_ON[: FAIL_ON.index(fail_on) + 1] if fail_on != "never" else ()
    if any(finding.severity in counted for finding in diagnosis.findings):
        return Exit.FINDINGS
    if strict and any(item.rule.severity in counted for item in diagnosis.undetermined):
        return Exit.UNDETERMINED
    return Exit.OK
