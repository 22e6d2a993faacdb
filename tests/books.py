"""Small rulebooks for tests, written as an author would write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkdoctor.rulebook.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from sparkdoctor.rulebook.model import Rulebook

GENERAL = """
version = "2026.01.01"
components = ["driver", "torch", "triton"]
reserved = ["TRI", "DRV"]
"""

BODY = """
name = "{name}"
component = "{component}"
severity = "{severity}"
title = "{title}"
why = "Because."
causes = ["some-cause"]
sources = [{{ url = "https://example.com/{id}", date = 2026-01-01, kind = "vendor" }}]
reviewed = 2026-01-01
"""

TESTS = """
[[rule.test]]
fires = true
[[rule.test]]
fires = false
"""


def rule(
    id: str,
    when: str = "",
    *,
    more: str = "",
    fixes: str = "",
    component: str = "triton",
    severity: str = "error",
    title: str = "Something is wrong",
) -> str:
    """The TOML of one rule."""
    body = BODY.format(id=id, name=f"rule-{id.lower()}", component=component, severity=severity, title=title)
    condition = f"when = '''\n{when}\n'''\n" if when else ""
    return f'[[rule]]\nid = "{id}"\n{body}{condition}{more}\n{fixes}\n{TESTS}\n'


def write(folder: Path, *entries: str, **files: str) -> Path:
    """A rulebook's folder with the entries in one file, and other files by name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rulebook.toml").write_text(files.pop("general", GENERAL))
    (folder / "causes.toml").write_text('some-cause = "It happens"\n')
    (folder / "indexes.toml").write_text('vendor = "https://wheels.example.com/simple"\n')
    (folder / "rules.toml").write_text("\n".join(entries))
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return folder


def book(folder: Path, *entries: str, **files: str) -> Rulebook:
    """The loaded rulebook of `write`."""
    return load(str(write(folder, *entries, **files)))
