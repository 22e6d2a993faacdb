"""How text looks on a terminal: colours, wrapped paragraphs, columns, and plain ASCII where there is no more."""

from __future__ import annotations

_CODES = {"error": "1;31", "warning": "1;33", "info": "36", "ok": "32", "dim": "2", "bold": "1", "fix": "32"}
_ASCII = str.maketrans({
    "·": "|", "✗": "x", "✓": "ok", "…": "...", "–": "-", "—": "-", "→": "->", "×": "x", "≥": ">=", "≤": "<=",
    "“": '"', "”": '"', "‘": "'", "’": "'", "°": " deg ", "µ": "u",
})  # fmt: skip


class Style:
    """Paints text where colours are wanted."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def paint(self, name: str, text: str) -> str:
        """`text` in the colour of that name."""
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self._colour else text


def paragraph(text: str, width: int, indent: str) -> list[str]:
    """`text` broken at blanks into indented lines; long words stay whole, so that paths and commands can be copied.

    By hand, since `textwrap` costs a twentieth of a whole check to import.
    """
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and len(indent) + len(line) + 1 + len(word) > width:
            lines.append(indent + line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, indent + line] if line else lines


def items(text: str, width: int) -> list[str]:
    """A row of items with · between them, broken before an item where it is too long; none for an empty text."""
    lines: list[str] = []
    for item in text.split(" · ") if text else ():
        if lines and len(lines[-1]) + 3 + len(item) <= width:
            lines[-1] += f" · {item}"
        else:
            lines.append(f"  {item}" if lines else item)
    return lines


def spread(left: str, right: str, width: int) -> str:
    """Two texts on one line, the second at the right edge; on two lines where they don't fit."""
    gap = width - len(left) - len(right)
    return f"{left}{' ' * gap}{right}" if gap >= 2 else f"{left}\n  {right}"


def encodable(text: str, encoding: str) -> str:
    """`text` as it can be written in an encoding: unchanged, or with ASCII in place of what the encoding lacks."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
    return text


def printable(text: str) -> str:
    """`text` of a foreign file with ? for what a terminal could take for a command."""
    return "".join(character if character.isprintable() else "?" for character in text)
