"""Which variables the command gets: what the findings' fixes ask for, never over one that is set."""

from __future__ import annotations

from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


class Wish(Record):
    """What a rule's planned fix does to the environment; a value of None takes the variable away."""

    rule: str
    values: Mapping[str, str | None]


class Held(Record):
    """A rule whose wish isn't granted, and why; `names` are the variables that stand in the way."""

    rule: str
    names: tuple[str, ...]
    reason: str
    override: bool


class Plan(Record):
    """`changes`: variable → value, None to take it away; `rules`: variable → who asked; `held`: what isn't done."""

    changes: Mapping[str, str | None]
    rules: Mapping[str, tuple[str, ...]]
    held: tuple[Held, ...] = ()

    def granted(self, rule: str) -> tuple[str, ...]:
        """The variables that are changed for a rule."""
        return tuple(name for name, rules in self.rules.items() if rule in rules)

    def applied(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment with the changes."""
        kept = {name: value for name, value in environment.items() if name not in self.changes}
        return kept | {name: value for name, value in self.changes.items() if value is not None}


def plan(wishes: Iterable[Wish], environment: Mapping[str, str], override: Collection[str], builtin: bool) -> Plan:
    """The changes that the wishes come to.

    A rule's wish is granted as a whole or not at all: half a fix may be worse than none. Where two rules want different
    things of one variable, neither gets it. `override` names variables that may be changed although they are set.
    """
    asked = list(wishes)
    wanted: dict[str, dict[str | None, list[str]]] = {}
    for wish in asked:
        for name, value in wish.values.items():
            wanted.setdefault(name, {}).setdefault(value, []).append(wish.rule)
    held = []
    changes: dict[str, str | None] = {}
    rules: dict[str, tuple[str, ...]] = {}
    for wish in asked:
        obstacle = _obstacle(wish, wanted, environment, override, builtin)
        if obstacle is not None:
            held.append(obstacle)
            continue
        for name, value in wish.values.items():
            if environment.get(name) != value:
                changes[name] = value
                rules[name] = (*rules.get(name, ()), wish.rule)
    return Plan(changes, rules, tuple(held))


def _obstacle(
    wish: Wish,
    wanted: Mapping[str, Mapping[str | None, list[str]]],
    environment: Mapping[str, str],
    override: Collection[str],
    builtin: bool,
) -> Held | None:
    loading = () if builtin else _loading(wish.values)
    if loading:
        reason = f"only the built-in rulebook may change {', '.join(loading)}"
        return Held(wish.rule, loading, reason, override=False)
    contested = tuple(name for name in wish.values if len(wanted[name]) > 1)
    if contested:
        others = sorted({rule for name in contested for among in wanted[name].values() for rule in among} - {wish.rule})
        reason = f"{', '.join(others)} wants something else of {', '.join(contested)}"
        return Held(wish.rule, contested, reason, override=False)
    is_set = tuple(
        name
        for name, value in wish.values.items()
        if name in environment and environment[name] != value and name not in override
    )
    if is_set:
        return Held(wish.rule, is_set, f"{', '.join(is_set)} {'is' if len(is_set) == 1 else 'are'} set", override=True)
    return None


def _loading(names: Iterable[str]) -> tuple[str, ...]:
    from sparkdoctor.rulebook.loading import loads_code

    return tuple(sorted(filter(loads_code, names)))
