"""The GPUs that a diagnosis or a scan is for."""

from __future__ import annotations

from sparkdoctor.diagnosis.model import Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.diagnosis.resolve import Resolver


def targets(facts: Resolver) -> list[Target]:
    """The GPUs that are known of."""
    found = []
    for index in range(facts.source.gpus()):
        name = facts.read("gpu.name", index)
        capability = facts.read("gpu.compute_capability", index)
        if name.present or capability.present:
            found.append(
                Target(
                    index,
                    str(name.value) if name.present else None,
                    str(capability.value) if capability.present else None,
                    (capability if capability.present else name).origin,
                )
            )
    return found
