"""Libraries whose contents are known by their hash, so that nobody has to open them.

`tables/known-libraries.json` of the rulebook holds {"form": 1, "measured": DATE, "files": {DIGEST: [SIZE, CONTENTS]}}:
the SHA-256 of a file as the RECORD of an installed wheel writes it (URL-safe base64 without padding), its size in
bytes, and what it holds in the form of stored.py. All of them were read from wheels of the package index.

Which containers hold which code together isn't in it, since it was counted by target: `Code.containers` is empty.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache

from sparkdoctor.binaries.stored import Damaged, from_json
from sparkdoctor.shipped import content, rulebook_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sparkdoctor.binaries.contents import Contents

FORM = 1
PATH = "tables/known-libraries.json"
"""Where the table lies in the folder of the rulebook."""


def known(digest: str, size: int) -> Contents | None:
    """What the file of that digest holds; None where it isn't known or its size tells that it isn't this file."""
    entry = _table().get(digest)
    if entry is None or entry[0] != size:
        return None
    try:
        return from_json(entry[1])
    except Damaged:
        return None


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    """The files of the table; none where it isn't there or is damaged, since then they can be read themselves."""
    try:
        stated = json.loads(content(os.path.join(rulebook_folder(), PATH)))
        return dict(stated["files"]) if stated["form"] == FORM else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
