"""What a fact can be: a value, Absent (it isn't there), or Unknown (it couldn't be read)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Item: TypeAlias = "str | int | float | dict[str, Any]"
    Value: TypeAlias = "bool | int | float | str | tuple[Item, ...]"

CERTAIN, LIKELY, ASSUMED = 3, 2, 1
"""How much a reading can carry: read or stated; concluded through a table; taken for granted."""

STRENGTH = {"declared": CERTAIN, "measured": CERTAIN, "derived": CERTAIN, "estimated": LIKELY, "assumed": ASSUMED}
"""Origin of a reading → the certainty that it allows at most."""


class Absent:
    """The thing isn't there, and that is knowledge: no such package, variable or file."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


class Unknown:
    """It couldn't be read, wasn't collected or is out of sight; `reason` says which, for a person."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and other.reason == self.reason

    def __hash__(self) -> int:
        return hash(self.reason)


ABSENT = Absent()


class Reading:
    """One fact as it was found: the value, where it came from, and how far it can be trusted.

    `origin` is declared, measured, derived, estimated or assumed, None for Unknown; `where` names the file or call;
    `strength` is CERTAIN, LIKELY or ASSUMED: that of the origin, or of the weakest fact that it was concluded from.
    """

    __slots__ = ("origin", "strength", "value", "where")

    def __init__(
        self,
        value: Value | Absent | Unknown,
        origin: str | None = None,
        where: str | None = None,
        strength: int | None = None,
    ) -> None:
        self.value = value
        self.origin = origin
        self.where = where
        self.strength = STRENGTH.get(origin or "", 0) if strength is None else strength

    @property
    def known(self) -> bool:
        """Whether there is a value or a certain absence."""
        return not isinstance(self.value, Unknown)

    @property
    def present(self) -> bool:
        """Whether there is a value."""
        return not isinstance(self.value, (Unknown, Absent))

    def __repr__(self) -> str:
        return f"Reading({self.value!r}, {self.origin!r}, {self.where!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and (self.value, self.origin, self.where, self.strength) == (
            other.value,
            other.origin,
            other.where,
            other.strength,
        )

    __hash__ = None  # type: ignore[assignment]


def measured(value: Value | Absent, where: str) -> Reading:
    """A reading taken from the machine itself; `where` is the file or call."""
    return Reading(value, "measured", where)


def absent(where: str) -> Reading:
    """What was looked for at `where` isn't there."""
    return Reading(ABSENT, "measured", where)


def unknown(reason: str) -> Reading:
    """It couldn't be found out."""
    return Reading(Unknown(reason))


def shown(value: object) -> str:
    """A value as people read it."""
    if value is ABSENT:
        return "not there"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
