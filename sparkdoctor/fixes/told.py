"""Plans for people: what is there and what will be, before they agree; what was done and how to take it back, after."""

from __future__ import annotations

from sparkdoctor.fixes.plan import APPLIED, FAILED, KEPT, ROLLED_BACK, UNDONE, VERIFIED
from sparkdoctor.reports.terminal import Style, paragraph

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparkdoctor.fixes.history import Entry
    from sparkdoctor.fixes.place import Place
    from sparkdoctor.fixes.plan import ManualStep, Plan, Step
    from sparkdoctor.fixes.undo import TakenBack

_WORDS = {
    VERIFIED: "done and verified",
    APPLIED: "done",
    ROLLED_BACK: "rolled back",
    FAILED: "failed",
    UNDONE: "taken back",
    KEPT: "kept",
}


def plan_text(plan: Plan, style: Style, width: int) -> str:
    """What would be done."""
    lines: list[str] = []
    if plan.steps:
        where = f" in {plan.environment}" if plan.environment else ""
        lines += [style.paint("bold", f"To be done by sparkdoctor{where}"), ""]
        for step in plan.steps:
            lines += [*_step(step, style, width), ""]
    if plan.manual:
        lines += [style.paint("bold", "To be done by you"), ""]
        for number, manual in enumerate(plan.manual, len(plan.steps) + 1):
            lines += [*_manual(number, manual, style, width), ""]
    for item in plan.refused:
        lines += paragraph(f"Not planned, {' and '.join(item.rules)}: {item.reason}", width, "")
    if plan.refused:
        lines.append("")
    if not lines:
        lines = ["Nothing to do: no finding has a fix.", ""]
    return "\n".join(lines)


def _step(step: Step, style: Style, width: int) -> list[str]:
    head = f"{step.n}. {_headline(step)}"
    lines = [
        f"{head}{' ' * max(2, width - len(head) - len(_rules(step.rules)))}{style.paint('dim', _rules(step.rules))}"
    ]
    before, after = (step.before or "").splitlines(), step.after.splitlines()
    lines += [style.paint("error", f"   - {line}") for line in before if line not in after]
    lines += [style.paint("ok", f"   + {line}") for line in after if line not in before]
    lines += paragraph(step.effect, width, "   ")
    for note in step.notes:
        lines += paragraph(note, width, "   ")
    return lines


def _headline(step: Step) -> str:
    return {"env": "variables", "arch-flag": "variables", "pin": "packages", "file": "a file", "command": "as root"}[
        step.kind
    ]


def _manual(number: int, step: ManualStep, style: Style, width: int) -> list[str]:
    head = f"{number}. {step.kind}: {step.reason}"
    lines = [
        f"{head}{' ' * max(2, width - len(head) - len(_rules(step.rules)))}{style.paint('dim', _rules(step.rules))}"
    ]
    lines += [f"   {line}" for line in step.text.splitlines()]
    return [*lines, *paragraph(step.effect, width, "   ")]


def _rules(rules: Sequence[str]) -> str:
    return ", ".join(rules)


def doing(step: Step, count: int) -> str:
    """What is under way, for somebody who waits."""
    what = {"pin": "installing packages, which can take minutes", "command": "running a command as root"}
    return f"Step {step.n} of {count}: {what.get(step.kind, 'writing')} …"


def outcome(step: Step, style: Style, width: int) -> str:
    """One line, or a few, for a step that is through."""
    word = _WORDS.get(step.state, step.state)
    colour = "ok" if step.state in (VERIFIED, APPLIED, UNDONE) else "error"
    subject = ", ".join(line for line in step.after.splitlines())
    lines = [f"{step.n}. {style.paint(colour, word)}: {subject}"]
    if step.reason:
        lines += paragraph(step.reason, width, "   ")
    return "\n".join(lines) + "\n"


def history_text(entries: Sequence[Entry], width: int) -> str:
    """The plans of an environment, the newest first."""
    if not entries:
        return "Nothing was applied here yet.\n"
    lines = []
    for entry in reversed(entries):
        lines.append(f"{entry.id}  {entry.at.replace('T', ' ')[:16]} UTC  {entry.state.replace('_', ' ')}")
        for taken in entry.steps:
            step = taken.step
            after = ", ".join(line for line in step.after.splitlines())
            lines += paragraph(f"{_rules(step.rules)}: {after} ({step.state.replace('_', ' ')})", width, "    ")
            if step.reason:
                lines += paragraph(step.reason, width, "      ")
        if entry.damaged:
            lines.append(f"    lines {', '.join(map(str, entry.damaged))} of its journal are damaged")
    return "\n".join(lines) + "\n"


def taken_back(found: TakenBack, style: Style, width: int) -> str:
    """What became of a plan that was taken back."""
    lines = [f"Plan {found.id}: {_WORDS[found.state]}"]
    text = "\n".join(lines) + "\n" + "".join(outcome(step, style, width) for step in found.steps)
    if found.state == KEPT:
        text += f"To put back what was there all the same:  sparkdoctor undo {found.id} --force\n"
    return text


def afterwards(plan: Plan, place: Place, width: int) -> str:
    """After the last step: what its settings reach, what not, and how to take it back."""
    lines = [""]
    done = [step for step in plan.steps if step.state in (VERIFIED, APPLIED)]
    if plan.reason and plan.reason not in [step.reason for step in plan.steps]:
        lines += paragraph(plan.reason, width, "")
    if any(step.kind in ("env", "arch-flag") for step in done):
        lines += _reach(place, width)
    if plan.manual:
        lines.append(f"{len(plan.manual)} of the steps above {'is' if len(plan.manual) == 1 else 'are'} yours to take.")
    if done:
        lines.append(f"To take it back:  sparkdoctor undo {plan.id}{_named(place)}")
    elif plan.id:
        lines.append("Everything is as it was.")
    return "\n".join(lines) + "\n"


def _named(place: Place) -> str:
    from sparkdoctor.fixes.quoting import shell_word

    return f" --python {shell_word(place.prefix)}" if place.environment else ""


def _reach(place: Place, width: int) -> list[str]:
    from sparkdoctor.facts.environment import CONDA
    from sparkdoctor.fixes.quoting import shell_word
    from sparkdoctor.fixes.settings.venv import unreached

    conda = place.environment is not None and place.environment.kind == CONDA
    prefix = shell_word(place.prefix)
    activate = f"conda activate {prefix}" if conda else f"source {shell_word(f'{place.prefix}/bin/activate')}"
    others = [] if conda else unreached(place.prefix)
    missed = ["programs that run already", "services", "notebooks", "containers", "uv run"]
    missed += [f"{shell} (its activate script isn't touched)" for shell in others]
    command = f"sparkdoctor env{_named(place)}"
    leaving = [] if conda else ["A shell keeps them after deactivate, until it is closed."]
    return [
        f"In effect in each shell that activates the environment:  {activate}",
        *leaving,
        *paragraph(f"Not reached: {', '.join(missed)}. For those:", width, ""),
        f'  this shell    eval "$({command})"',
        f"  uv run        {command} --format dotenv > spark.env; uv run --env-file spark.env ...",
        f"  a service     {command} --format systemd    into: sudo systemctl edit UNIT",
        f'  a notebook    {command} --format json       its "set" as "env" of the kernel\'s kernel.json',
        f"  a container   {command} --format dockerfile (or compose, kubernetes)",
    ]
