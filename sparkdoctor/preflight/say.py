"""Writes lines to standard error, and never waits for somebody who doesn't read."""

from __future__ import annotations

import os
import select
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PATIENCE = 200
"""Milliseconds that a full pipe is waited for."""
_PIECE = 4096
"""Bytes that a pipe takes whole where it says that it can be written (PIPE_BUF, pipe(7))."""


def say(lines: Iterable[str]) -> None:
    """Writes the lines if standard error is open, its encoding kept; gives up where that would wait or fails."""
    if sys.stderr is None:
        return
    text = "".join(lines)
    encoding = sys.stderr.encoding or "ascii"
    if encoding.lower() != "utf-8":
        from sparkdoctor.reports.terminal import encodable

        text = encodable(text, encoding)
    content = text.encode(encoding, "replace")
    poller = select.poll()
    poller.register(2, select.POLLOUT)
    try:
        while content and poller.poll(_PATIENCE):
            content = content[os.write(2, content[:_PIECE]) :]
    except OSError:  # nobody listens, or there is no room
        return
