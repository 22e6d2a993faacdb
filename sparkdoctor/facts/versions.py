"""Comparing versions: PEP 440 for Python packages, numeric fields for kernels, drivers, CUDA, DGX OS, firmware.

Semantics: the public part alone counts of a Python package (`+cu130` is dropped); a pre-release that a vendor built
(`2.10.0a0+….nv25.12`, NGC images) counts as the release it leads to. Numeric versions are padded with zeros; where a
fact states fewer fields than the literal needs ("580" against "580.95"), the answer is None, not a guess.
"""

from __future__ import annotations

from sparkdoctor.lazy import re, remembered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from packaging.version import Version

PEP440, NUMERIC = "pep440", "numeric"

_VENDOR_BUILD = r"(?:^|\.)nv(?:\d|internal)"


class InvalidVersionText(ValueError):
    """The text is no version of the kind that the fact has."""


@remembered
def pep440(text: str) -> Version:
    """The public version that `text` counts as. Raises InvalidVersionText."""
    from packaging.version import InvalidVersion, Version

    try:
        version = Version(text)
    except InvalidVersion as error:
        raise InvalidVersionText(f"not a PEP 440 version: {text!r}") from error
    if version.is_prerelease and version.local and re.search(_VENDOR_BUILD, version.local):
        return Version(version.base_version)
    return Version(version.public)


@remembered
def fields(text: str) -> tuple[int, ...]:
    """The leading numeric fields: "6.17.0-1014-nvidia" → (6, 17, 0, 1014). Raises InvalidVersionText."""
    numbers: list[int] = []
    place = 1 if text.startswith("v") else 0
    while True:
        end = place
        while text[end : end + 1].isdecimal():
            end += 1
        if end == place:
            break
        numbers.append(int(text[place:end]))
        if text[end : end + 1] not in (".", "-"):
            break
        place = end + 1
    if not numbers:
        raise InvalidVersionText(f"no version number in {text!r}")
    return tuple(numbers)


@remembered
def _release(text: str) -> tuple[int, ...] | None:
    """The numbers of a plain release like 2.9.0+cu130, without zeros at the end; None for what only PEP 440 can order.

    Saves the import of `packaging`, which costs as much as a start of Python.
    """
    public, _, local = text.partition("+")
    numbers, names = public.split("."), local.replace("-", ".").replace("_", ".").split(".") if local else ()
    plain = text.isascii() and not text.endswith("+")
    if plain and all(part.isdecimal() for part in numbers) and all(part.isalnum() for part in names):
        return _stripped(tuple(map(int, numbers)))
    return None


def _stripped(numbers: tuple[int, ...]) -> tuple[int, ...]:
    end = len(numbers)
    while end and numbers[end - 1] == 0:
        end -= 1
    return numbers[:end]


def _numeric(left: str, op: str, right: str) -> bool | None:
    """Compares; None where the field that decides isn't stated on the left."""
    known, wanted = fields(left), fields(right)
    if len(known) < len(wanted) and known == wanted[: len(known)]:
        rest_is_zero = not any(wanted[len(known) :])
        if op == ">=" and rest_is_zero:
            return True
        if op == "<" and rest_is_zero:
            return False
        return None
    return COMPARE[op](_stripped(known), _stripped(wanted))


COMPARE: dict[str, Callable[[object, object], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}
"""The comparison operators of conditions."""

MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The operator that says the same with its sides exchanged."""


def compare(kind: str, left: str, op: str, right: str, literal: bool = True) -> bool | None:
    """`left op right` for two versions of one kind; None where a fact states too few fields to tell.

    `left` comes from a fact; `right` is complete where it is a literal. Raises InvalidVersionText where a side isn't
    a version of that kind.
    """
    if kind == PEP440:
        ours, theirs = _release(left), _release(right)
        if ours is not None and theirs is not None:
            return COMPARE[op](ours, theirs)
        return COMPARE[op](pep440(left), pep440(right))
    if not literal and len(fields(right)) < len(fields(left)):
        return _numeric(right, MIRRORED[op], left)
    return _numeric(left, op, right)


def check(kind: str, text: str) -> None:
    """Raises InvalidVersionText where `text` isn't a version of that kind."""
    pep440(text) if kind == PEP440 else fields(text)
