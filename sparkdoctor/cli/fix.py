"""`sparkdoctor fix`: shows the plan; carries it out with --apply; writes it as a file with --write."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Annotated, Optional

import typer

from sparkdoctor.cli import arguments, inputs, output
from sparkdoctor.cli.examine import Subject
from sparkdoctor.cli.exits import Exit, Unusable
from sparkdoctor.cli.patient import Patient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.fixes.plan import Plan, Step


def fix(
    python: arguments.Python = None,
    root: arguments.Root = None,
    facts: arguments.Facts = None,
    target: arguments.Target = None,
    launch: arguments.Launch = None,
    rules: arguments.Rules = None,
    select: arguments.Select = None,
    ignore: arguments.Ignore = None,
    workload: arguments.Workload = None,
    apply: Annotated[bool, typer.Option("--apply", help="Carry the plan out; can be taken back with undo.")] = False,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Admit package changes, and commands as root.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before carrying it out.")] = False,
    write: Annotated[
        Optional[str],  # noqa: UP045 (Typer reads it at run time on Python 3.10)
        typer.Option(
            "--write",
            metavar="FILE",
            help="Write the plan to carry it elsewhere: constraints.txt, requirements.txt, *.env, Dockerfile*, *.sh.",
        ),
    ] = None,
    format: arguments.Format = "text",
    color: arguments.Colour = "auto",
    schema: arguments.Schema = False,
) -> int:
    if schema:
        from sparkdoctor.reports.schemas import schema_text

        output.write(schema_text("plans"))
        return 0
    _agreed(apply, write, Subject(python, root, facts, target), format)
    colour = output.coloured(color)
    patient = Patient(Subject(python, root, facts, target, rules or (), workload, launch), select or (), ignore or ())
    if apply and patient.subject.target is not None and python is None:
        raise Unusable("--target with --apply: name the environment that is meant with --python")
    plan = patient.plan(
        unsafe or (write is not None and os.path.basename(write).startswith(("constraints", "requirements")))
    )
    if write is not None:
        return _written(plan, write, yes)
    if not apply:
        output.write(_json([plan], patient, 0) if format == "json" else _shown(plan, patient, colour))
        return Exit.OK
    return _applied(plan, patient, yes, format, colour)


def _agreed(apply: bool, write: str | None, subject: Subject, format: str) -> None:
    output.known_format(format)
    if not apply:
        return
    if write is not None:
        raise Unusable("--write gives the plan as a file and changes nothing: leave out --apply")
    for option, value in (("--root", subject.root), ("--facts", subject.facts)):
        if value is not None:
            raise Unusable(f"{option} is planned for, never changed: leave out --apply, or call fix on that machine")


def _json(plans: list[Plan], patient: Patient, code: int) -> str:
    from sparkdoctor.fixes.as_json import document
    from sparkdoctor.reports.document import dumped

    return dumped(document(plans, patient.examined.tool, patient.examined.redactor, code))


def _shown(plan: Plan, patient: Patient, colour: bool) -> str:
    from sparkdoctor.fixes.told import plan_text
    from sparkdoctor.reports.terminal import Style

    text = plan_text(plan, Style(colour), output.width())
    if not plan.steps:
        return text
    if patient.place is None:
        return f"{text}\nTo carry it there:  sparkdoctor fix --write FILE (constraints.txt, *.env, Dockerfile, *.sh)\n"
    again = shlex.join(["sparkdoctor", "fix", *(word for word in sys.argv[2:] if word != "--unsafe"), "--apply"])
    unsafe = " --unsafe" if any(step.safety == "unsafe" for step in plan.steps) else ""
    return f"{text}\nNothing was changed. To carry it out:  {again}{unsafe}\n"


def _written(plan: Plan, path: str, yes: bool) -> int:
    from sparkdoctor.fixes.artefacts import artefact
    from sparkdoctor.fixes.refused import Refused

    try:
        text = artefact(plan, os.path.basename(path))
    except Refused as error:
        raise Unusable(f"--write {path}: {error}") from error
    inputs.write_file(path, text, replace=yes)
    print(f"{path} was written.", file=sys.stderr)
    return Exit.OK


def _applied(plan: Plan, patient: Patient, yes: bool, format: str, colour: bool) -> int:
    from sparkdoctor.fixes.apply import apply
    from sparkdoctor.fixes.plan import APPLIED, VERIFIED
    from sparkdoctor.fixes.refused import Refused
    from sparkdoctor.fixes.told import afterwards, doing, outcome
    from sparkdoctor.reports.terminal import Style

    as_text, style = format == "text", Style(colour)
    if as_text:
        output.write(_text_before(plan, style))
    if not plan.steps:
        if not as_text:
            output.write(_json([plan], patient, 0))
        return Exit.OK
    if patient.place is None:
        raise Unusable("there is no environment here to change")
    if not yes and not _consent(plan, as_text, style):
        print("sparkdoctor: nothing was changed", file=sys.stderr)
        return Exit.FINDINGS

    def told(step: Step) -> None:
        if as_text:
            output.write(outcome(step, style, output.width()))

    def begun(step: Step) -> None:
        if sys.stderr.isatty():
            print(doing(step, len(plan.steps)), file=sys.stderr, flush=True)

    try:
        done = apply(plan, patient.place, patient.diagnosis, patient.examined.tool, told, begun=begun)
    except Refused as error:
        raise Unusable(str(error)) from error
    code = Exit.OK if done.state in (APPLIED, VERIFIED) else Exit.FINDINGS
    output.write(afterwards(done, patient.place, output.width()) if as_text else _json([done], patient, code))
    return code


def _text_before(plan: Plan, style: object) -> str:
    from sparkdoctor.fixes.told import plan_text
    from sparkdoctor.reports.terminal import Style

    assert isinstance(style, Style)
    return plan_text(plan, style, output.width()) + "\n"


def _consent(plan: Plan, as_text: bool, style: object) -> bool:
    """Asks on a terminal; without one --apply is consent."""
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    if not as_text:
        print(_text_before(plan, style), file=sys.stderr)
    count = len(plan.steps)
    print(
        f"Carry out {'this step' if count == 1 else f'these {count} steps'}? [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    return sys.stdin.readline().strip().lower() in ("y", "yes")
