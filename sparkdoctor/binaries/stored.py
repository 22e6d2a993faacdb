"""What a file holds as JSON and back: the form of the cache and of the table of known libraries."""

from __future__ import annotations

from sparkdoctor.binaries.contents import Code, Contents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_CODES = ("code", "relocatable", "outside_sections")


class Damaged(ValueError):
    """The JSON doesn't say what a file holds."""


def to_json(contents: Contents) -> dict[str, Any]:
    """What `from_json` reads back; what a file doesn't have is left out."""
    found: dict[str, Any] = {"format": contents.format}
    if contents.machine is not None:
        found["machine"] = contents.machine
    for name in _CODES:
        code = _of_code(getattr(contents, name))
        if code:
            found[name] = code
    if contents.sections:
        found["sections"] = list(contents.sections)
    if contents.searched:
        found["searched"] = True
    if contents.error is not None:
        found["error"] = contents.error
    return found


def from_json(stated: Any) -> Contents:
    """The contents that `to_json` wrote. Raises Damaged."""
    if not isinstance(stated, dict):
        raise Damaged("no object")
    try:
        return Contents(
            format=_text(stated["format"]),
            machine=None if stated.get("machine") is None else _text(stated["machine"]),
            **{name: _to_code(stated.get(name, {})) for name in _CODES},
            sections=tuple(_text(name) for name in stated.get("sections", ())),
            searched=stated.get("searched") is True,
            error=None if stated.get("error") is None else _text(stated["error"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Damaged(str(error)) from error


def _of_code(code: Code) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if code.cubins:
        found["cubins"] = code.cubins
    if code.ptx:
        found["ptx"] = {target: [ptx["count"], *ptx["isa"]] for target, ptx in code.ptx.items()}
    if code.counted:
        found["counted"] = code.counted
    if code.containers:
        found["containers"] = [[count, *targets] for targets, count in code.containers.items()]
    return found


def _to_code(stated: Mapping[str, Any]) -> Code:
    return Code(
        cubins=_counts(stated.get("cubins", {})),
        ptx={
            _text(target): {"count": _number(count), "isa": [_text(version) for version in isa]}
            for target, (count, *isa) in stated.get("ptx", {}).items()
        },
        counted=_counts(stated.get("counted", {})),
        containers={
            tuple(_text(target) for target in targets): _number(count)
            for count, *targets in stated.get("containers", ())
        },
    )


def _counts(stated: Mapping[str, Any]) -> dict[str, int]:
    return {_text(target): _number(count) for target, count in stated.items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Damaged("no text")
    return value


def _number(value: Any) -> int:
    if type(value) is not int:
        raise Damaged("no number")
    return value
