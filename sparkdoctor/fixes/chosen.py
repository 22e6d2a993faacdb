"""Which of its fixes is taken for a finding."""

from __future__ import annotations

from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.diagnosis.model import Finding, Offer


class Chosen(Record):
    """The fix that is taken for a finding."""

    finding: Finding
    offer: Offer
