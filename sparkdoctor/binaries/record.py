"""What the RECORD of a wheel says of the files that can carry GPU code.

A RECORD is a CSV file with a path, a hash and a size in each line (Python packaging, "Recording installed projects").
https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import re

from sparkdoctor.binaries.carriers import PATTERN
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(
    r'(?:"([^"\n]*%s)"|([^",\n]*%s)),(?:sha256=([A-Za-z0-9_-]{43})=*)?,\d{0,19}\r?' % (PATTERN, PATTERN)  # noqa: UP031
)
_SIGNS = (".so", ".a,", '.a"', ".cubin", ".fatbin", ".dll", ".pyd")
"""What every line of interest holds; looked for first, since a RECORD has ten thousands of lines."""


class Recorded(Record):
    """One line: the path as it is written, and the SHA-256 (URL-safe base64 without padding) where it is stated."""

    path: str
    digest: str | None = None


def carriers(text: str) -> list[Recorded]:
    """The lines of a RECORD whose files can carry GPU code, in their order."""
    starts = {start for sign in _SIGNS for start in _lines_with(text, sign)}
    found = (_LINE.fullmatch(text, start, _end(text, start)) for start in sorted(starts))
    return [Recorded(match[1] or match[2], match[3]) for match in found if match]


def _lines_with(text: str, sign: str) -> Iterator[int]:
    """Where the lines begin that hold `sign`."""
    at = text.find(sign)
    while at >= 0:
        yield text.rfind("\n", 0, at) + 1
        at = text.find(sign, _end(text, at))


def _end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
