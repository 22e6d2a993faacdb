"""A plan as a file to carry elsewhere; its form follows from the file's name."""

from __future__ import annotations

from sparkdoctor.fixes.actions.env import settings_of
from sparkdoctor.fixes.exports import exported
from sparkdoctor.fixes.quoting import shell_word
from sparkdoctor.fixes.refused import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sparkdoctor.fixes.plan import Plan

_HEAD = "# Written by sparkdoctor fix --write.\n"


def artefact(plan: Plan, name: str) -> str:
    """The text of a file of that name: constraints*.txt, requirements*.txt, *.env, Dockerfile*, *.sh.

    Raises Refused for others.
    """
    settings: dict[str, str | None] = {}
    packages: list[str] = []
    installs: list[str] = []
    for step in plan.steps:
        if step.kind in ("env", "arch-flag"):
            settings |= settings_of(step.payload)
        elif step.kind == "pin":
            packages += step.payload["packages"]
            installs.append(_install(step.payload))
    if name.startswith(("constraints", "requirements")) and name.endswith(".txt"):
        sources = "".join(
            f"# {', '.join(step.payload['requested'])}: from {step.payload['index_url']}\n"
            for step in plan.steps
            if step.kind == "pin" and step.payload["index_url"]
        )
        return _HEAD + sources + "".join(f"{package}\n" for package in packages)
    if name.endswith(".env"):
        return _HEAD + exported(settings, "dotenv")
    if name.startswith("Dockerfile"):
        return _HEAD + exported(settings, "dockerfile") + "".join(f"RUN {line}\n" for line in installs)
    if name.endswith(".sh"):
        return (
            "#!/bin/sh\n" + _HEAD + exported(settings, "sh") + "".join(f"{line}\n" for line in installs) + _manual(plan)
        )
    raise Refused("its name says no form: constraints*.txt, requirements*.txt, *.env, Dockerfile* or *.sh")


def _install(payload: Mapping[str, Any]) -> str:
    """One index for each command, in place of the configured one: no name is looked up in two places."""
    options = ["--index-url", payload["index_url"]] if payload["index_url"] else []
    return " ".join(map(shell_word, ["python3", "-m", "pip", "install", *options, *payload["packages"]]))


def _manual(plan: Plan) -> str:
    """What a person has to do, as remarks: never as commands that a script would run."""
    lines = [f"# by hand ({', '.join(step.rules)}): {line}" for step in plan.manual for line in step.text.splitlines()]
    return "".join(line + "\n" for line in lines)
