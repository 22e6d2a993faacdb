"""Frozen records that cost nothing when a program starts.

To a type checker they are frozen dataclasses. `dataclasses` itself imports `inspect` and compiles each class's methods
when it is defined: for the records of a check that took longer than judging 250 rules.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from typing_extensions import dataclass_transform

    R = TypeVar("R", bound="Record")
else:

    def dataclass_transform(**_: object) -> Any:
        """Marks nothing at run time."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True)
class Record:
    """A value with named parts: annotated names, in order, with defaults where the class gives them."""

    def __init__(self, *values: Any, **named: Any) -> None:
        parts = self.__dict__
        parts.update(zip(type(self).__annotations__, values, strict=False))
        parts.update(named)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} can't be set")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


def changed(record: R, **parts: Any) -> R:
    """The same record with some parts changed."""
    return type(record)(**{**record.__dict__, **parts})
