"""What `docker run`, `podman exec` and their like start, in which image, with which variables."""

from __future__ import annotations

from sparkdoctor.facts.launch_programs import SHELLS, after_options, base, is_python, starts_engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.launch_line import Line

_NO_VALUE = frozenset((
    "d", "detach", "i", "interactive", "t", "tty", "rm", "init", "privileged", "P", "publish_all", "read_only",
    "no_healthcheck", "oom_kill_disable", "sig_proxy", "disable_content_trust", "q", "quiet", "help", "replace",
    "rmi", "env_host", "http_proxy", "no_hosts", "all_tags", "T", "no_TTY", "no_deps", "build", "service_ports",
    "use_aliases", "quiet_pull", "remove_orphans",
))  # fmt: skip
"""Options of `docker run` and its like that take no value."""
_SHORT = {
    "e": "env", "v": "volume", "p": "publish", "m": "memory", "u": "user", "w": "workdir", "h": "hostname",
    "l": "label", "a": "attach", "c": "cpu_shares", "net": "network", "d": "detach", "P": "publish_all",
}  # fmt: skip
_UNKEPT = frozenset(("env", "label", "name", "hostname", "user", "publish", "add_host", "env_file", "cidfile", "ip"))
"""Options of a container that say nothing of what runs in it, or are private."""

_IMAGE_PROGRAMS = (
    ("vllm/vllm-openai", ("vllm", "serve")),
    ("llama.cpp:server", ("llama-server",)),
    ("llama.cpp:light", ("llama-cli",)),
    ("ollama/ollama", ("ollama",)),
)
"""What an image starts with the words behind its name."""


def of_container(name: str, words: list[str], line: Line) -> list[str] | None:
    """What runs in the container that `docker run`, `exec` or `compose run` starts; None for other commands of it."""
    at = after_options(words, 1, ("--context", "-c", "-H", "--host", "-l", "--log-level", "--config"))
    service = False
    if words[at : at + 1] == ["container"]:
        at += 1
    elif words[at : at + 1] == ["compose"]:
        service = True
        at = after_options(words, at + 1, ("-f", "--file", "-p", "--project-name", "--profile", "--env-file"))
    verb = words[at] if at < len(words) else ""
    if verb not in ("run", "create", "exec"):
        return None
    options: dict[str, str] = {}
    variables: list[str] = []
    at = _container_options(words, at + 1, options, variables)
    outside = line.known()
    line.env = {}
    line.environ = {}
    for stated in variables:
        variable, equals, value = stated.partition("=")
        if equals:
            line.env[variable] = value
        elif variable in outside:
            line.env[variable] = outside[variable]
    if "env_file" in options:
        line.unsure = "--env-file may state it"
    line.container = {key: value for key, value in options.items() if key not in _UNKEPT and len(key) > 1}
    line.container["program"] = name
    named = words[at] if at < len(words) else ""
    command = words[at + 1 :]
    if verb == "exec" or service:
        return command
    line.image = named
    return _entered(named, options.get("entrypoint"), command)


def _container_options(words: list[str], at: int, options: dict[str, str], variables: list[str]) -> int:
    """Reads options up to the image's name and returns where that is; the last of a kind joins those before."""
    while at < len(words) and words[at].startswith("-") and words[at] != "--":
        word = words[at]
        at += 1
        name, equals, value = word.lstrip("-").partition("=")
        name = name.replace("-", "_")
        if not word.startswith("--") and name not in _SHORT and name not in _NO_VALUE:
            name, value, equals = _cluster(word)
        name = _SHORT.get(name, name)
        if name in _NO_VALUE:
            value = value or "true"
        elif not equals and at < len(words):
            value = words[at]
            at += 1
        if name in ("env", "environment"):
            variables.append(value)
        elif name in options and name not in _NO_VALUE:
            options[name] += " " + value
        else:
            options[name] = value
    return at + 1 if words[at : at + 1] == ["--"] else at


def _cluster(word: str) -> tuple[str, str, str]:
    """Short options written together: `-it`, `-itp 80:80`, `-p80:80`, `-eA=B`."""
    letters = word[1:]
    for index, letter in enumerate(letters):
        if letter not in _NO_VALUE:
            value = letters[index + 1 :].removeprefix("=")
            return letter, value, "=" if value else ""
    return letters[-1:], "", ""


def _entered(image: str, entrypoint: str | None, command: list[str]) -> list[str]:
    """The words that the container runs: its entrypoint, where that is known, and those of the command."""
    if entrypoint is not None:
        return [*([entrypoint] if entrypoint else []), *command]
    if command and (base(command[0]) in SHELLS or starts_engine(command) or is_python(base(command[0]))):
        return command
    for part, program in _IMAGE_PROGRAMS:
        if part in image:
            return [*program, *(command or (["serve"] if program == ("ollama",) else []))]
    return command
