"""What the readers raise where a file isn't what it says it is, and the bounds that hold for any file."""

from __future__ import annotations


class Broken(Exception):
    """Something that can't be, `offset` bytes into what was being read; `text` says what, without the offset."""

    def __init__(self, offset: int, text: str) -> None:
        super().__init__(offset, text)
        self.offset = offset
        self.text = text

    def __str__(self) -> str:
        return f"{self.text} at offset {self.offset:#x}"


MOST_STEPS = 1_000_000
"""Entries, containers, archive members and false starts of a search that are looked at in one file.

The largest library known to us takes 30,000. It keeps a file made to hold up its reader to a few seconds.
"""


class Steps:
    """What is left of the steps for one file."""

    __slots__ = ("left",)

    def __init__(self, left: int = MOST_STEPS) -> None:
        self.left = left

    def take(self, offset: int, count: int = 1) -> None:
        """Takes steps; raises Broken, at `offset`, where none are left."""
        self.left -= count
        if self.left < 0:
            raise Broken(offset, self.over())

    def over(self) -> str:
        """What is said where none are left."""
        return f"more than {MOST_STEPS:,} parts: reading stopped"
