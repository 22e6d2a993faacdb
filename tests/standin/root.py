"""A root folder under construction: paths are given as they are inside the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Root:
    """Writes files, links and folders below `path`; parents are made as needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def at(self, inside: str) -> Path:
        """Where `inside` lies."""
        return self.path / inside.lstrip("/")

    def write(self, inside: str, content: str | bytes, mode: int = 0o644) -> Path:
        """A file, replaced if it is there."""
        path = self.at(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def link(self, inside: str, target: str) -> Path:
        """A symbolic link, replaced if it is there."""
        path = self.at(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)
        return path

    def folder(self, inside: str) -> Path:
        """An empty folder, or the one that is there."""
        path = self.at(inside)
        path.mkdir(parents=True, exist_ok=True)
        return path
