"""What rules and rulebooks ask for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sparkdoctor.rulebook.model import Rulebook


def facts_in(node: list[Any]) -> Iterator[str]:
    """The names of all facts that a compiled condition speaks of."""
    kind = node[0]
    if kind in ("and", "or", "not"):
        for child in node[1:]:
            yield from facts_in(child)
    elif kind in ("compare", "one-of", "none-of"):
        yield node[3] if kind == "compare" else node[2]
    elif kind == "compare-facts":
        yield node[3]
        yield node[4]
    elif kind in ("has-fact", "lacks-fact"):
        yield node[1]
        yield node[2]
    elif kind == "runs":
        yield node[1]
        yield "gpu.compute_capability"
    else:
        yield node[1]


def variables(book: Rulebook) -> frozenset[str]:
    """The environment variables that any condition speaks of."""
    facts = (name for node in _conditions(book) for name in facts_in(node))
    return frozenset(name[4:] for name in facts if name.startswith("env."))


def hangs_on(node: list[Any]) -> tuple[str, ...]:
    """What a condition can't be true without, cheapest first: variables, packages, a command, a GPU at all."""
    names = needed(node)
    found = sorted(name for name in names if name.startswith("env."))
    found += sorted(f"pkg.{name.split('.')[1]}.version" for name in names if name.startswith("pkg."))
    found += ["pkg.torch.version"] if any(name.startswith("torch.") for name in names) else []
    found += ["gpu.count"] if any(name.startswith("gpu.") for name in names) else []
    found += sorted(name for name in names if name.startswith("launch."))
    return tuple(dict.fromkeys(found))


def needed(node: list[Any]) -> frozenset[str]:
    """The facts whose absence makes a condition false."""
    kind = node[0]
    if kind == "not":
        return frozenset()
    if kind in ("and", "or"):
        parts = [needed(part) for part in node[1:]]
        return frozenset.union(*parts) if kind == "and" else frozenset.intersection(*parts)
    return frozenset(facts_in(node))


def _conditions(book: Rulebook) -> Iterator[list[Any]]:
    for rule in book.rules.values():
        yield from filter(None, (rule.when, rule.when_no_log, *(item.condition for item in rule.log)))
        yield from (fix.condition.node for fix in rule.detail.fixes if fix.condition is not None)
    for estimates in book.estimates.values():
        yield from (estimate.condition for estimate in estimates if estimate.condition is not None)
