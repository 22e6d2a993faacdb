"""The documentation: a page for each rule, and no link in it that leads nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sparkdoctor.rulebook.load import load
from sparkdoctor.rulebook.placeholders import worded
from tests.shipped import PROJECT

BOOK = load()
_BLOCK = re.compile(r"^ *(```+)$.*?^ *\1$", re.M | re.S)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the documented command fills."""
    folder = tmp_path_factory.mktemp("docs") / "out"
    command = [sys.executable, str(PROJECT / "docs" / "generate.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    return folder


def test_each_rule_has_a_page_with_all_that_is_known_of_it(built: Path) -> None:
    assert {path.stem for path in (built / "rules").glob("*.md")} == {"index", *BOOK.rules}
    for rule in BOOK.rules.values():
        text = (built / "rules" / f"{rule.id}.md").read_text(encoding="utf-8")
        plain = re.sub(r"\\([\\`*_\[\]<>|])", r"\1", text)
        detail = rule.detail
        assert plain.startswith(f"# {rule.id}: {worded(detail.title)}\n")
        assert worded(detail.why) in plain
        assert all(source.url in text and source.date in text for source in detail.sources)
        assert all(f"`{cause}`: {BOOK.causes[cause]}" in plain for cause in detail.causes)
        assert all(fix.effect in plain for fix in detail.fixes)
        assert plain.count("\n```") % 2 == 0


def test_the_list_names_every_rule_once(built: Path) -> None:
    found = re.findall(r"\[([A-Z]+\d+)\]\(", (built / "rules" / "index.md").read_text(encoding="utf-8"))
    assert sorted(found) == sorted(BOOK.rules)


def test_every_link_leads_somewhere(built: Path) -> None:
    for page in built.rglob("*.md"):
        words = _BLOCK.sub("", page.read_text(encoding="utf-8"))
        for link in _LINK.findall(words):
            if link.startswith("https://"):
                continue
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.is_file(), f"{page.name}: {link}"
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
            anchors = {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
            assert not anchor or anchor in anchors, f"{page.name}: {link}"


def test_the_pages_speak_of_settings_and_workloads_that_there_are() -> None:
    from sparkdoctor.cli.setting import KINDS, OF_PROJECT
    from sparkdoctor.facts.schema import WORKLOADS

    text = Path(PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    for name in KINDS:
        [row] = [line for line in text.splitlines() if line.startswith("|") and f"`{name}`" in line]
        assert (row.split("|")[3].strip() == "yes") == (name in OF_PROJECT)
    assert ", ".join(WORKLOADS) in text
