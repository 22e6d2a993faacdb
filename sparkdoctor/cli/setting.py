"""What may be set beneath the command line: the names, the kinds of their values, and where the user's file lies."""

from __future__ import annotations

import os
import sys

from sparkdoctor.cli.exits import FAIL_ON
from sparkdoctor.facts.schema import WORKLOADS
from sparkdoctor.records import Record
from sparkdoctor.reports.formats import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PROJECT_FILE = "pyproject.toml"

WORDS, CHOICE, TEXT, FLAG, FOLDERS = "words", "choice", "text", "flag", "folders"

KINDS = {
    "select": WORDS, "ignore": WORDS, "fail-on": CHOICE, "strict": FLAG, "workload": CHOICE, "target": TEXT,
    "format": CHOICE, "color": CHOICE, "python": TEXT, "root": TEXT, "rules": FOLDERS,
}  # fmt: skip
"""Every setting and the kind of its value."""

CHOICES = {
    "fail-on": FAIL_ON,
    "workload": WORKLOADS,
    "format": tuple(FORMATS),
    "color": ("auto", "always", "never"),
}

OF_PROJECT = ("select", "ignore", "fail-on", "workload", "target", "format")
"""What a project's file may set: what is shown, never what is trusted or examined."""


class Setting(Record):
    """A value, the file or variable that it comes from, and how a complaint about it begins."""

    value: Any
    origin: str
    label: str


def user_file(environ: Mapping[str, str] = os.environ) -> str:
    """Where the user's own settings lie: in the XDG configuration folder, by hand, since platformdirs loads much."""
    if not sys.platform.startswith("linux"):
        import platformdirs

        return os.path.join(platformdirs.user_config_dir("sparkdoctor"), "config.toml")
    folder = environ.get("XDG_CONFIG_HOME", "").strip() or os.path.expanduser("~/.config")
    return os.path.join(folder, "sparkdoctor", "config.toml")
