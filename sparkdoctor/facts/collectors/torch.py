"""What torch was built for, by the text of its version.py; nothing of it is imported."""

from __future__ import annotations

from sparkdoctor.facts.collectors import packages
from sparkdoctor.facts.values import Reading, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination

_TEXT = 1 << 16

NO_CUDA = "none"
"""The value of `torch.cuda_version` for a build without CUDA."""


def cuda(exam: Examination) -> dict[str, Reading]:
    """`torch.cuda_version`; Absent without torch, Unknown where only its metadata is there."""
    return {"torch.cuda_version": _cuda(exam)}


def _cuda(exam: Examination) -> Reading:
    torch = packages.find(exam, "torch")
    if isinstance(torch, Reading):
        return torch
    where = f"{torch.site}/torch/version.py"
    try:
        text = exam.machine.text(where, _TEXT)
    except FileNotFoundError:
        return unknown(f"{where} isn't there")
    stated = _stated(text)
    return measured(stated, where) if stated else unknown(f"{where} doesn't say what it was built for")


def _stated(text: str) -> str | None:
    """What the line of version.py says that gives `cuda` a value: a version in quotes, or None."""
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name.partition(":")[0].rstrip() != "cuda":
            continue
        value = value.strip()
        if value.startswith("None"):
            return NO_CUDA
        version = value[1:].partition(value[:1])[0] if value.startswith(("'", '"')) else ""
        if version.isascii() and all(part.isdecimal() for part in version.split(".")):
            return version
    return None
