"""The closed set of actions: what sparkdoctor itself can change. A rule chooses among them, it can't add one.

Each is a module with the functions of `Action`. An intention is JSON that holds all that is needed to carry the action
out, to look where it stands, and to take it back, so that after a power cut the journal alone is enough.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.plan import Step

    Intention: TypeAlias = "dict[str, Any]"
    Checkpoint: TypeAlias = "Callable[[str], None]"

BEFORE, AFTER, BETWEEN, OTHER = "before", "after", "between", "other"
"""How the world stands to an intention: nothing done, all done, some of its parts done, changed by somebody else."""

MODULES = {"env": "env", "arch-flag": "env", "file": "file", "command": "command", "pin": "pin"}
"""Kinds of fixes that can be carried out, and the module of each below this package."""


class Action(Protocol):
    """What each module of the set can do. Idempotent: done twice is done once."""

    def intend(self, step: Step, place: Place, plan: str) -> Intention:
        """Looks at the world and says what will be done, with all that undo needs; puts copies aside where needed.

        Changes nothing else. Raises Refused.
        """
        ...

    def do(self, intention: Intention, place: Place, checkpoint: Checkpoint) -> dict[str, Any]:
        """Carries it out; gives what undo wants to know of the result. Raises Refused or OSError."""
        ...

    def undo(
        self, intention: Intention, result: Mapping[str, Any] | None, place: Place, force: bool = False
    ) -> list[str]:
        """Takes it back, also half done; `result` is what `do` gave (None: it never came to that).

        Gives a line for each thing that is kept, since somebody changed it meanwhile (`force`: nothing is kept).
        """
        ...

    def state(self, intention: Intention, place: Place) -> str:
        """BEFORE, AFTER, BETWEEN or OTHER."""
        ...


def action(kind: str) -> Action:
    """The action that carries out fixes of a kind."""
    module: Any = import_module(f"sparkdoctor.fixes.actions.{MODULES[kind]}")
    return module  # type: ignore[no-any-return]
