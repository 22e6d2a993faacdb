"""What all JSON documents of the commands share: the opening keys, and how they are written."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SCHEMA_VERSION = "1.0"


def opened(tool: Mapping[str, str]) -> dict[str, Any]:
    """The keys with which every document begins: the version of its form, and whose it is."""
    return {"schema_version": SCHEMA_VERSION, "tool": {"name": "sparkdoctor", **tool}}


def dumped(document: Mapping[str, Any]) -> str:
    """JSON text for people and programs, ending in a line end."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
