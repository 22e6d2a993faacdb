"""`sparkdoctor preflight`: reads its own few options up to `--`, and never looks beyond."""

from __future__ import annotations

import os

from sparkdoctor.preflight import ending
from sparkdoctor.preflight.settings import BUDGET, FAIL_ON, LOG_FORMATS, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

HELP = f"""\
Usage: sparkdoctor preflight [OPTIONS] -- CMD ARGS...

  Examine this container, put safe variables into CMD's environment, and become CMD.
  As an entrypoint: ENTRYPOINT ["sparkdoctor", "preflight", "--"]

Options, each also as a variable (SPARKDOCTOR_BUDGET=1, SPARKDOCTOR_STRICT=1):
  --budget SECONDS      What the examination may take at most (default: {BUDGET:g}).
  --fail-on SEVERITY    Don't start CMD from this on: error, warning, info or never (default).
  --strict              Don't start CMD where the examination itself fails, or can't decide
                        a rule of --fail-on.
  --override NAMES      Variables that may be changed although they are set.
  --ignore RULES        Not these rules: ids or their letters, with commas.
  --python PATH         Environment to examine; default: that of CMD, else the active one.
  --report FILE         Write the full report, as check --format json does.
  --log-format FORMAT   text (default) or json: one object on each line of standard error.
  -h, --help            Show this.

  SPARKDOCTOR_SKIP=1 starts CMD unexamined.

Exit codes: CMD's own once it runs; 2 wrong usage; 78 CMD is not started; 126 and 127 as a shell.
"""

_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


class _Wrong(ValueError):
    """What is wrong with an option or a variable."""


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise _Wrong("write seconds, more than 0 and 3600 at most")
    return seconds


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise _Wrong(f"write one of {', '.join(words)}")
        return text

    return read


def _path(text: str) -> str:
    if not text:
        raise _Wrong("write a path")
    return text


def _switch(text: str) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise _Wrong("write 1 or 0")
    return text.lower() in _YES


_OPTIONS: dict[str, Callable[[str], Any]] = {
    "budget": _seconds,
    "fail_on": _one_of(FAIL_ON),
    "override": _words,
    "ignore": lambda text: tuple(word.upper() for word in _words(text)),
    "python": _path,
    "report": _path,
    "log_format": _one_of(LOG_FORMATS),
}
"""Options with a value: name → how it is read."""
_LISTS = ("override", "ignore")


def preflight(arguments: list[str]) -> int:
    """Becomes the command; returns an exit code where it doesn't."""
    ending.install()
    options, command = _split(arguments)
    if options is None:
        print(HELP, end="")
        return 0
    try:
        stated = _of_options(options)
        if not command:
            raise _Wrong("no command: sparkdoctor preflight [OPTIONS] -- CMD ARGS...")
    except _Wrong as error:
        from sparkdoctor.preflight.say import say

        say([f"sparkdoctor: preflight: {error} (sparkdoctor preflight --help)\n"])
        return 2
    from sparkdoctor.preflight.run import become, run

    if os.environ.get("SPARKDOCTOR_SKIP", "").lower() not in _NO:
        from sparkdoctor.preflight import handover

        return become(command, handover.environment())
    of_variables, complaints = _of_variables(os.environ)
    return run(Settings(command=command, complaints=complaints, **{**of_variables, **stated}))


def _split(arguments: list[str]) -> tuple[list[str] | None, tuple[str, ...]]:
    """What stands before the first `--`, and the command behind it; None where help is asked for."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    options = arguments[:place]
    asked = any(word in ("-h", "--help") for word in options)
    return None if asked else options, tuple(arguments[place + 1 :])


def _of_options(words: list[str]) -> dict[str, Any]:
    """The options as settings. Raises _Wrong."""
    stated: dict[str, Any] = {}
    left = words[::-1]
    while left:
        word = left.pop()
        name, equals, value = word.partition("=")
        key = name[2:].replace("-", "_")
        if word == "--strict":
            stated["strict"] = True
            continue
        if not name.startswith("--") or "_" in name or key not in _OPTIONS:
            raise _Wrong(f"no such option: {name}" if word.startswith("-") else f"put -- before the command: -- {word}")
        if not equals:
            if not left:
                raise _Wrong(f"{name} takes a value")
            value = left.pop()
        read = _read(name, key, value)
        stated[key] = (*stated.get(key, ()), *read) if key in _LISTS else read
    return stated


def _read(name: str, key: str, value: str) -> Any:
    try:
        return _OPTIONS[key](value)
    except _Wrong as error:
        raise _Wrong(f"{name} {value}: {error}") from None


def _of_variables(environment: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The SPARKDOCTOR_* variables as settings, and complaints about those that can't be understood.

    Who deploys an image sets them: a slip is told and costs nobody a start.
    """
    stated: dict[str, Any] = {}
    complaints = []
    readers: dict[str, Callable[[str], Any]] = {**_OPTIONS, "strict": _switch, "rulebook": _path}
    for key, read in readers.items():
        name = f"SPARKDOCTOR_{key.upper()}"
        value = environment.get(name)
        if not value:
            continue
        try:
            stated[key] = read(value)
        except _Wrong as error:
            complaints.append(f"{name}={value}: {error}; left out")
    return stated, tuple(complaints)
