"""Plans as JSON: the contract of fix, undo and history, whose JSON Schema lies in reports/plans.schema.json."""

from __future__ import annotations

from sparkdoctor.fixes.plan import to_json
from sparkdoctor.reports.document import opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sparkdoctor.facts.privacy import Redactor
    from sparkdoctor.fixes.plan import Plan


def document(plans: Sequence[Plan], tool: Mapping[str, str], redactor: Redactor, exit_code: int) -> dict[str, Any]:
    """The object that the commands print; homes are shortened in its texts."""
    return {
        **opened(tool),
        "summary": {"exit_code": int(exit_code)},
        "plans": [_shortened(to_json(plan), redactor) for plan in plans],
    }


def _shortened(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor.path(value)
    if isinstance(value, list):
        return [_shortened(item, redactor) for item in value]
    return {key: _shortened(item, redactor) for key, item in value.items()} if isinstance(value, dict) else value
