"""What a command is about to start: which engine, with which options and variables, in which container.

One way in for `check --launch`, pre-flight, cases and snapshots: an argument list or a shell text becomes the facts
`launch.*` and the variables that the command sets itself. Nothing is run and no file is read. Never raises: of what
can't be understood the facts are Unknown with the reason.
"""

from __future__ import annotations

from sparkdoctor.facts import schema
from sparkdoctor.facts.launch_line import Line
from sparkdoctor.facts.launch_programs import program_of
from sparkdoctor.facts.launch_wrappers import unwrapped
from sparkdoctor.facts.secret import HIDDEN, is_secret
from sparkdoctor.facts.shell import quoted, unfilled
from sparkdoctor.facts.values import ABSENT, Reading, unknown
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WHERE = "the launch command"

_LONGEST = 1 << 20
_CODE = r"\s*(?:\w+\s*=\s*)?[A-Za-z_][\w.]*\("
_SECRETS = (
    r"((?<![\w-])--?(?:[\w-]*[-_])?(?i:key|token|secret|passw(?:or)?d|passphrase|credentials?|auth)"
    r"(?:=|[ \t]+(?=[^-\s]))"
    r"|\b[A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASS|CRED|AUTH)[A-Z0-9_]*=)"
    r"""(?:'[^']*'|"[^"]*"|[^\s'"])+"""
)
"""A secret variable or option in a text (first group), and its value."""
_TAGS = (
    ("vllm/vllm-openai:v", "pkg.vllm.version"),
    ("lmsysorg/sglang:v", "pkg.sglang.version"),
    ("tensorrt-llm/release:", "pkg.tensorrt_llm.version"),
    ("ollama/ollama:", "program.ollama.version"),
)
"""Images whose tag begins with the version of what they hold."""
_TAKEN_OUT = "(hidden)"
_MODEL_OPTIONS = ("model", "model_path", "hf_repo", "model_url")
_POSITIONAL = ("vllm", "tensorrt_llm", "ollama", "sglang")


class Launch:
    """The facts of one command.

    `facts` are the readings by name of all that was stated; `env` those of the variables that the command sets or
    takes away; `contained` says whether it runs in a container of its own, so that packages and other variables are
    the image's.
    """

    def __init__(self, facts: Mapping[str, Reading], env: Mapping[str, Reading], contained: bool, more: str) -> None:
        self.facts = facts
        self.env = env
        self.contained = contained
        self._more = more

    def read(self, name: str) -> Reading | None:
        """The reading of a fact that the command decides; None for all others."""
        reading = self.facts.get(name)
        if reading is not None:
            return reading
        if name.startswith("env."):
            return self.env.get(name[4:])
        if name.startswith("launch.option.") and self._more:
            return unknown(self._more)
        return Reading(ABSENT, "declared", WHERE) if name.startswith("launch.") else None

    def hides(self, name: str) -> bool:
        """Whether a fact that was found here says nothing of the container in which the command runs."""
        if not self.contained or name == "os.arch":
            return False
        fact = schema.lookup(name)
        return fact is not None and (fact.scope == schema.ENVIRONMENT or name.startswith("env."))

    def instead(self, name: str) -> Reading:
        """What stands for a hidden fact."""
        if name.startswith("env."):
            return Reading(ABSENT, "assumed", "not passed to the container by the launch command")
        return unknown("belongs to the container's image")

    def seen(self, name: str, found: Reading) -> Reading:
        """A reading as it is for the command; what was stated stays, but for variables that the command sets."""
        if found.origin == "declared" and not name.startswith("env."):
            return found
        stated = self.read(name)
        if stated is not None:
            return stated
        return self.instead(name) if found.origin != "declared" and self.hides(name) else found


def of_text(text: str, environ: Mapping[str, str] | None = None) -> Launch:
    """The launch that a shell command states; `environ` are the variables that its shell would fill in."""
    text = text[:_LONGEST]
    unsure = "this is code, no command line" if "(" in text and re.match(_CODE, text) else ""
    return _guarded(_text_without_secrets(text), ["sh", "-c", text], environ or {}, unsure)


def launch_facts(argv: Sequence[str], environ: Mapping[str, str]) -> Launch:
    """The launch of an argument list as `exec` takes it, with the variables that it inherits."""
    words = [word[:_LONGEST] for word in argv]
    return _guarded(quoted(_without_secrets(words)), words, environ)


def _guarded(command: str, words: list[str], environ: Mapping[str, str], unsure: str = "") -> Launch:
    stated: dict[str, Reading] = {}
    try:
        stated["launch.command"] = _said(command)
        line = Line(environ)
        line.unsure = unsure
        words = unwrapped(words, line)
        return _launch(stated, words, line)
    except Exception as error:  # a strange command must never take the report with it
        reason = f"the command could not be read: {type(error).__name__}"
        stated["launch.program"] = stated["launch.model"] = unknown(reason)
        return Launch(stated, {}, False, reason)


