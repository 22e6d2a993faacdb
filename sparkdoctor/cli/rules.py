"""`sparkdoctor rules`: list the rulebook, run the tests that rules carry, say what is wrong with them."""

from __future__ import annotations

import os
import time
from typing import Annotated, Optional

import typer

from sparkdoctor import __version__
from sparkdoctor.cli import arguments, inputs, output, settings
from sparkdoctor.cli.exits import Exit, Unusable
from sparkdoctor.rulebook.model import built_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sparkdoctor.rulebook.lint import Remark
    from sparkdoctor.rulebook.model import Rule, Rulebook

rules = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Folders = Annotated[
    Optional[list[str]],  # noqa: UP045 (Typer reads it at run time on Python 3.10)
    typer.Option("--rules", metavar="DIR", help="Rules of your own: theirs alone, beside the built-in ones."),
]


@rules.command("list", help="Name the rules: id, severity, component, title.")
def list_rules(
    words: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="[WORD]...", help="Only rules that speak of all these words, or with such an id."),
    ] = None,
    component: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--component", metavar="NAME", help="Only rules of this component."),
    ] = None,
    rules: arguments.Rules = None,
    format: arguments.Format = "text",
    color: arguments.Colour = "auto",
    schema: arguments.Schema = False,
) -> int:
    from sparkdoctor.reports import rules_text

    if schema:
        return _schema()
    colour = _checked(format, color)
    book, _ = _books(rules)
    for name in component or ():
        if name not in book.components:
            raise Unusable(f"--component {name}: no such component; there are {', '.join(book.components)}")
    found = [rule for rule in book.rules.values() if _wanted(rule, words or (), component or ())]
    items = [rules_text.rule_json(rule, built_in(rule, book)) for rule in found]
    _tell(format, "rules", items, rules_text.listed(found, colour), book, Exit.OK)
    return Exit.OK


@rules.command("test", help="Run the tests that rules carry; exit 1 where one fails.")
def run_tests(
    rules: Folders = None,
    format: arguments.Format = "text",
    color: arguments.Colour = "auto",
    schema: arguments.Schema = False,
) -> int:
    from sparkdoctor.diagnosis.prove import prove
    from sparkdoctor.reports import rules_text

    if schema:
        return _schema()
    colour = _checked(format, color)
    book, folders = _books(rules)
    proofs = list(prove(book, _examined(book, folders)))
    places = {} if all(proof.holds for proof in proofs) else _places(folders)
    told = [(proof, _place(proof.rule, places)) for proof in proofs]
    code = Exit.OK if all(proof.holds for proof in proofs) else Exit.FINDINGS
    items = [rules_text.proof_json(proof, place) for proof, place in told]
    _tell(format, "tests", items, rules_text.proven(told, colour), book, code)
    return code


@rules.command("lint", help="Say what is wrong with rules that load; exit 1 where something is.")
def lint_rules(
    rules: Folders = None,
    format: arguments.Format = "text",
    color: arguments.Colour = "auto",
    schema: arguments.Schema = False,
) -> int:
    from sparkdoctor.reports import rules_text
    from sparkdoctor.rulebook.lint import HINT, WRONG, Remark, remarks, unused_causes

    if schema:
        return _schema()
    colour = _checked(format, color)
    book, folders = _books(rules, quiet=True)
    examined = _examined(book, folders)
    places = _places(folders)
    found = [*_faults(book, folders), *remarks(book, examined, places, time.strftime("%Y-%m-%d"))]
    found += _overlaps(book, examined, places)
    if not folders:
        found += [
            Remark(WRONG, "causes.toml", 0, cause, "no rule stands for this cause") for cause in unused_causes(book)
        ]
    found.sort(key=lambda remark: remark.weight == HINT)
    code = Exit.FINDINGS if any(remark.weight == WRONG for remark in found) else Exit.OK
    text = rules_text.remarked(found, len(examined), colour)
    _tell(format, "remarks", [rules_text.remark_json(remark) for remark in found], text, book, code)
    return code


def _checked(format: str, color: str) -> bool:
    output.known_format(format)
    return output.coloured(color)


def _schema() -> int:
    from sparkdoctor.reports.schemas import schema_text

    output.write(schema_text("rules"))
    return Exit.OK


def _tell(format: str, key: str, items: Sequence[Mapping[str, Any]], text: str, book: Rulebook, code: int) -> None:
    if format == "text":
        output.write(text)
        return
    from sparkdoctor.reports.document import dumped
    from sparkdoctor.reports.rules_text import as_json

    output.write(dumped(as_json({"version": __version__, "rulebook": book.version}, key, items, int(code))))


def _books(named: Sequence[str] | None, quiet: bool = False) -> tuple[Rulebook, Sequence[str]]:
    """The rulebook with the rules of folders, and those folders."""
    given = settings.read()
    folders = named or given.get("rules", ())
    label = "--rules " if named else given.label("rules")
    return inputs.rulebook(folders, label, quiet), folders


def _examined(book: Rulebook, folders: Sequence[str]) -> list[Rule]:
    """The rules of the folders alone, or all where there is none."""
    return [rule for rule in book.rules.values() if not (folders and built_in(rule, book))]


def _wanted(rule: Rule, words: Sequence[str], components: Sequence[str]) -> bool:
    if components and rule.component not in components:
        return False
    detail = rule.detail
    text = " ".join([rule.id, detail.name, detail.title, detail.why, *detail.causes]).lower()
    return all(word.lower() in text for word in words)


def _places(folders: Sequence[str]) -> dict[str, Any]:
    """Where each rule stands, its file named as from here; of the built-in ones within the rulebook."""
    from sparkdoctor.records import changed
    from sparkdoctor.rulebook.source import places
    from sparkdoctor.shipped import rulebook_folder

    found: dict[str, Any] = {}
    for folder in folders or [rulebook_folder()]:
        for id, place in places(folder).items():
            found.setdefault(id, changed(place, file=os.path.join(folder, place.file)) if folders else place)
    return found


def _place(rule: Rule, places: Mapping[str, Any]) -> str:
    place = places.get(rule.id)
    return f"{place.file}:{place.line}" if place else rule.detail.file


def _faults(book: Rulebook, folders: Sequence[str]) -> list[Remark]:
    """What keeps rules of the folders from loading."""
    from sparkdoctor.records import changed
    from sparkdoctor.rulebook.lint import WRONG, Remark
    from sparkdoctor.rulebook.user import extended

    found = []
    book = changed(book, rules={id: rule for id, rule in book.rules.items() if built_in(rule, book)})
    for folder in folders:
        book, faults = extended(book, folder)
        found += [
            Remark(WRONG, os.path.join(folder, fault.file), fault.line, fault.entry, fault.message) for fault in faults
        ]
    return found


def _overlaps(book: Rulebook, examined: Sequence[Rule], places: Mapping[str, Any]) -> list[Remark]:
    from sparkdoctor.diagnosis.overlap import overlaps
    from sparkdoctor.rulebook.lint import HINT, Remark

    found = []
    for (id, other), line in overlaps(book, examined).items():
        place = places.get(id)
        message = (
            f"log: fires on the same line as {other}: {line[:120]!r}; a supersedes, an if or a log_not keeps them apart"
        )
        file, number = (place.file, place.line_of("log")) if place else (book.rules[id].detail.file, 0)
        found.append(Remark(HINT, file, number, id, message))
    return found
