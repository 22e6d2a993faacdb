"""Standard modules that cost as much as a start of Python, imported when something of them is used first.

`re` brings `enum`, `functools` and `collections`, and so do `json` and `signal`. What runs whenever a container starts
takes them from here, keeps its patterns as texts, and looks at plain strings first.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import json as json
    import re as re
    import signal as signal
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, TypeVar

    T = TypeVar("T")
    A = TypeVar("A")
else:

    class _Later:
        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, name: str) -> Any:
            value = getattr(__import__(self._name), name)
            setattr(self, name, value)
            return value

    json, re = _Later("json"), _Later("re")
    try:
        import _signal as signal
    except ImportError:  # no CPython
        signal = _Later("signal")

_MOST = 4096


def import_module(name: str) -> ModuleType:
    """The module of that full name, as `importlib.import_module` gives it."""
    __import__(name)
    return sys.modules[name]


def remembered(function: Callable[[str], T]) -> Callable[[str], T]:
    """What `functools.lru_cache` does for a function of one text; forgets all where it knows too much."""
    known: dict[str, T] = {}

    def answer(text: str) -> T:
        if text in known:
            return known[text]
        if len(known) >= _MOST:
            known.clear()
        known[text] = function(text)
        return known[text]

    return answer


def remembered_pair(function: Callable[[A, str], T]) -> Callable[[A, str], T]:
    """`remembered` for a function of two values that can be keys."""
    known: dict[Any, T] = {}

    def answer(first: A, second: str) -> T:
        key = (first, second)
        if key in known:
            return known[key]
        if len(known) >= _MOST:
            known.clear()
        known[key] = function(first, second)
        return known[key]

    return answer


def read_json(text: str) -> Any:
    """What `json.loads` gives, by its scanner in C alone where there is one. Raises ValueError."""
    scanner = _scanner()
    if scanner is None:
        return json.loads(text)
    text = text.strip(_BLANK)
    try:
        value, end = scanner(text, 0)
    except StopIteration:
        raise ValueError("no JSON") from None
    if end != len(text):
        raise ValueError("something follows the JSON")
    return value


def write_json(value: Any) -> str:
    """What `json.dumps` gives for texts, numbers, lists and dicts by texts, on one line."""
    if isinstance(value, str):
        return _encoder()(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{write_json(name)}:{write_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(write_json, value)) + "]"
    return "null" if value is None else str(value).lower()


_BLANK = " \t\n\r"


class _Settings:
    """What the scanner takes for a decoder: the defaults of `json`."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}


def _scanner() -> Any:
    try:
        import _json
    except ImportError:
        return None
    return _json.make_scanner(_Settings())  # type: ignore[arg-type]


def _encoder() -> Callable[[str], str]:
    try:
        from _json import encode_basestring_ascii as encode
    except ImportError:
        return json.dumps
    return encode
