"""What diagnosis asks for facts: a live examination or a snapshot, behind one small interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sparkdoctor.facts.values import Reading


class Source(Protocol):
    """Hands out readings by fact name."""

    @property
    def assumes_environment(self) -> bool:
        """Whether a variable that isn't stated may be taken for Absent (cases, roots without a process)."""
        ...

    @property
    def log(self) -> str | None:
        """The text of the failure, where one was given."""
        ...

    def gpus(self) -> int:
        """How many GPUs `gpu.*` bind to; 1 where it can't be told (their facts are Unknown then)."""
        ...

    @property
    def at_hand(self) -> bool:
        """Whether every fact is in memory, so that asking for one more costs nothing."""
        ...

    def costly(self, name: str) -> bool:
        """Whether reading the fact would start a process."""
        ...

    def read(self, name: str, gpu: int | None = None) -> Reading:
        """The reading of one fact; that of GPU number `gpu` where the fact is of each."""
        ...
