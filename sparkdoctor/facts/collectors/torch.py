"""What torch was built for, by the text of its version.py; nothing of it is imported."""

from __future__ import annotations

import re

from sparkdoctor.facts.collectors import packages
from sparkdoctor.facts.values import Reading, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination

_TEXT = 1 << 16
_CUDA = re.compile(r"""^cuda(?:[ \t]*:[^=\n]*)?[ \t]*=[ \t]*(?:(None)|["'](\d+(?:\.\d+)*)["'])""", re.MULTILINE)

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
    stated = _CUDA.search(text)
    if not stated:
        return unknown(f"{where} doesn't say what it was built for")
    return measured(stated[2] or NO_CUDA, where)
