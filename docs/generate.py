"""Writes the documentation into a folder: the pages that lie here, and one of each rule of the rulebook.

python docs/generate.py build/docs
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from sparkdoctor.reports.rule_page import pages  # noqa: E402
from sparkdoctor.rulebook.load import load  # noqa: E402


def generate(target: Path) -> int:
    """Writes all pages to `target`, anew, and returns how many there are."""
    rules = target / "rules"
    shutil.rmtree(rules, ignore_errors=True)
    rules.mkdir(parents=True)
    for page in HERE.glob("*.md"):
        shutil.copyfile(page, target / page.name)
    for name, text in pages(load()).items():
        (rules / name).write_text(text, encoding="utf-8")
    return sum(1 for _ in target.rglob("*.md"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/generate.py FOLDER")
    print(f"{generate(Path(sys.argv[1]))} pages in {sys.argv[1]}")
