from __future__ import annotations

import pytest

from sparkdoctor.reports.terminal import items, paragraph


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("one", ["one"]),
        ("one · two", ["one · two"]),
        ("a machine · a GPU · a kernel", ["a machine · a GPU", "  a kernel"]),
        ("a very long machine's name · x", ["a very long machine's name", "  x"]),
    ],
)
def test_a_row_of_items_breaks_between_them(text: str, lines: list[str]) -> None:
    assert items(text, 20) == lines


def test_a_paragraph_keeps_long_words_whole() -> None:
    assert paragraph("see /a/very/long/path/to/somewhere now", 12, "  ") == [
        "  see",
        "  /a/very/long/path/to/somewhere",
        "  now",
    ]
