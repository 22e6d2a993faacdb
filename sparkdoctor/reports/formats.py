"""The formats of a report: a name and the module whose `render(report) -> str` writes it."""

from __future__ import annotations

from sparkdoctor.lazy import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.reports.report import Report

FORMATS = {"text": "text", "json": "as_json"}


def render(format: str, report: Report) -> str:
    """The report in one of FORMATS, ending in a line end."""
    module = import_module(f"sparkdoctor.reports.{FORMATS[format]}")
    text: str = module.render(report)
    return text
