"""The one error of this room: something isn't done, and nothing was changed."""

from __future__ import annotations


class Refused(Exception):
    """Why something isn't done, in one line for a person; nothing was changed.

    `instead` is the command or the step that works, "" where there is none.
    """

    def __init__(self, reason: str, instead: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.instead = instead

    def __str__(self) -> str:
        return f"{self.reason}; {self.instead}" if self.instead else self.reason


class Worse(Refused):
    """It was done, and something doesn't fit afterwards that did before: it is taken back."""
