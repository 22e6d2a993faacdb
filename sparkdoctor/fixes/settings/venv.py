"""The activate scripts of a virtual environment: bash and zsh, fish. Those of other shells are named, not touched."""

from __future__ import annotations

from sparkdoctor.fixes import files
from sparkdoctor.fixes.changes import change
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.fixes.settings import blocks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from sparkdoctor.fixes.changes import Change

POSIX, FISH = "bin/activate", "bin/activate.fish"
_UNREACHED = {
    "activate.csh": "csh", "Activate.ps1": "PowerShell", "activate.ps1": "PowerShell", "activate.nu": "Nushell",
    "activate.xsh": "xonsh",
}  # fmt: skip


def current(prefix: str) -> dict[str, str | None]:
    """What the environment sets by our block; None stands for unset. Raises Refused or OSError."""
    return blocks.settings_of(_text(prefix, POSIX)[0])


def changes(prefix: str, settings: Mapping[str, str | None]) -> list[Change]:
    """The changes that make the scripts set exactly `settings`. Raises Refused or OSError."""
    found = []
    for path, lines in ((POSIX, blocks.posix), (FISH, blocks.fish)):
        before = files.look(prefix, path)
        if before["type"] == "absent" and path == FISH:
            continue
        text, state = _text(prefix, path, before)
        after = files.text_state(blocks.replaced(text, settings, lines), state)
        found.append(change(prefix, path, after, state))
    return found


def unreached(prefix: str) -> list[str]:
    """The shells that the environment has scripts for which aren't changed."""
    import os

    try:
        names = os.listdir(f"{prefix}/bin")
    except OSError:
        return []
    return sorted({shell for name, shell in _UNREACHED.items() if name in names})


def _text(prefix: str, path: str, state: files.State | None = None) -> tuple[str, files.State]:
    found = files.look(prefix, path) if state is None else state
    if found["type"] == "link":
        raise Refused(f"{prefix}/{path} is a link; it is not followed")
    if found["type"] == "absent":
        raise Refused(
            f"{prefix} has no {path}, so that nothing sets variables for it",
            "make it anew with python3 -m venv, or set them where the program starts: sparkdoctor env",
        )
    return files.content_of(found).decode("utf-8", "surrogateescape"), found
