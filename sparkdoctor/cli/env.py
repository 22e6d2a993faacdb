"""`sparkdoctor env`: the planned variables, and those that the environment sets by itself, for other places."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Optional

import typer

from sparkdoctor.cli import arguments, output
from sparkdoctor.cli.examine import Subject
from sparkdoctor.cli.exits import Exit, Unusable
from sparkdoctor.cli.patient import Patient


def env(
    python: arguments.Python = None,
    root: arguments.Root = None,
    facts: arguments.Facts = None,
    target: arguments.Target = None,
    launch: arguments.Launch = None,
    rules: arguments.Rules = None,
    select: arguments.Select = None,
    ignore: arguments.Ignore = None,
    workload: arguments.Workload = None,
    format: Annotated[
        Optional[str],  # noqa: UP045 (Typer reads it at run time on Python 3.10)
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="sh, fish, dockerfile, compose, kubernetes, systemd, dotenv or json; default: what this shell reads.",
        ),
    ] = None,
) -> int:
    from sparkdoctor.fixes.actions.env import current, settings_of
    from sparkdoctor.fixes.exports import FORMATS, exported
    from sparkdoctor.fixes.refused import Refused

    if format is not None and format not in FORMATS:
        raise Unusable(f"--format {format}: write one of {', '.join(FORMATS)}")
    patient = Patient(Subject(python, root, facts, target, rules or (), workload, launch), select or (), ignore or ())
    plan = patient.plan(unsafe=False, anywhere=True)
    for item in plan.refused:
        print(f"sparkdoctor: left out, {' and '.join(item.rules)}: {item.reason}", file=sys.stderr)
    try:
        settings: dict[str, str | None] = current(patient.place) if patient.place else {}
        for step in plan.steps:
            if step.kind in ("env", "arch-flag"):
                settings |= settings_of(step.payload)
        output.write(exported(settings, format or _of_this_shell()))
    except (Refused, OSError) as error:
        raise Unusable(str(error)) from error
    return Exit.OK


def _of_this_shell() -> str:
    """The format for the shell that started us: fish, or sh for bash, zsh and dash."""
    try:
        with open(f"/proc/{os.getppid()}/comm", encoding="utf-8", errors="replace") as handle:
            return "fish" if handle.read().strip() == "fish" else "sh"
    except OSError:
        return "sh"
