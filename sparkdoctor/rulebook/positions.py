"""Where an entry of a TOML file stands: no TOML reader for Python tells the lines of what it read."""

from __future__ import annotations

import re

from sparkdoctor.records import Record

_HEADER = re.compile(r"\[\[\s*([\w.\-\"]+)\s*\]\]")
_QUOTES = re.compile(r"'''|\"\"\"")


def header_lines(text: str) -> dict[str, list[int]]:
    """For each array of tables the line numbers (from 1) of its `[[name]]` headers, in order."""
    found: dict[str, list[int]] = {}
    open_quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not open_quote:
            match = _HEADER.match(line.strip())
            if match:
                found.setdefault(match[1], []).append(number)
        for quote in _QUOTES.findall(line):
            if not open_quote:
                open_quote = quote
            elif quote == open_quote:
                open_quote = ""
    return found


def line_of(text: str, first: int, word: str) -> int:
    """The first line from line `first` on that holds `word`, up to the next top-level header; `first` if none does."""
    for number, line in enumerate(text.splitlines()[first - 1 :], first):
        if number > first and re.match(r"\[\[(rule|estimate|gpu)\]\]", line.strip()):
            break
        if word in line:
            return number
    return first


class Place(Record):
    """Where a rule stands: its file (relative to its folder), the line of its header, and the text of the file."""

    file: str
    line: int
    text: str

    def line_of(self, word: str) -> int:
        """The line in the rule that holds a word; that of its header where none does."""
        return line_of(self.text, self.line, word) if word else self.line
