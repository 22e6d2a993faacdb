"""Variables as other files and programs take them: shells, Dockerfile, Compose, Kubernetes, systemd, dotenv, JSON."""

from __future__ import annotations

import json

from sparkdoctor.fixes import quoting
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.fixes.settings import blocks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    Settings: TypeAlias = Mapping[str, "str | None"]


def _sh(settings: Settings) -> str:
    return blocks.posix(settings)


def _fish(settings: Settings) -> str:
    return blocks.fish(settings)


def _dockerfile(settings: Settings) -> str:
    """ENV with its values in double quotes; Docker expands $ in them, and has no way to write a line end."""
    lines = []
    for name, value in _set(settings).items():
        if "\n" in value or "\r" in value:
            raise Refused(f"{name} holds a line end, which ENV of a Dockerfile can't say", "set it in an entrypoint")
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
        lines.append(f'ENV {name}="{quoted}"')
    lines += [f"# {name} must not be set: take out the line that sets it" for name in _unset(settings)]
    return _text(lines)


def _compose(settings: Settings) -> str:
    """The part of a service; Compose expands $, which is written twice."""
    lines = [f"{name}: {_yaml(value.replace('$', '$$'))}" for name, value in _set(settings).items()]
    lines += [f"# {name} must not be set: take it out" for name in _unset(settings)]
    return "environment:\n" + _text([f"  {line}" for line in lines]) if lines else ""


def _kubernetes(settings: Settings) -> str:
    """The part of a container; Kubernetes expands $(NAME), and takes $$ for one $."""
    lines = []
    for name, value in _set(settings).items():
        lines += [f"  - name: {name}", f"    value: {_yaml(value.replace('$', '$$'))}"]
    lines += [f"  # {name} must not be set: take it out" for name in _unset(settings)]
    return "env:\n" + _text(lines) if lines else ""


def _systemd(settings: Settings) -> str:
    """The part of a drop-in (systemctl edit); C escapes in double quotes, % written twice (systemd.exec(5))."""
    lines = []
    for name, value in _set(settings).items():
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
        quoted = quoted.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
        lines.append(f'Environment="{name}={quoted}"')
    lines += [f"UnsetEnvironment={name}" for name in _unset(settings)]
    return "[Service]\n" + _text(lines) if lines else ""


def _dotenv(settings: Settings) -> str:
    """In the form that all programs read alike: they differ in escapes, in what they expand, and in bare words.

    Plain where that is enough (`docker run --env-file` takes quotes literally), else in single quotes, in which nothing
    has a meaning; with a single quote or a backslash in double quotes, in which $ would have one.
    """
    lines = []
    for name, value in _set(settings).items():
        in_single = "'" not in value and "\\" not in value
        if "${" in value or ("$" in value and not in_single):
            raise Refused(
                f"{name} holds a $ that programs read differently from .env files", "use --format sh or systemd"
            )
        doubled = value.replace("\\", "\\\\").replace('"', '\\"')
        quoted = f"'{value}'" if in_single else f'"{doubled}"'
        lines.append(f"{name}={value if quoting.plain(value) else quoted}")
    lines += [f"# {name} must not be set: take it out" for name in _unset(settings)]
    return _text(lines)


def _json(settings: Settings) -> str:
    return json.dumps({"set": _set(settings), "unset": _unset(settings)}, indent=2, ensure_ascii=False) + "\n"


FORMATS: Mapping[str, Callable[[Settings], str]] = {
    "sh": _sh,
    "fish": _fish,
    "dockerfile": _dockerfile,
    "compose": _compose,
    "kubernetes": _kubernetes,
    "systemd": _systemd,
    "dotenv": _dotenv,
    "json": _json,
}


def exported(settings: Settings, format: str) -> str:
    """The variables in one of FORMATS; nothing for none. Raises Refused where the format can't say a value."""
    return FORMATS[format](settings)


def _set(settings: Settings) -> dict[str, str]:
    return {name: value for name, value in settings.items() if value is not None}


def _unset(settings: Settings) -> list[str]:
    return [name for name, value in settings.items() if value is None]


def _yaml(value: str) -> str:
    """A JSON text is one of YAML's double-quoted scalars."""
    return json.dumps(value)


def _text(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)
