"""What one pre-flight is asked to do."""

from __future__ import annotations

from sparkdoctor.records import Record

SEVERITIES = ("error", "warning", "info")
FAIL_ON = (*SEVERITIES, "never")
LOG_FORMATS = ("text", "json")
BUDGET = 2.0
"""Seconds that the examination may take where nothing else is said."""


class Settings(Record):
    """The command to become, and how it is examined before.

    `budget` is in seconds; `report` is the file for the full report; `ignore` holds rules (ids or their letters),
    `override` variables that may be replaced although they are set; `python` names the environment to examine,
    `rulebook` a folder that takes the place of the built-in one. `complaints` are settings that weren't understood
    and are left out.
    """

    command: tuple[str, ...]
    budget: float = BUDGET
    report: str | None = None
    log_format: str = "text"
    fail_on: str = "never"
    strict: bool = False
    ignore: tuple[str, ...] = ()
    override: tuple[str, ...] = ()
    python: str | None = None
    rulebook: str | None = None
    complaints: tuple[str, ...] = ()
