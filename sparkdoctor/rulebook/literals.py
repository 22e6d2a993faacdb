"""What must stand in a text for a pattern to match there: cheap to look for before the pattern itself is compiled."""

from __future__ import annotations

from sparkdoctor.rulebook.pattern_checks import parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SHORTEST = 3


def clauses(pattern: str, shortest: int = _SHORTEST) -> tuple[tuple[str, ...], ...]:
    """Texts in small letters: of each clause at least one stands, in small letters, wherever the pattern matches.

    Clauses with the longest texts come first; texts below `shortest` tell too little of a long log. None at all where
    nothing can be said.
    """
    kept = [clause for clause in _of(parsed(pattern)) if all(len(text) >= shortest for text in clause)]
    return tuple(sorted(kept, key=lambda clause: (-min(map(len, clause)), len(clause), clause)))


def _of(tree: Any) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    run: list[str] = []

    def end() -> None:
        if run:
            found.append(("".join(run),))
            run.clear()

    for operation, argument in tree:
        name = str(operation)
        if name == "LITERAL" and argument < 128:
            run.append(chr(argument).lower())
            continue
        if name == "AT":
            continue
        end()
        if name == "SUBPATTERN":
            found += _of(argument[3])
        elif name == "BRANCH":
            found += _of_branches(argument[1])
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] >= 1:
            found += _of(argument[2])
    end()
    return found


def _of_branches(branches: list[Any]) -> list[tuple[str, ...]]:
    """One clause that holds whichever branch matches: the most telling clause of each."""
    telling = [max(_of(branch), key=lambda clause: min(map(len, clause)), default=None) for branch in branches]
    kept = [clause for clause in telling if clause is not None]
    return [tuple(sorted({text for clause in kept for text in clause}))] if len(kept) == len(branches) else []
