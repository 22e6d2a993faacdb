"""What is learnt of a command line on the way to the program that it starts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Line:
    """What is learnt on the way to the program.

    `env` holds the variables that the command sets (None: takes away), `container` the options of the container it
    runs in (empty: none) with `program`, `image` its image; `unsure` says why there may be more than is seen.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.env: dict[str, str | None] = {}
        self.container: dict[str, str] = {}
        self.image = ""
        self.unsure = ""

    def known(self) -> dict[str, str]:
        """The variables that a shell at this point would fill in."""
        if self.container:
            return {name: value for name, value in self.env.items() if value is not None}
        known = {**self.environ}
        for name, value in self.env.items():
            if value is None:
                known.pop(name, None)
            else:
                known[name] = value
        return known
