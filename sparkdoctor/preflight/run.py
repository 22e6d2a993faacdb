"""One pre-flight from beginning to end: examine apart, tell, become the command or say why not."""

from __future__ import annotations

import time

from sparkdoctor.preflight import ending, handover
from sparkdoctor.preflight.apart import apart
from sparkdoctor.preflight.heard import Heard
from sparkdoctor.preflight.lines import entries, rendered
from sparkdoctor.preflight.say import say
from sparkdoctor.preflight.variables import Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from sparkdoctor.preflight.apart import Send
    from sparkdoctor.preflight.settings import Settings

BLOCKED = 78
"""EX_CONFIG of sysexits.h."""


def run(settings: Settings) -> int:
    """Becomes the command of the settings; returns, with an exit code, only where it isn't or can't be started."""
    ending.install()
    environment = handover.environment()
    try:
        obstacles, planned = _examined(settings, environment)
    except Exception as error:  # whatever is wrong with the doctor, the patient lives
        failure = f"pre-flight failed: {type(error).__name__}: {error}"
        say([f"sparkdoctor: {failure}\n"])
        obstacles, planned = [failure] if settings.strict else [], Plan({}, {})
    if obstacles:
        return BLOCKED
    return become(settings.command, planned.applied(environment))


def become(command: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """Replaces this process by the command; where that fails, says so and gives a shell's exit code for it."""
    code, problem = handover.become(command, environment)
    say([f"sparkdoctor: {problem}\n"])
    return code


def _examined(settings: Settings, environment: Mapping[str, str]) -> tuple[list[str], Plan]:
    """Why the command mustn't start, and what becomes of its environment; tells both."""
    started = time.monotonic()
    heard = Heard()

    def work(send: Send) -> None:
        from sparkdoctor.preflight.examine import examine

        examine(settings, environment, send)

    problem = apart(work, settings.budget, heard.take)
    if problem is not None:
        heard.failures.append(f"the examination wasn't finished: {problem}; what was found by then counts")
    planned = heard.plan(settings, environment)
    obstacles = heard.obstacles(settings, planned)
    told = entries(settings, heard, planned, obstacles, time.monotonic() - started)
    say(rendered(told, settings.log_format))
    return obstacles, planned
