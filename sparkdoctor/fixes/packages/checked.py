"""What the environment's own installer says of it: the distributions that it sees, and what doesn't fit together."""

from __future__ import annotations

import json
import re
import sys

from sparkdoctor.fixes.packages import installed, installer
from sparkdoctor.fixes.packages.installer import PIP, Installer
from sparkdoctor.fixes.refused import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from sparkdoctor.fixes.place import Place

_SECONDS = 120.0

_AS_PIP_SEES_IT = """
import json, pip_api
print(json.dumps({name: str(one.version) for name, one in pip_api.installed_distributions().items()}))
"""

_FOUND_INSTEAD = re.compile(r",? but (you have|`).*$|, which is not (installed|supported).*$")
"""What differs between two wordings of one conflict: the version that is there."""


def seen(place: Place, by: Installer) -> dict[str, str]:
    """Version by name as pip (through pip-api, in a child that looks at that environment) or uv lists them.

    An independent look beside our own. Raises Refused.
    """
    if by.kind == PIP:
        words = ["/usr/bin/env", f"PIPAPI_PYTHON_LOCATION={by.python}", sys.executable, "-c", _AS_PIP_SEES_IT]
        answer = installer.run(place, words, _SECONDS)
        found = json.loads(answer.output) if answer.status == 0 else None
    else:
        answer = installer.run(place, by.words("list", "--format", "json"), _SECONDS)
        found = {item["name"]: item["version"] for item in json.loads(answer.output)} if answer.status == 0 else None
    if found is None:
        raise Refused(f"{by.kind} can't list what is installed in {place.prefix}: {installer.said(answer)}")
    return {installed.canonical(name): version for name, version in found.items()}


def conflicts(place: Place, by: Installer) -> dict[str, str]:
    """What `pip check` or `uv pip check` names, in its words, by what stays the same of it while versions change."""
    answer = installer.run(place, by.words("check"), _SECONDS)
    if answer.status not in (0, 1):
        raise Refused(f"{by.kind} can't check {place.prefix}: {installer.said(answer)}")
    lines = answer.output.splitlines() if by.kind == PIP else answer.errors.splitlines()
    if answer.status == 0:
        return {}
    told = [line.strip() for line in lines if re.search(r"\brequires?\b|has requirement|is not supported", line)]
    return {_key(line): line for line in told}


def missing(after: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """A line for each distribution that isn't there as it should be; local parts count only where one is asked for."""
    return [
        f"{name} is {there.get(name) or 'not there'} instead of {version}"
        for name, version in after.items()
        if there.get(name) != version
    ]


def _key(line: str) -> str:
    """`vllm 0.27.1 has requirement torch==2.13.0, but you have torch 2.9.1.` → the requirer and what it asks for."""
    kept = _FOUND_INSTEAD.sub("", line)
    return re.sub(r"^(\S+) \S+ (has requirement|requires)", r"\1 requires", kept)
