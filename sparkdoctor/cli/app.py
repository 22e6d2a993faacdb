"""The Typer application: commands by name, each imported when it is called."""

from __future__ import annotations

import errno
import sys
from importlib import import_module

import typer
from typer.core import TyperGroup

from sparkdoctor.cli.exits import Exit, Unusable
from sparkdoctor.cli.output import discard, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

COMMANDS = {
    "check": "Examine this machine and say what is wrong, why, and what makes it right.",
    "fix": "Show the plan that makes it right; --apply carries it out.",
    "undo": "Take an applied plan back, to the byte.",
    "history": "List what was applied to an environment, and where it stands.",
    "env": "Print the planned variables for a shell, a Dockerfile, Compose, Kubernetes, systemd, dotenv or JSON.",
    "preflight": "Container entrypoint: examine, put safe variables in place, become the command.",
    "facts": "Print the facts themselves: what check judges, and what --facts of other commands reads.",
    "scan": "Read from libraries which GPU code they hold, and say whether it runs on this GPU.",
    "explain": "Tell a rule in full: why, evidence, sources, fixes.",
    "rules": "The rulebook: list its rules, run their tests, say what is wrong with them.",
}
"""Every command and its line in --help; the module of the same name holds the function."""
_MODULES = {"check": "check_command", "scan": "scan_command"}
"""Where the function lies elsewhere: `check` and `scan` run without Typer, too."""


class _LazyGroup(TyperGroup):
    """Knows its commands by name; imports one only when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"sparkdoctor.cli.{_MODULES.get(cmd_name, cmd_name)}")
        function = getattr(module, cmd_name)
        if isinstance(function, typer.Typer):  # a command with commands of its own
            function.info.help = COMMANDS[cmd_name]
            return typer.main.get_command(function)
        command = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
        command.command(cmd_name, help=COMMANDS[cmd_name])(function)
        return typer.main.get_command(command)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = typer.Typer(
    cls=_LazyGroup,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What is wrong with this NVIDIA machine's software, why, and what makes it right.",
)


def _version(asked: bool) -> None:
    if not asked:
        return
    from sparkdoctor import __version__
    from sparkdoctor.rulebook.load import load

    python = ".".join(map(str, sys.version_info[:3]))
    write(f"sparkdoctor {__version__} · rulebook {load().version} · Python {python}\n")
    raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", help="Print the versions of program, rulebook and Python.", is_eager=True, callback=_version
    ),
) -> None:
    pass


def run(arguments: list[str]) -> int:
    """Runs a command line and returns its exit code; errors of usage are told in one line."""
    from typer.exceptions import TyperException

    command = typer.main.get_command(app)
    try:
        code = command.main(arguments, prog_name="sparkdoctor", standalone_mode=False)
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # no command was named: the help itself
            print(error.format_message(), file=sys.stderr)
            return Exit.USAGE
        print(f"sparkdoctor: {error.format_message()} (sparkdoctor --help)", file=sys.stderr)
        return Exit.USAGE
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        discard()
        raise Unusable(f"standard output can't be written: {error.strerror}") from error
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        discard()
        return Exit.OK
    return code if isinstance(code, int) else Exit.OK
