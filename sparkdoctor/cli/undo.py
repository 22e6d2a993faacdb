"""`sparkdoctor undo`: takes an applied plan back, or one that was broken off."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from sparkdoctor.cli import arguments, output
from sparkdoctor.cli.exits import Exit, Unusable
from sparkdoctor.cli.patient import stood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.undo import TakenBack


def undo(
    id: Annotated[
        Optional[str],  # noqa: UP045 (Typer reads it at run time on Python 3.10)
        typer.Argument(metavar="[ID]", help="The plan to take back, as history lists it; default: the last."),
    ] = None,
    python: arguments.Python = None,
    pending: Annotated[
        bool, typer.Option("--pending", help="Take back what was broken off, and nothing else.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Put back also what somebody changed since; those changes are lost.")
    ] = False,
    format: arguments.Format = "text",
    color: arguments.Colour = "auto",
) -> int:
    from sparkdoctor.fixes.refused import Refused

    output.known_format(format)
    if pending and id is not None:
        raise Unusable("undo --pending takes back all that was broken off: leave out the id")
    colour = output.coloured(color)
    try:
        found = _recovered(stood(python)) if pending else [_taken_back(stood(python), id, force)]
    except Refused as error:
        raise Unusable(str(error)) from error
    except OSError as error:
        raise Unusable(
            f"{error.filename or 'a file'}: {error.strerror}; call undo again when that is mended"
        ) from error
    code = Exit.FINDINGS if any(item.kept for _, item in found) else Exit.OK
    output.write(_json(found, code) if format == "json" else _text(found, colour))
    return code


def _recovered(places: list[Place]) -> list[tuple[Place, TakenBack]]:
    from sparkdoctor.fixes.history import pending
    from sparkdoctor.fixes.undo import recover

    return [(place, item) for place in places if pending(place) for item in recover(place)]


def _taken_back(places: list[Place], id: str | None, force: bool) -> tuple[Place, TakenBack]:
    from sparkdoctor.fixes import journal
    from sparkdoctor.fixes.history import entries
    from sparkdoctor.fixes.undo import undo

    for place in places:
        if id in journal.ids(place.home) if id else any(t.standing for e in entries(place) for t in e.steps):
            return place, undo(place, id, force)
    return places[0], undo(places[0], id, force)


def _text(found: list[tuple[Place, TakenBack]], colour: bool) -> str:
    from sparkdoctor.fixes.told import taken_back
    from sparkdoctor.reports.terminal import Style

    if not found:
        return "Nothing was broken off.\n"
    return "".join(taken_back(item, Style(colour), output.width()) for _, item in found)


def _json(found: list[tuple[Place, TakenBack]], code: int) -> str:
    import os

    from sparkdoctor import __version__
    from sparkdoctor.facts.privacy import of_process
    from sparkdoctor.fixes.as_json import document
    from sparkdoctor.fixes.plan import Plan
    from sparkdoctor.reports.document import dumped
    from sparkdoctor.rulebook.load import load

    plans = [
        Plan(place.prefix, item.steps, id=item.id, state=item.state, reason="; ".join(item.kept) or None)
        for place, item in found
    ]
    tool = {"version": __version__, "rulebook": load().version}
    return dumped(document(plans, tool, of_process(os.environ), code))
