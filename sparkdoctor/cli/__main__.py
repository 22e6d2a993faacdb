"""The entry point: runs a command, and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import os
import sys

from sparkdoctor.cli.exits import Exit, Unusable


def main() -> None:
    """Runs the command of `sys.argv` and ends the process with its exit code."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
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
    """Runs the command; `check` without options goes past the option parser, which costs more than the check."""
    if arguments == ["check"]:
        from sparkdoctor.cli.check import Options, check

        return check(Options())
    from sparkdoctor.cli.app import run

    return run(arguments)


def _report_bug(error: Exception) -> int:
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
