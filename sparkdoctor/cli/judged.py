"""What check, fix and env agree on: which rules are asked, and which of their findings count."""

from __future__ import annotations

import sys
import time

from sparkdoctor.cli import inputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sparkdoctor.cli.examine import Examined
    from sparkdoctor.cli.settings import Settings
    from sparkdoctor.diagnosis.model import Diagnosis
    from sparkdoctor.rulebook.model import Rule, Rulebook


def judged(examined: Examined, select: Sequence[str], ignore: Sequence[str], given: Settings) -> Diagnosis:
    """The diagnosis by the rules that options, else settings, leave, without what was suppressed.

    A suppression that no longer counts is named on standard error. Raises Unusable.
    """
    from sparkdoctor.diagnosis.diagnose import diagnose

    rules = _selected(examined.rulebook, select, ignore, given)
    diagnosis = diagnose(examined.rulebook, examined.facts, rules)
    if not given.suppressions:
        return diagnosis
    from sparkdoctor.diagnosis.suppress import suppressed

    today = time.strftime("%Y-%m-%d")
    for line in _without_effect(examined.rulebook, given, today):
        print(f"sparkdoctor: {line}", file=sys.stderr)
    return suppressed(diagnosis, given.suppressions, today)


def _selected(book: Rulebook, select: Sequence[str], ignore: Sequence[str], given: Settings) -> list[Rule]:
    labels = [
        "" if stated else given.label(name).rstrip(" =") + ": "
        for name, stated in (("select", bool(select)), ("ignore", bool(ignore)))
    ]
    return inputs.selected(
        book, select or given.get("select", ()), ignore or given.get("ignore", ()), (labels[0], labels[1])
    )


def _without_effect(book: Rulebook, given: Settings, today: str) -> Iterator[str]:
    for item in given.suppressions:
        if item.rule not in book.rules:
            from sparkdoctor.spelling import meant

            near = meant(item.rule, book.rules)
            yield f"{item.origin}: suppress: there is no rule {item.rule}{near}; without effect"
        elif item.expired(today):
            yield f"{item.origin}: the suppression of {item.rule} ended on {item.until}: it counts again"
