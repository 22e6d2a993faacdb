"""The entry point: runs a command, and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import gc
import os
import sys

_RARELY = 100_000
"""Objects between two looks at what may go: most commands end before the first, which saves them a tenth."""


def main() -> None:
    """Runs the command of `sys.argv` and ends the process with its exit code."""
    code = _preflight(sys.argv[2:]) if sys.argv[1:2] == ["preflight"] else _run(sys.argv[1:])
    gc.freeze()  # all goes with the process: no last look through it
    sys.exit(code)


def _preflight(arguments: list[str]) -> int:
    """Its own door: it shares nothing with the other commands before its child examines."""
    gc.disable()  # it lives for some milliseconds, and so does its child
    try:
        from sparkdoctor.cli.preflight import preflight

        return preflight(arguments)
    except KeyboardInterrupt:
        return 130


def _run(arguments: list[str]) -> int:
    from sparkdoctor.cli.exits import Exit, Unusable

    try:
        return _dispatch(arguments)
    except Unusable as error:
        print(f"sparkdoctor: {error}", file=sys.stderr)
        return Exit.USAGE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:
        return _report_bug(error)


def _dispatch(arguments: list[str]) -> int:
    """Runs the command; `check` and `scan` without options go past the option parser, which costs more than they do."""
    gc.set_threshold(_RARELY)
    if arguments == ["check"]:
        from sparkdoctor.cli.check import Options, check

        return check(Options())
    if arguments[:1] == ["scan"] and not any(word.startswith("-") for word in arguments):
        from sparkdoctor.cli.scan import Options as Words
        from sparkdoctor.cli.scan import scan

        return scan(Words(arguments[1:]))
    from sparkdoctor.cli.app import run

    return run(arguments)


def _report_bug(error: Exception) -> int:
    from sparkdoctor.cli.exits import Exit
    from sparkdoctor.rulebook.faults import InvalidRulebook

    if isinstance(error, InvalidRulebook):
        print("sparkdoctor: the built-in rulebook doesn't load; please reinstall sparkdoctor-gb10:", file=sys.stderr)
        print(error, file=sys.stderr)
        return Exit.BUG
    if os.environ.get("SPARKDOCTOR_TRACEBACK"):
        raise error
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else "?"
    print(
        f"sparkdoctor: a bug of sparkdoctor itself: {type(error).__name__}: {error} ({place}). "
        "Please report this line to the project's issue tracker; SPARKDOCTOR_TRACEBACK=1 shows where it comes from.",
        file=sys.stderr,
    )
    return Exit.BUG


if __name__ == "__main__":
    main()
