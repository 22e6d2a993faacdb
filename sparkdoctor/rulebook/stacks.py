"""Known-good combinations of packages (rules/stacks/): read when a pin is planned, never when a check starts."""

from __future__ import annotations

import os

from sparkdoctor.lazy import read_json
from sparkdoctor.rulebook.faults import Fault, InvalidRulebook
from sparkdoctor.rulebook.model import Source, Stack
from sparkdoctor.shipped import content

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from sparkdoctor.rulebook.model import Rulebook

FOLDER, COMPILED = "stacks", "stacks.json"


def load(book: Rulebook) -> tuple[Stack, ...]:
    """The stacks of a rulebook; none where it has none. Raises InvalidRulebook with every fault of them."""
    try:
        return tuple(map(_of_json, read_json(content(os.path.join(book.folder, COMPILED)).decode())))
    except FileNotFoundError:
        pass
    found, faults = read(book.folder, book.indexes)
    if faults:
        raise InvalidRulebook(faults)
    return tuple(found)


def document(stacks: Sequence[Stack]) -> list[list[Any]]:
    """Stacks as JSON, for `load`."""
    return [
        [
            *(stack.id, stack.packages, stack.index, stack.cuda, stack.python, stack.arch, stack.gpus, stack.driver),
            *(stack.note, [[source.url, source.date, source.kind] for source in stack.sources], stack.date),
        ]
        for stack in stacks
    ]


def read(folder: str, indexes: Mapping[str, str]) -> tuple[list[Stack], list[Fault]]:
    """The stacks in the TOML files of a rulebook's folder, and what is wrong with them."""
    import tomli

    found: list[Stack] = []
    faults: list[Fault] = []
    for name in _files(os.path.join(folder, FOLDER)):
        file = os.path.join(FOLDER, name)
        try:
            with open(os.path.join(folder, file), "rb") as handle:
                tables = tomli.load(handle)
        except (OSError, tomli.TOMLDecodeError, UnicodeDecodeError) as error:
            faults.append(Fault(file, 0, "", f"can't be read: {error}"))
            continue
        entries = tables.pop("stack", [])
        faults += [Fault(file, 0, key, "a file of stacks holds [[stack]], not this") for key in tables]
        for table in entries:
            notes: list[tuple[str, str]] = []
            stack = _read(table, notes)
            notes += [(message, "") for message in _misfits(stack, indexes, found)]
            faults += [Fault(file, 0, stack.id or "[[stack]]", message) for message, _ in notes]
            found.append(stack)
    return found, faults


def _files(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".toml"))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _read(table: Mapping[str, Any], faults: list[tuple[str, str]]) -> Stack:
    from sparkdoctor.rulebook.entries import Entry, read_source

    entry = Entry(table, faults)
    low, *high = entry.texts("python") or ("",)
    stack = Stack(
        id=entry.text("id"),
        packages={str(name): str(version) for name, version in entry.table("packages").items()},
        index=entry.text("index", needed=False),
        cuda=entry.text("cuda"),
        python=(low, high[-1] if high else low),
        arch=entry.texts("arch"),
        gpus=entry.texts("gpus"),
        driver=entry.text("driver", needed=False),
        note=entry.text("note", needed=False),
        sources=tuple(read_source(source, faults) for source in entry.tables("sources")),
        date=entry.day("date"),
    )
    entry.end(Stack.__annotations__)
    return stack


def _misfits(stack: Stack, indexes: Mapping[str, str], others: Sequence[Stack]) -> Iterator[str]:
    from packaging.version import InvalidVersion, Version

    for name, version in stack.packages.items():
        if name != name.lower().replace("_", "-"):
            yield f"packages: {name!r} is written in small letters and hyphens"
        try:
            Version(version)
        except InvalidVersion:
            yield f"packages: {version!r} is no exact version of {name}"
    for key in ("packages", "arch", "gpus", "sources"):
        if not getattr(stack, key):
            yield f"{key} is missing or empty"
    if not all(part.isdigit() for text in stack.python for part in text.split(".")):
        yield "python holds the lowest and the highest release, like 3.10"
    if stack.index and stack.index not in indexes:
        yield f"index: {stack.index!r} isn't in indexes.toml"
    if any(stack.id == other.id for other in others):
        yield "this id is taken"


def _of_json(stated: Sequence[Any]) -> Stack:
    id, packages, index, cuda, python, arch, gpus, driver, note, sources, date = stated
    return Stack(
        id=id,
        packages=packages,
        index=index,
        cuda=cuda,
        python=(python[0], python[1]),
        arch=tuple(arch),
        gpus=tuple(gpus),
        driver=driver,
        note=note,
        sources=tuple(Source(*source) for source in sources),
        date=date,
    )
