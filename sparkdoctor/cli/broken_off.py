"""Whether a plan for the examined environment was broken off: what every command says first."""

from __future__ import annotations

import os

from sparkdoctor.facts.values import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination

_FOLDER = ".sparkdoctor"


def broken_off(examination: Examination | None) -> tuple[str, ...]:
    """One line for the plans of the examined environment that were neither finished nor taken back.

    Costs one look at a folder where nothing was ever applied.
    """
    if examination is None or not examination.machine.live:
        return ()
    environment = examination.environment()
    if isinstance(environment, Unknown) or not os.path.isdir(os.path.join(environment.prefix, _FOLDER)):
        return ()
    from sparkdoctor.fixes import history, place
    from sparkdoctor.fixes.lock import holder
    from sparkdoctor.fixes.quoting import shell_word

    where = place.of_environment(examination.machine, environment)
    found = history.pending(where)
    if not found:
        return ()
    at_work = holder(where)
    if at_work is not None:
        return (f"Plan {found[-1].id} is being carried out by {at_work}.",)
    return (
        f"Plan {found[-1].id} was broken off, so that this environment may be half changed. "
        f"Take it back: sparkdoctor undo --pending --python {shell_word(environment.prefix)}",
    )
