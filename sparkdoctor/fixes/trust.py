"""What a rule may ask for: the built-in rulebook what is well formed, a user's rules less than that."""

from __future__ import annotations

import re

from sparkdoctor.fixes import files
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.rulebook.loading import loads_code
from sparkdoctor.rulebook.model import built_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.diagnosis.model import Offer
    from sparkdoctor.rulebook.model import Rule, Rulebook

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def checked(offer: Offer, rule: Rule, book: Rulebook) -> None:
    """Raises Refused where an offer asks for what its rule may not have."""
    trusted = built_in(rule, book)
    for name, value in {**(offer.set or {}), **dict.fromkeys(offer.unset, "")}.items():
        if not _VARIABLE.fullmatch(name) or "\0" in value:
            raise Refused(f"{name!r} is no variable that can be set")
        if not trusted and loads_code(name):
            raise Refused(f"{name} changes which code programs load: only the built-in rulebook may touch it")
    if offer.file:
        files.checked(offer.file["path"])
        if not trusted:
            raise Refused(f"{offer.file['path']}: only the built-in rulebook may write files")
    if offer.index and offer.index not in book.indexes:
        raise Refused(f"{offer.index} is no index that packages may come from (rules/indexes.toml)")
    for requirement in offer.packages:
        _package(requirement)


def _package(text: str) -> None:
    """A requirement by name and version: no address, no option, nothing that a command line could take for one."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(text)
    except InvalidRequirement as error:
        raise Refused(f"{text!r} is no package: {error}") from error
    if found.url is not None:
        raise Refused(f"{text!r} names an address; packages come from the indexes that are known")
    if text.lstrip().startswith("-") or "\n" in text or "\r" in text:
        raise Refused(f"{text!r} is no package")
