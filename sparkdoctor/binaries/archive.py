"""Reads static archives, from member to member.

Layout: 8 bytes of magic; of each member a header of 60 bytes (name 16, date 12, owner 6, group 6, mode 8, size 10, two
bytes that end it, all text), then its content, padded to an even offset.
https://man.freebsd.org/cgi/man.cgi?query=ar&sektion=5
"""

from __future__ import annotations

from sparkdoctor.binaries.broken import Broken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sparkdoctor.binaries.broken import Steps
    from sparkdoctor.binaries.source import Source

MAGIC = b"!<arch>\n"
THIN = b"!<thin>\n"
_END = b"`\n"
_LONG_NAME = b"#1/"


def members(source: Source, steps: Steps) -> Iterator[tuple[int, int]]:
    """Offset and size of each member's content. Raises Broken where a header can't be one."""
    at = len(MAGIC)
    while at < source.size:
        head = source.read(at, 60)
        if head == b"\n":
            return
        size = _number(head[48:58])
        if len(head) < 60 or head[58:] != _END or size is None:
            raise Broken(at, "an archive member's header that isn't one")
        steps.take(at)
        start, after = at + 60, at + 60 + size
        name = _number(head[3:16]) or 0 if head.startswith(_LONG_NAME) else 0
        if after > source.size or name > size:
            raise Broken(at, f"an archive member of {size} bytes, which runs past the end of the file,")
        yield start + name, size - name
        at = after + (after & 1)


def _number(text: bytes) -> int | None:
    text = text.strip(b" ")
    return int(text) if text.isdigit() else None
