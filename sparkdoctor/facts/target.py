"""As if on another GPU (`--target`): its facts are declared, the host's are out of sight, the rest stays measured."""

from __future__ import annotations

from sparkdoctor.facts import schema
from sparkdoctor.facts.values import Reading, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from sparkdoctor.facts.source import Source
    from sparkdoctor.facts.values import Value


class Targeted:
    """A source seen as on a machine with one GPU of the target's kind; a Source itself."""

    def __init__(self, source: Source, declared: Mapping[str, Value]) -> None:
        self._source = source
        self._declared = dict(declared)

    @property
    def assumes_environment(self) -> bool:
        return self._source.assumes_environment

    @property
    def log(self) -> str | None:
        return self._source.log

    def gpus(self) -> int:
        return 1

    @property
    def at_hand(self) -> bool:
        return self._source.at_hand

    def costly(self, name: str) -> bool:
        fact = schema.lookup(name)
        return (fact is None or fact.scope != schema.HOST) and self._source.costly(name)

    def read(self, name: str, gpu: int | None = None) -> Reading:
        if name == "gpu.count":
            return Reading(1, "declared", "--target")
        if name in self._declared:
            return Reading(self._declared[name], "declared", "--target")
        fact = schema.lookup(name)
        if fact is not None and fact.scope == schema.HOST:
            return unknown("belongs to the target")
        return self._source.read(name, gpu)
