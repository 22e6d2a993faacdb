"""Compiles the rulebook into the wheel, beside its TOML files; the same files give the same bytes."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRulebook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the compiled rulebook to wheels; an editable install reads the TOML files as they are."""

    _folder: str | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Writes the compiled files to a folder of their own and has them put into the wheel."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from sparkdoctor.rulebook import compiled, source
        finally:
            sys.path.remove(self.root)
        self._folder = tempfile.mkdtemp()
        for name, content in compiled.documents(source.read(os.path.join(self.root, "rules"))).items():
            path = os.path.join(self._folder, name)
            with open(path, "wb") as handle:
                handle.write(content)
            build_data["force_include"][path] = f"sparkdoctor/_rulebook/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes the folder again."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
