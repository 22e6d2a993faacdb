"""Some files changed together: what `env` and `file` come down to. Each part stands at one of two known states."""

from __future__ import annotations

import os

from sparkdoctor.fixes import files
from sparkdoctor.fixes.actions import AFTER, BEFORE, BETWEEN, OTHER
from sparkdoctor.fixes.refused import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeAlias

    from sparkdoctor.fixes.actions import Checkpoint

    Change: TypeAlias = "dict[str, Any]"


def change(prefix: str, path: str, after: files.State, before: files.State) -> Change:
    """The change of one file, as JSON: where it stands, where it will, and its folder's time. Raises as `files`.

    Refused where the file is somebody else's: a new one in its place would be ours.
    """
    if os.geteuid() not in (0, before.get("uid", os.geteuid())):
        raise Refused(f"{prefix}/{path} belongs to another user")
    return {
        "path": path,
        "before": before,
        "after": after,
        "folder_ns": files.folder_time(prefix, path),
    }


def carry_out(prefix: str, changes: Sequence[Change], checkpoint: Checkpoint) -> dict[str, Any]:
    """Makes the changes; gives the times of their folders afterwards. Raises Refused or OSError.

    A file that stands at neither state was changed by somebody else since: Refused, before any is touched.
    """
    if state(prefix, changes) == OTHER:
        raise Refused("a file changed while this was prepared; call it again")
    for part, item in enumerate(changes, 1):
        if not files.same(files.look(prefix, item["path"]), item["after"]):
            files.put(prefix, item["path"], item["after"])
        checkpoint(f"part {part}")
    return {"folders_ns": {item["path"]: files.folder_time(prefix, item["path"]) for item in changes}}


def take_back(
    prefix: str, changes: Sequence[Change], result: Mapping[str, Any] | None, force: bool = False
) -> list[str]:
    """Puts back what was there; gives a line for each file that is kept, since somebody else changed it.

    A folder gets its time back unless something else happened in it meanwhile.
    """
    kept = []
    times = (result or {}).get("folders_ns", {})
    for item in reversed(changes):
        path = item["path"]
        try:
            now = files.look(prefix, path)
        except FileNotFoundError:
            kept.append(f"{prefix}/{path}: its folder is gone")
            continue
        if not force and not files.same(now, item["after"]) and not files.same(now, item["before"]):
            kept.append(f"{prefix}/{path} was changed since; it is left as it is")
            continue
        untouched = path not in times or files.folder_time(prefix, path) == times[path]
        files.swept(prefix, path)
        if not files.same(now, item["before"]):
            files.put(prefix, path, item["before"])
        if untouched:
            files.set_folder_time(prefix, path, item["folder_ns"])
            _follow(times, item, changes)
    return kept


def _follow(times: dict[str, int], item: Change, changes: Sequence[Change]) -> None:
    """The other changes in the same folder are undone next: its time is now what we made it."""
    folder = item["path"].rpartition("/")[0]
    for other in changes:
        if other["path"] in times and other["path"].rpartition("/")[0] == folder:
            times[other["path"]] = item["folder_ns"]


def state(prefix: str, changes: Sequence[Change]) -> str:
    """BEFORE, AFTER, BETWEEN or OTHER."""
    found = set()
    for item in changes:
        try:
            now = files.look(prefix, item["path"])
        except (OSError, Refused):
            return OTHER
        is_before, is_after = files.same(now, item["before"]), files.same(now, item["after"])
        if not is_before and not is_after:
            return OTHER
        if is_before != is_after:
            found.add(BEFORE if is_before else AFTER)
    if len(found) == 2:
        return BETWEEN
    return found.pop() if found else AFTER
