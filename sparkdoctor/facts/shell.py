"""Reads the text of a shell command as far as that can be done without a shell: words, quotes, variables, pipes.

Never raises: what isn't well formed is read as far as it goes. What only a shell could fill in (`$(…)`, a variable
that isn't known) stays as it is written.
"""

from __future__ import annotations

from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SAFE = frozenset("@%+=:,./-_[]")
_PLAIN = r"[^\s\\'\"$`#;&|<>()]+"
_BLANK = r"[ \t\r]+|\\\r?\n"
_REDIRECTION = r"\d*(?:&>>?|<<<|<<-?|>>|>\||[<>]&?)"
_END = r"\n|\|\||&&|;;|[;&|()]"
_VARIABLE = r"\$(?:\{([A-Za-z_]\w*)(?::?-([^${}]*))?\}|([A-Za-z_]\w*))"
_DOUBLE = r"\\([\\\"$`])|\\\n"


def unfilled(word: str) -> bool:
    """Whether a word holds something that only the shell fills in."""
    if "$" not in word:
        return "`" in word
    return (
        any(part[:1].isalnum() or part[:1] in ("_", "{", "(", "@", "*") for part in word.split("$")[1:]) or "`" in word
    )


def quoted(words: list[str]) -> str:
    """The words as a line that a shell would read as them."""
    return " ".join(word if word and _is_safe(word) else _in_quotes(word) for word in words)


def _is_safe(word: str) -> bool:
    return word.isalnum() or all(sign.isalnum() or sign in _SAFE for sign in word)


def _in_quotes(word: str) -> str:
    return "'" + word.replace("'", "'\"'\"'") + "'"


class Script:
    """A shell text; iterating gives its simple commands, each a list of words, in the order they are written.

    `values` are the variables that are known; the reader of the commands may add to them on the way. `broken` is set
    where a quote or bracket isn't closed.
    """

    def __init__(self, text: str, values: Mapping[str, str]) -> None:
        self._text = text
        self._values = values
        self._plain, self._blank, self._redirection = re.compile(_PLAIN), re.compile(_BLANK), re.compile(_REDIRECTION)
        self._command_end, self._variable, self._escape = re.compile(_END), re.compile(_VARIABLE), re.compile(_DOUBLE)
        self._at = 0
        self._words: list[str] = []
        self._word: list[str] | None = None
        self._dropped = False
        self._documents: list[str] = []
        self._document = False
        self.broken = False

    def __iter__(self) -> Iterator[list[str]]:
        text = self._text
        while self._at < len(text):
            if found := self._blank.match(text, self._at):
                self._at = found.end()
                if found[0][0] != "\\":
                    self._end_word()
            elif text[self._at] == "#" and self._word is None:
                self._at = _until(text, "\n", self._at)
            elif found := self._redirection.match(text, self._at) if self._may_redirect() else None:
                self._redirect(found[0])
                self._at = found.end()
            elif found := self._command_end.match(text, self._at):
                self._at = found.end()
                yield from self._command()
                if found[0] == "\n":
                    self._skip_documents()
            else:
                self._piece()
        yield from self._command()

    def _may_redirect(self) -> bool:
        return self._word is None or self._text[self._at] in "<>" or self._text.startswith("&>", self._at)

    def _redirect(self, sign: str) -> None:
        self._end_word()
        self._dropped = True
        self._document = sign in ("<<", "<<-")

    def _command(self) -> Iterator[list[str]]:
        self._end_word()
        self._dropped = self._document = False
        if self._words:
            yield self._words
            self._words = []

    def _end_word(self) -> None:
        if self._word is None:
            return
        word, self._word = "".join(self._word), None
        if self._document:
            self._documents.append(word)
        elif not self._dropped:
            self._words.append(word)
        self._dropped = self._document = False

    def _skip_documents(self) -> None:
        for mark in self._documents:
            end = re.compile(rf"^\t*{re.escape(mark)}$", re.MULTILINE).search(self._text, self._at)
            self._at = end.end() if end else len(self._text)
        self._documents = []

    def _add(self, piece: str) -> None:
        if self._word is None:
            self._word = []
        self._word.append(piece)

    def _piece(self) -> None:
        """Reads one more piece of the word."""
        text, at = self._text, self._at
        first = text[at]
        if first == "'":
            end = self._closing("'", at + 1)
            self._add(text[at + 1 : end])
            self._at = end + 1
        elif first == '"':
            self._double(at + 1)
        elif first == "\\":
            self._add(text[at + 1 : at + 2])
            self._at = at + 2
        elif first == "`":
            end = self._closing("`", at + 1)
            self._add(text[at : end + 1])
            self._at = end + 1
        elif first == "$":
            self._expand(*self._dollar(at))
        else:
            found = self._plain.match(text, at)
            self._at = found.end() if found else at + 1
            self._add(text[at : self._at])

    def _closing(self, sign: str, start: int) -> int:
        end = self._text.find(sign, start)
        if end < 0:
            self.broken = True
            return len(self._text)
        return end

    def _double(self, start: int) -> None:
        pieces = []
        at = start
        text = self._text
        while at < len(text) and text[at] != '"':
            if found := self._escape.match(text, at):
                pieces.append(found[1] or "")
                at = found.end()
            elif text[at] == "$":
                value, written, at = self._dollar(at)
                pieces.append(written if value is None else value)
            else:
                pieces.append(text[at])
                at += 1
        self.broken |= at >= len(text)
        self._add("".join(pieces))
        self._at = at + 1

    def _dollar(self, at: int) -> tuple[str | None, str, int]:
        """What stands for `$…`, if known; how it is written; where it ends."""
        text = self._text
        if found := self._variable.match(text, at):
            value = self._values.get(found[1] or found[3])
            return (found[2] if value is None else value), found[0], found.end()
        for opening, closing in (("$(", ")"), ("${", "}")):
            if text.startswith(opening, at):
                end = self._bracket(opening[1], closing, at + 1)
                return None, text[at:end], end
        return (
            None,
            text[at : at + 2] if text[at + 1 : at + 2] in ("@", "*") else "$",
            at + (2 if text[at + 1 : at + 2] in ("@", "*") else 1),
        )

    def _bracket(self, opening: str, closing: str, at: int) -> int:
        depth = 0
        for index in range(at, len(self._text)):
            if self._text[index] == opening:
                depth += 1
            elif self._text[index] == closing:
                depth -= 1
                if depth == 0:
                    return index + 1
        self.broken = True
        return len(self._text)

    def _expand(self, value: str | None, written: str, end: int) -> None:
        """Adds what an unquoted variable holds, which may be several words."""
        self._at = end
        if value is None:
            self._add(written)
            return
        words = value.split()
        if not words:
            return
        if value[0].isspace():
            self._end_word()
        self._add(words[0])
        for word in words[1:]:
            self._end_word()
            self._add(word)


def _until(text: str, sign: str, at: int) -> int:
    end = text.find(sign, at)
    return len(text) if end < 0 else end
