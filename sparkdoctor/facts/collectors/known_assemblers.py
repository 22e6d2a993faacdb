"""Assemblers that are known by the hash in their wheel's RECORD, so that tens of megabytes needn't be searched.

`tables/known-assemblers.json` of the rulebook holds {"form": 1, "measured": DATE, "targets": {VERSION: [TARGET, …]},
"files": {DIGEST: [SIZE, VERSION]}}: the SHA-256 of a file as RECORD writes it (URL-safe base64 without padding), its
size in bytes, and what assembler.py read from it. All of them lay in wheels of the package index.
"""

from __future__ import annotations

import os

from sparkdoctor.facts.collectors.assembler import Assembler
from sparkdoctor.lazy import read_json
from sparkdoctor.shipped import content, rulebook_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sparkdoctor.facts.collectors.packages import Distribution
    from sparkdoctor.machine import Machine

FORM = 1
PATH = "tables/known-assemblers.json"
"""Where the table lies in the folder of the rulebook."""

_RECORD = 1 << 22
_HASH = ",sha256="


def known(machine: Machine, found: Distribution, inner: str) -> Assembler | None:
    """The assembler at `inner` of a distribution's site folder; None where its RECORD or the table doesn't know it.

    Nor does it where the file has another size than the known one, or was changed after its RECORD was written.
    """
    path, record = f"{found.site}/{inner}", machine.status(f"{found.where}/RECORD")
    status = machine.status(path)
    if status is None or record is None or status.st_mtime_ns > record.st_mtime_ns:
        return None
    try:
        digest = _recorded(machine.text(f"{found.where}/RECORD", _RECORD), inner)
        table = _table() if digest else {}
        size, version = table["files"].get(digest, (None, None)) if table else (None, None)
        return Assembler(path, version, tuple(table["targets"][version])) if size == status.st_size else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _recorded(record: str, inner: str) -> str:
    """The hash that a RECORD states of a file; empty where it states none."""
    line = ("\n" + record).partition(f"\n{inner}{_HASH}")[2]
    return line.partition(",")[0].rstrip("=")


def _table() -> dict[str, Any]:
    """The table; empty where it is of another form."""
    stated: dict[str, Any] = read_json(content(os.path.join(rulebook_folder(), PATH)).decode())
    return stated if stated["form"] == FORM else {}
