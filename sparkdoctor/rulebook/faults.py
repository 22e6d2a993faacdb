"""What is wrong with a rulebook: all faults at once, each a line that a person can act on."""

from __future__ import annotations

from sparkdoctor.records import Record


class Fault(Record):
    """One thing that is wrong, and where."""

    file: str
    line: int
    entry: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.entry}: {self.message}" if self.entry else f"{place}: {self.message}"


class InvalidRulebook(ValueError):
    """The built-in rulebook doesn't load; `faults` says why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class NoSuchFolder(ValueError):
    """The folder of rules that was named isn't there or can't be read."""
