"""What a report format is given."""

from __future__ import annotations

from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from sparkdoctor.diagnosis.model import Diagnosis
    from sparkdoctor.facts.privacy import Redactor
    from sparkdoctor.facts.values import Reading


class Report(Record):
    """A diagnosis with what a reader needs beside it.

    `read` gives facts for the header; `exit_code` is what the program will end with; `notes` are lines about what was
    examined (the wrong Python, other environments); `snapshot` gives the facts as JSON where they are to be shown.
    """

    diagnosis: Diagnosis
    read: Callable[[str, int | None], Reading]
    redactor: Redactor
    tool: Mapping[str, str]
    exit_code: int
    notes: tuple[str, ...] = ()
    snapshot: Callable[[], dict[str, Any]] | None = None
    verbosity: int = 0
    width: int = 100
    colour: bool = False
