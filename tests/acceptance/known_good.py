"""Machines with a stack that is known to work on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests import standin
from tests.standin.cuda import TARGETS_13_0
from tests.standin.relatives import DGX_STATION, THOR
from tests.standin.spark import SPARK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standin.stacks import Stack

HOSTS = {"GB10": SPARK, "GB300": DGX_STATION, "Thor": THOR}


def healthy(path: Path, stack: Stack) -> standin.Root:
    """The machine that the stack was reported on, with its driver, its toolkit and the environment."""
    root = standin.build(path, replace(HOSTS[stack.where], driver=stack.driver))
    if stack.toolkit:
        build = f"{'.'.join(stack.toolkit.split('.')[:2])}.88"
        standin.toolkit(root, stack.toolkit, build, TARGETS_13_0)
    stack.build(root)
    return root
