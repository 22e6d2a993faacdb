"""A rule as a page of the documentation, in Markdown, and the page that lists them all."""

from __future__ import annotations

from sparkdoctor.rulebook.placeholders import worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from sparkdoctor.rulebook.model import Fix, Rule, Rulebook

_SAFETY = {"safe": "safe", "unsafe": "changes packages", "manual": "by hand"}


def pages(book: Rulebook) -> dict[str, str]:
    """All pages by file name: one of each rule (`TRI001.md`), and `index.md`."""
    explained: dict[str, list[str]] = {}
    for rule in book.rules.values():
        for other in rule.supersedes:
            explained.setdefault(other, []).append(rule.id)
    found = {f"{rule.id}.md": page(rule, book, explained.get(rule.id, ())) for rule in book.rules.values()}
    return {"index.md": index(book), **found}


def index(book: Rulebook) -> str:
    """The list of all rules, by component."""
    lines = ["# Rules", "", f"The {len(book.rules)} rules of rulebook {book.version}.", ""]
    for component in book.components:
        rules = [rule for rule in book.rules.values() if rule.component == component]
        if rules:
            lines += [f"## {component}", "", "| rule | severity | |", "|---|---|---|"]
            lines += [f"| {_link(rule.id)} | {rule.severity} | {_cell(worded(rule.detail.title))} |" for rule in rules]
            lines.append("")
    return "\n".join(lines)


def page(rule: Rule, book: Rulebook, explained_by: list[str] | tuple[str, ...] = ()) -> str:
    """The page of one rule; `explained_by` are the rules that explain it away."""
    detail = rule.detail
    lines = [
        f"# {rule.id}: {_text(worded(detail.title))}",
        "",
        f"`{detail.name}` · {rule.component} · {rule.severity}" + _by_log(rule),
        "",
        "## Why",
        "",
        _text(worded(detail.why)),
    ]
    lines += _conditions(rule)
    lines += ["", "## What makes it right"]
    for number, fix in enumerate(detail.fixes, 1):
        lines += _fix(number, fix, book.indexes)
    if not detail.fixes:
        lines += ["", "No fix is known."]
    if detail.causes:
        lines += ["", "## Causes", ""]
        lines += [f"- `{cause}`: {_text(book.causes.get(cause, 'a cause of your own'))}" for cause in detail.causes]
    if rule.supersedes or explained_by:
        lines += ["", "## Beside other rules", ""]
        lines += [f"- explains {_link(other)} away" for other in rule.supersedes if other in book.rules]
        lines += [f"- is explained away by {_link(other)}" for other in explained_by]
    lines += ["", "## Sources", ""]
    lines += [f"- {_address(source.url)} ({source.date}, {source.kind})" for source in detail.sources]
    lines += ["", f"Last held against its sources on {detail.reviewed}. [All rules](index.md)", ""]
    return "\n".join(lines)


def _by_log(rule: Rule) -> str:
    if rule.log_only:
        return " · told by a log alone"
    return f" · {rule.log_severity} where a log shows it" if rule.log_severity else ""


def _conditions(rule: Rule) -> list[str]:
    detail = rule.detail
    lines: list[str] = []
    if detail.when:
        lines += ["", "## Fires when" + (" a line of the log matches and" if rule.needs_log else ""), ""]
        lines += _block(detail.when)
    if detail.when_no_log:
        lines += ["", "## Fires without a log when", "", *_block(detail.when_no_log)]
    if detail.log:
        lines += ["", "## What the failure prints (patterns)", ""]
        lines += _block(
            "\n".join(match + (f"    if {condition}" if condition else "") for match, condition in detail.log)
        )
    return lines


def _fix(number: int, fix: Fix, indexes: Mapping[str, str]) -> list[str]:
    lines = ["", f"{number}. **{fix.kind}**, {_SAFETY[fix.safety]}: {_text(fix.effect)}", ""]
    lines += [f"    {line}" for line in _block(_command(fix, indexes))]
    if fix.condition is not None:
        lines += ["", f"    If `{' '.join(fix.condition.text.split())}`"]
    return lines


def _command(fix: Fix, indexes: Mapping[str, str]) -> str:
    if fix.text:
        return worded(fix.text)
    if fix.packages:
        return "install " + ", ".join(fix.packages) + (f" from {indexes[fix.index]}" if fix.index else "")
    return "\n".join(
        [f"export {name}={worded(value)}" for name, value in fix.set.items()] + [f"unset {name}" for name in fix.unset]
    )


def _block(text: str) -> list[str]:
    """A fenced block, its fence longer than any in the text."""
    fence = "```"
    while fence in text:
        fence += "`"
    return [fence, *(line.rstrip() for line in text.strip().splitlines()), fence]


def _link(id: str) -> str:
    return f"[{id}]({id}.md)"


def _address(url: str) -> str:
    return f"<{url}>" if url.startswith("https://") else f"`{url}`"


def _text(text: str) -> str:
    """Words of a rule, with what Markdown would take for its own signs escaped."""
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, "\\" + sign)
    return text


def _cell(text: str) -> str:
    return " ".join(_text(text).split())
