"""Rules of a user's folder beside the built-in ones, compiled when they are first seen where a cache can be written."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress

from sparkdoctor import __version__
from sparkdoctor.records import changed
from sparkdoctor.rulebook import compiled
from sparkdoctor.rulebook.faults import Fault, NoSuchFolder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparkdoctor.rulebook.model import Rule, Rulebook


def extended(base: Rulebook, folder: str) -> tuple[Rulebook, list[Fault]]:
    """`base` with the rules of a folder beside it; those that are faulty are left out and named.

    Raises NoSuchFolder where there is no such folder.
    """
    if not os.path.isdir(folder):
        raise NoSuchFolder(f"{folder}: no such folder of rules")
    path = _cached_at(base, folder)
    found = _remembered(path) if path else None
    if found is None:
        from sparkdoctor.rulebook.source import user_rules

        found = user_rules(base, folder)
        if path:
            _remember(path, *found)
    rules, faults = found
    return changed(base, rules={**base.rules, **{rule.id: rule for rule in rules}}), faults


def _cached_at(base: Rulebook, folder: str) -> str | None:
    """Where the compiled rules of exactly these files lie; None where they can't be read or there is no cache."""
    import platformdirs

    digest = hashlib.blake2b(f"{__version__} {base.version} {' '.join(base.rules)}".encode(), digest_size=16)
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(name for name in files if name.endswith(".toml")):
            path = os.path.join(place, name)
            try:
                with open(path, "rb") as handle:
                    content = handle.read()
            except OSError:
                return None
            digest.update(f"\0{os.path.relpath(path, folder)}\0{len(content)}\0".encode() + content)
    return os.path.join(platformdirs.user_cache_dir("sparkdoctor"), "rules", digest.hexdigest() + ".json")


def _remembered(path: str) -> tuple[list[Rule], list[Fault]] | None:
    try:
        with open(path, "rb") as handle:
            stated = json.loads(handle.read())
        return compiled.rules(stated), [Fault(*fault) for fault in stated["faults"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(path: str, rules: Sequence[Rule], faults: Sequence[Fault]) -> None:
    """Writes the cache, whole or not at all; where nothing can be written nothing is lost."""
    document = {
        **compiled.of_rules(rules),
        "faults": [[fault.file, fault.line, fault.entry, fault.message] for fault in faults],
    }
    folder = os.path.dirname(path)
    unfinished = ""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as handle:
            unfinished = handle.name
            json.dump(document, handle, separators=(",", ":"))
        os.replace(unfinished, path)
    except OSError:
        if unfinished:
            with suppress(OSError):
                os.unlink(unfinished)
