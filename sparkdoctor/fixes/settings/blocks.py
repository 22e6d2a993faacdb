"""Our marked block at the end of an activate script: what it sets, and how it is written for each shell."""

from __future__ import annotations

from sparkdoctor.facts.collectors.settings import BEGIN, END, Changed, block_of, stated
from sparkdoctor.fixes import quoting
from sparkdoctor.fixes.refused import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HEAD = f"{BEGIN} written by sparkdoctor fix; taken back by sparkdoctor undo\n"


def posix(settings: Mapping[str, str | None]) -> str:
    """The lines for bash and zsh; None stands for unset."""
    return "".join(
        f"unset {name}\n" if value is None else f"export {name}={quoting.posix(value)}\n"
        for name, value in settings.items()
    )


def fish(settings: Mapping[str, str | None]) -> str:
    """The lines for fish; None stands for unset."""
    return "".join(
        f"set -e {name}; or true\n" if value is None else f"set -gx {name} {quoting.fish(value)}\n"
        for name, value in settings.items()
    )


def replaced(script: str, settings: Mapping[str, str | None], lines: Callable[[Mapping[str, str | None]], str]) -> str:
    """The text of an activate script with our block set to `settings`, everything else as it was. Raises Refused."""
    block = _HEAD + lines(settings) + END + "\n" if settings else ""
    try:
        place = block_of(script)
    except Changed as error:
        raise Refused(f"the lines between {BEGIN} and {END} were changed by hand: {error}") from error
    if place is not None:
        return script[: place[0]] + block + script[place[1] :]
    return script + ("\n" if script and not script.endswith("\n") else "") + block


def settings_of(script: str) -> dict[str, str | None]:
    """What our block in the script for bash and zsh sets. Raises Refused where somebody changed it."""
    try:
        return stated(script)
    except Changed as error:
        raise Refused(
            f"sparkdoctor's lines in bin/activate were changed by hand: {error}",
            f"take out what is between {BEGIN} and {END}, then call this again",
        ) from error
