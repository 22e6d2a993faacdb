"""As if a command were started (`--launch`, pre-flight): what it states is declared, the rest is as it was found.

Of a container that the command starts, packages and variables are the image's and not those found here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.launch import Launch
    from sparkdoctor.facts.source import Source
    from sparkdoctor.facts.values import Reading


class Launched:
    """A source seen by a command that is to be started on it; a Source itself."""

    def __init__(self, source: Source, launch: Launch) -> None:
        self._source = source
        self._launch = launch

    @property
    def assumes_environment(self) -> bool:
        return self._source.assumes_environment or self._launch.contained

    @property
    def log(self) -> str | None:
        return self._source.log

    def gpus(self) -> int:
        return self._source.gpus()

    @property
    def at_hand(self) -> bool:
        return self._source.at_hand

    def costly(self, name: str) -> bool:
        return self._source.costly(name) and not self._launch.hides(name)

    def read(self, name: str, gpu: int | None = None) -> Reading:
        stated = self._launch.read(name)
        if stated is not None:
            return stated
        if self._launch.hides(name) and not self._source.at_hand:
            return self._launch.instead(name)
        return self._launch.seen(name, self._source.read(name, gpu))
