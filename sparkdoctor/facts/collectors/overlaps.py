"""Distributions that were installed over each other: both lists name the same library, with different content."""

from __future__ import annotations

from sparkdoctor.facts.collectors import packages
from sparkdoctor.facts.values import Reading, Unknown, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.facts.collectors.packages import Distribution

_FLAVOURS = frozenset({"cpu", "gpu", "headless", "contrib", "nightly", "rocm", "directml", "openvino"})
_SAME_FOLDER = {"sglang_kernel": "sgl_kernel", "pytorch_triton": "triton"}
"""Distributions that bring the folder of another one under a name of their own."""


def overlaps(exam: Examination) -> dict[str, Reading]:
    """`python.overlaps`: pairs such as "onnxruntime + onnxruntime-gpu", of which one wrote over the other's libraries.

    Looked at are distributions of one site folder whose names differ by a flavour only (cpu, gpu, cu12, headless …).
    """
    known = packages.distributions(exam)
    if isinstance(known, Unknown):
        return {"python.overlaps": unknown(known.reason)}
    groups: dict[tuple[str, str], list[Distribution]] = {}
    for found in known.values():
        groups.setdefault((found.site, _stem(found.name)), []).append(found)
    pairs = []
    places = []
    for group in groups.values():
        for first, second, path in _overlapping(exam, group):
            pairs.append(f"{first.name} + {second.name}".replace("_", "-"))
            places.append(path)
    where = places[0] if places else "the lists of files of distributions with kindred names"
    return {"python.overlaps": measured(tuple(pairs), where)}


def _overlapping(exam: Examination, group: list[Distribution]) -> list[tuple[Distribution, Distribution, str]]:
    """The pairs of a group that list one library with different hashes, each with the path of the first such."""
    if len(group) < 2:
        return []
    from sparkdoctor.facts.collectors.libraries import libraries

    listed = [
        (found, {one.path: one.digest for one in libraries(exam, found) if one.digest})
        for found in sorted(group, key=lambda found: found.name)
    ]
    found = []
    for place, (first, ours) in enumerate(listed):
        for second, theirs in listed[place + 1 :]:
            path = next((path for path, digest in ours.items() if theirs.get(path, digest) != digest), None)
            if path is not None:
                found.append((first, second, path))
    return found


def _stem(name: str) -> str:
    """The name without its flavours, which stand behind the first word."""
    first, *rest = name.split("_")
    kept = [first, *(word for word in rest if not _is_flavour(word))]
    return _SAME_FOLDER.get(name) or "_".join(kept)


def _is_flavour(word: str) -> bool:
    """Whether a word of a name tells a flavour: headless, cu12, cuda, cuda13x …"""
    if word.startswith("cuda"):
        number = word[4:].removesuffix("x")
        return not number or number.isdecimal()
    return word in _FLAVOURS or (word.startswith("cu") and word[2:].isdecimal())