def _launch(facts: dict[str, Reading], words: list[str], line: Line) -> Launch:
    program, arguments = program_of(words)
    more = line.unsure
    if program:
        facts["launch.program"] = (
            unknown(f"{program} is filled in by the shell") if unfilled(program) else _said(program)
        )
        options, rest, hint = _options(arguments, program)
        more = more or hint
        for name, value in options.items():
            fact = f"launch.option.{name}"
            if schema.lookup(fact) is not None:
                facts[fact] = _option(fact, value)
        model = _model(program, options, rest)
        if model:
            facts["launch.model"] = _filled(model)
    elif more:
        facts["launch.program"] = unknown(more)
    if line.container:
        for name, value in line.container.items():
            if schema.lookup(f"launch.container.{name}") is not None:
                facts[f"launch.container.{name}"] = _filled(value)
        facts["container.kind"] = _said(line.container["program"])
        if line.image:
            facts["container.image"] = _filled(line.image)
            facts.update(_of_tag(line.image))
    return Launch(facts, _variables(line), bool(line.container), more)


def _options(arguments: list[str], program: str) -> tuple[dict[str, str], Sequence[str], str]:
    """The options of a program by their names, its other words, and why there may be more than is seen."""
    if not arguments:
        return {}, (), ""
    from sparkdoctor.facts import launch_options

    options, rest = launch_options.parse(arguments, program)
    return options, rest, launch_options.opaque(options, rest)


def _of_tag(image: str) -> dict[str, Reading]:
    """The version of the engine that an image of its makers holds, which its tag states: `v0.28.0`, `1.3.0rc13`."""
    for name, fact in _TAGS:
        _, found, tag = image.partition(name)
        version = tag.partition("-")[0].partition(".post")[0]
        parts = version.replace("rc", ".").split(".")
        if found and len(parts) in (3, 4) and all(part.isdecimal() for part in parts):
            return {fact: Reading(version, "estimated", "the image's tag")}
    return {}


def _model(program: str, options: Mapping[str, str], rest: Sequence[str]) -> str:
    for name in _MODEL_OPTIONS:
        if options.get(name, "true") != "true":
            return options[name]
    return rest[0] if rest and program in _POSITIONAL else ""


def _variables(line: Line) -> dict[str, Reading]:
    found = {}
    for name, value in line.env.items():
        if value is None:
            found[name] = Reading(ABSENT, "declared", WHERE)
        else:
            found[name] = _said(HIDDEN) if value and is_secret(name) else _filled(value)
    return found


def _said(value: str | float) -> Reading:
    return Reading(value, "declared", WHERE)


def _filled(value: str) -> Reading:
    return unknown(f"{value} is filled in by the shell") if unfilled(value) else _said(value)


def _option(fact: str, value: str) -> Reading:
    """An option's value as the type that the schema gives it."""
    from sparkdoctor.facts import launch_options

    name = fact[len("launch.option.") :]
    if launch_options.is_secret(name):
        return _said(HIDDEN)
    reading = _filled(value)
    kind = schema.lookup(fact)
    if kind is None or kind.type not in (schema.INT, schema.FLOAT) or not reading.present:
        return reading
    count = launch_options.number(value)
    if count is None:
        return unknown(f"{value} is no number")
    return _said(int(count) if kind.type == schema.INT else count)


def _without_secrets(words: Sequence[str]) -> list[str]:
    """The words with the values of secret options and variables taken out."""
    shown: list[str] = []
    secret = False
    for word in words:
        name, equals, _ = word.partition("=")
        if secret and not word.startswith("-"):
            shown.append(_TAKEN_OUT)
        elif equals and _is_secret(name):
            shown.append(name + equals + _TAKEN_OUT)
        elif " " in word and not word.startswith("{"):
            shown.append(_text_without_secrets(word))
        else:
            shown.append(word)
        secret = not equals and word.startswith("-") and _is_secret(name)
    return shown


def _text_without_secrets(text: str) -> str:
    """A shell text with the values of secret options and variables taken out."""
    if not is_secret(text):
        return text
    return re.sub(_SECRETS, r"\g<1>" + _TAKEN_OUT, text)


def _is_secret(name: str) -> bool:
    """Whether an option or a variable may hold a secret; others (`--model`, `-e`) don't."""
    if name.startswith("-"):
        from sparkdoctor.facts import launch_options

        return launch_options.is_secret(name.strip("-").replace("-", "_").lower())
    return name.isidentifier() and name.isupper() and is_secret(name)
