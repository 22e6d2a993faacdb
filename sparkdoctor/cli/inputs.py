"""Turns the words of a command line into what the rest works with; what can't be is one line and exit code 2."""

from __future__ import annotations

import os
import sys

from sparkdoctor.cli.exits import Unusable
from sparkdoctor.spelling import meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sparkdoctor.facts.snapshot import Snapshot
    from sparkdoctor.rulebook.model import Gpu, Rule, Rulebook

_LARGEST = 64 << 20
"""Bytes of a snapshot or case that are read at most."""


def snapshot(path: str) -> Snapshot:
    """The snapshot (JSON) or case (TOML) in a file; `-` reads standard input. Raises Unusable."""
    import json

    from sparkdoctor.facts.snapshot import InvalidSnapshot, Snapshot

    text = _read(path)
    name = "standard input" if path == "-" else path
    try:
        if text.lstrip().startswith("{"):
            return Snapshot.from_json(json.loads(text))
        return _case(text, name)
    except json.JSONDecodeError as error:
        raise Unusable(
            f"{name}, line {error.lineno}: the JSON breaks off or is damaged ({error.msg}); take the snapshot anew"
        ) from error
    except InvalidSnapshot as error:
        raise Unusable(f"{name}: {error}") from error
    except RecursionError as error:
        raise Unusable(f"{name}: nested too deeply to be a snapshot") from error


def _read(path: str) -> str:
    try:
        if path == "-":
            content = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with open(path, "rb") as handle:
                content = handle.read(_LARGEST + 1)
    except OSError as error:
        raise Unusable(f"{path}: can't be read: {error.strerror} (--facts takes a snapshot or a case file)") from error
    if len(content) > _LARGEST:
        raise Unusable(f"{path}: larger than {_LARGEST >> 20} MiB: this is no snapshot")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unusable(f"{path}: not a text file: neither a snapshot (JSON) nor a case (TOML)") from error


def _case(text: str, name: str) -> Snapshot:
    import tomli

    from sparkdoctor.facts.cases import from_case

    try:
        found, complaints = from_case(tomli.loads(text))
    except tomli.TOMLDecodeError as error:
        raise Unusable(f"{name}: neither a snapshot (JSON) nor a case (TOML): {error}") from error
    for complaint in complaints:
        print(f"sparkdoctor: {name}: {complaint}; left out", file=sys.stderr)
    return found


def target(name: str, rulebook: Rulebook, label: str = "--target ") -> Gpu:
    """The GPU that --target names, or a setting, which `label` tells. Raises Unusable."""
    gpus = {gpu.target: gpu for gpu in rulebook.gpus if gpu.target}
    wanted = name.strip().lower().replace(" ", "").replace("_", "-")
    for slug, gpu in gpus.items():
        if wanted in (slug, slug.replace("-", ""), gpu.name.lower().replace(" ", "")):
            return gpu
    raise Unusable(f"{label}{name}: no such GPU in the rulebook{meant(wanted, gpus)}; there are {', '.join(gpus)}")


def rulebook(folders: Iterable[str], label: str = "--rules ", quiet: bool = False) -> Rulebook:
    """The built-in rulebook with the rules of some folders; faults of those go to standard error. Raises Unusable.

    `label` is how a complaint about a folder begins; `quiet` leaves the faults to the caller.
    """
    from sparkdoctor.rulebook.load import load

    book = load()
    for folder in folders:
        from sparkdoctor.rulebook.faults import NoSuchFolder
        from sparkdoctor.rulebook.user import extended

        try:
            book, faults = extended(book, folder)
        except NoSuchFolder as error:
            raise Unusable(f"{label}{error}") from error
        for fault in () if quiet else faults:
            print(f"sparkdoctor: {os.path.join(folder, str(fault))}; left out", file=sys.stderr)
    return book


def selected(
    book: Rulebook, select: Sequence[str], ignore: Sequence[str], labels: tuple[str, str] = ("", "")
) -> list[Rule]:
    """The rules that --select leaves and --ignore doesn't take away; both take ids, or their letters for all of a kind.

    `labels` says how a complaint about each begins. Raises Unusable.
    """
    from sparkdoctor.rulebook.model import letters

    def named(id: str, words: Sequence[str]) -> bool:
        return id in words or letters(id) in words

    wanted, unwanted = _words(select), _words(ignore)
    prefixes = {letters(id) for id in book.rules}
    for words, label in ((wanted, labels[0]), (unwanted, labels[1])):
        for word in words:
            if word not in book.rules and word not in prefixes:
                raise Unusable(f"{label}no such rule: {word}{meant(word, [*book.rules, *prefixes])}")
    return [
        rule for rule in book.rules.values() if (not wanted or named(rule.id, wanted)) and not named(rule.id, unwanted)
    ]


def _words(options: Sequence[str]) -> list[str]:
    return [word.strip().upper() for option in options for word in option.split(",") if word.strip()]


def rule(book: Rulebook, wanted: str) -> Rule:
    """The rule of that id or name. Raises Unusable."""
    by_name = {rule.detail.name: rule for rule in book.rules.values()}
    found = book.rules.get(wanted.upper()) or by_name.get(wanted.lower())
    if found is None:
        raise Unusable(f"no such rule: {wanted}{meant(wanted.upper(), book.rules) or meant(wanted.lower(), by_name)}")
    return found


def write_file(path: str, text: str, replace: bool) -> None:
    """Writes a file that the user named; one that is there only if it may be replaced. Raises Unusable."""
    try:
        with open(path, "w" if replace else "x", encoding="utf-8") as handle:
            handle.write(text)
    except FileExistsError as error:
        raise Unusable(f"{path} is there already; --yes replaces it") from error
    except OSError as error:
        raise Unusable(f"{path} can't be written: {error.strerror}") from error
