"""A progress bar on standard error, for what takes long and is watched."""

from __future__ import annotations

import sys
import time

_PATIENCE = 0.5
_INTERVAL = 0.1
_CELLS = 30


class Progress:
    """Shows how many of `total` steps are done: on a terminal alone, and from half a second on."""

    def __init__(self, total: int, what: str) -> None:
        self._total = total
        self._what = what
        self._done = 0
        self._shown = False
        self._due = time.monotonic() + _PATIENCE if sys.stderr is not None and sys.stderr.isatty() else None

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        now = time.monotonic()
        if self._due is None or now < self._due:
            return
        self._due = now + _INTERVAL
        self._shown = True
        filled = _CELLS * min(self._done, self._total) // max(self._total, 1)
        bar = "#" * filled + "." * (_CELLS - filled)
        sys.stderr.write(f"\r[{bar}] {self._done} of {self._total} {self._what}")
        sys.stderr.flush()

    def end(self) -> None:
        """Takes the bar away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
