"""A real environment on a machine that is only stated: what a rule's own test says, and the variables as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkdoctor.facts.cases import from_case
from sparkdoctor.facts.collect import Examination
from sparkdoctor.facts.values import ABSENT, Reading
from sparkdoctor.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

_OVERRIDES = {
    "triton.ptxas_override_": "TRITON_PTXAS_PATH",
    "triton.ptxas_blackwell_override_": "TRITON_PTXAS_BLACKWELL_PATH",
}
"""Facts about the program that a variable names."""


class Overlaid:
    """A Source: the facts of a case, but for the variables, which the environment and its process have."""

    def __init__(self, case: Mapping[str, Any], venv: Path, with_log: bool = True) -> None:
        self._stated, complaints = from_case(case)
        assert not complaints
        self._before = {name: str(value) for name, value in case.get("env", {}).items() if not isinstance(value, dict)}
        self._exam = Examination(Machine("/", self._before), str(venv))
        self._with_log = with_log

    @property
    def assumes_environment(self) -> bool:
        return False

    @property
    def log(self) -> str | None:
        return self._stated.log if self._with_log else None

    def gpus(self) -> int:
        return self._stated.gpus()

    @property
    def at_hand(self) -> bool:
        return False

    def costly(self, name: str) -> bool:
        return False

    def read(self, name: str, gpu: int | None = None) -> Reading:
        if name.startswith("env."):
            return self._exam.read(name)
        for prefix, variable in _OVERRIDES.items():
            if name.startswith(prefix):
                return self._of_program(name, prefix, variable, gpu)
        return self._stated.read(name, gpu)

    def _of_program(self, name: str, prefix: str, variable: str, gpu: int | None) -> Reading:
        """What the variable names: the program of the case, the toolkit's, or none."""
        now = self._exam.read(f"env.{variable}").value
        if now is ABSENT:
            return Reading(ABSENT, "measured", variable)
        if now == self._stated.read("cuda.ptxas_path", gpu).value:
            return self._stated.read(f"cuda.ptxas_{name.removeprefix(prefix)}", gpu)
        return self._stated.read(name, gpu)
