"""The JSON Schemas that ship with the package: contracts, kept by hand."""

from __future__ import annotations

from importlib.resources import files


def schema_text(name: str) -> str:
    """The text of a schema: `report` is of check --format json, `snapshot` of facts, `rules` and `scan` of theirs."""
    return files("sparkdoctor.reports").joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
