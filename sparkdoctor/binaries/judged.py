"""The verdict on a scanned library, also where only its counts by target are known and not its containers."""

from __future__ import annotations

from sparkdoctor.binaries.contents import Code, Contents
from sparkdoctor.binaries.package_code import common
from sparkdoctor.binaries.verdict import Verdict, judge
from sparkdoctor.records import changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.binaries.verdict import Driver

_COUNTED = "; of "
"""Where a reason begins to count translation units, which aren't known here."""
_NO_VERSION = " (PTX ISA )"
"""What a reason says of PTX whose ISA version isn't known."""


def judged(found: Contents, capability: str, driver: Driver | None = None) -> Verdict:
    """How a GPU of `capability` runs what a library holds.

    Of one that is known by its hash (known.py) by the targets that aren't rare in it: as if each of its translation
    units had all of them, but for as many with PTX alone as there is more of PTX than of machine code.
    """
    if not (found.code.targets or found.outside_sections.targets) or found.code.containers or _bare(found):
        return judge(found, capability, driver)
    parts = {name: _in_units(getattr(found, name)) for name in ("code", "outside_sections")}
    verdict = judge(changed(found, **parts), capability, driver)
    reason = verdict.reason.partition(_COUNTED)[0].replace(_NO_VERSION, "")
    return changed(verdict, reason=reason, containers={})


def _bare(found: Contents) -> bool:
    """Whether it consists of cubins that are in no container by nature."""
    return found.format == "cubin" or bool(found.outside_sections.containers)


def _in_units(code: Code) -> Code:
    if not code.targets:
        return code
    targets, _ = common([Contents(code=code)])
    machine_code = [target for target in targets if target in code.cubins]
    ptx = [f"{target}/{(code.ptx[target]['isa'] or [''])[0]}" for target in targets if target in code.ptx]
    most = max((code.cubins[target] for target in machine_code), default=0)
    more = max((code.ptx[target]["count"] for target in targets if target in code.ptx), default=0) - most
    containers = {(*machine_code, *ptx): max(most, 1)}
    if machine_code and more > 0:
        containers[tuple(ptx)] = more
    return changed(code, containers=containers)
