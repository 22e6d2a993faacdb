"""Finds the program that a command really starts: behind shells, `env`, `docker run`, `mpirun` and such."""

from __future__ import annotations

from sparkdoctor.facts.launch_line import Line
from sparkdoctor.facts.launch_programs import CONTAINERS, SHELLS, after_options, base, starts_engine
from sparkdoctor.facts.shell import Script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DEEPEST = 24

_WRAPPERS: dict[str, tuple[str, int]] = {
    "exec": ("-a", 0), "command": ("", 0), "builtin": ("", 0), "nohup": ("", 0), "time": ("-f -o", 0),
    "nice": ("-n --adjustment", 0), "ionice": ("-c -n --class --classdata", 0), "chrt": ("-T -P -D", 1),
    "taskset": ("", 1), "setsid": ("", 0), "stdbuf": ("-i -o -e", 0), "unbuffer": ("", 0),
    "numactl": ("-N -m -i -C -p -P --cpunodebind --membind --interleave --physcpubind --preferred", 0),
    "timeout": ("-s -k --signal --kill-after", 1), "sudo": ("-u -g -h -p -C -r -t -U -D -R -T --user --group", 0),
    "doas": ("-u -C", 0), "gosu": ("", 1), "su-exec": ("", 1), "setpriv": ("", 0), "chroot": ("", 1),
    "tini": ("-p -e", 0), "tini-static": ("-p -e", 0), "docker-init": ("-p -e", 0), "dumb-init": ("-r --rewrite", 0),
    "catatonit": ("", 0), "trtllm-llmapi-launch": ("", 0), "prlimit": ("", 0), "systemd-inhibit": ("", 0),
    "entrypoint.sh": ("", 0), "docker-entrypoint.sh": ("", 0), "nvidia_entrypoint.sh": ("", 0), "xvfb-run": ("", 0),
}  # fmt: skip
"""Name → options that take a value, and how many words stand before the command."""

_UV = (
    "-p --python --with --with-editable --with-requirements --extra --no-extra --group --no-group --only-group -m"
    " --module --directory --project --env-file --index --default-index -i --index-url --extra-index-url -f"
    " --find-links -P --upgrade-package --reinstall-package --refresh-package --link-mode --cache-dir --config-file"
    " --from --package --color --index-strategy --prerelease --resolution --torch-backend"
)
_CONDA = "-n --name -p --prefix --cwd"
_MPI = (
    "-n -np -c -N -H -host --host -hostfile --hostfile -machinefile --machinefile -x -wdir -wd --wdir --map-by"
    " -map-by --bind-to -bind-to --rank-by --npernode -npernode --oversubscribe-level --prefix -prefix "
    "--output-filename --timeout --tag-output-to -genv -env --app -ppn -f -hosts"
)
_SEARCHED = (
    "nsys", "ncu", "strace", "ltrace", "perf", "gdb", "compute-sanitizer", "srun", "systemd-run", "screen", "tmux",
    "script", "py-spy", "accelerate", "valgrind", "heaptrack", "viztracer", "ddtrace-run", "opentelemetry-instrument",
)  # fmt: skip
"""Programs whose own options aren't known: the engine is looked for behind them."""

_KEYWORDS = frozenset(("then", "do", "else", "elif", "if", "while", "until", "!", "{", "}", "time", "$", "coproc"))
_SETTERS = ("export", "declare", "typeset", "readonly", "local")
_PREPARING = frozenset((
    "cd", "pushd", "popd", "set", "unset", "source", ".", "echo", "printf", "sleep", "ulimit", "mkdir", "true", ":",
    "test", "[", "[[", "]", "fi", "done", "esac", "export", "declare", "umask", "trap", "wait", "cat", "tee",
    "alias", "shopt", "chmod", "chown", "ln", "cp", "mv", "rm", "touch", "which", "sync", "read", "eval", "apt",
    "apt-get", "pip", "pip3", "git", "wget", "curl", "hf", "huggingface-cli", "conda", "mamba", "module", "modprobe",
    "sysctl", "ls", "pwd", "date", "nvidia-smi", "for", "case", "in", "kill", "pkill",
))  # fmt: skip
"""What a script does before it starts something, and beside it."""


def unwrapped(words: Sequence[str], line: Line) -> list[str]:
    """The words of the program itself; what is learnt on the way goes into `line`."""
    left = list(words)
    for _ in range(_DEEPEST):
        left = _assigned(left, line)
        if not left:
            return []
        inner = _inner(left, line)
        if inner is None:
            return left
        left = inner
    line.unsure = line.unsure or "too many programs that start each other"
    return left


def assignment(word: str) -> tuple[str, str] | None:
    """The name and value of a word like NAME=VALUE; None for others."""
    name, equals, value = word.partition("=")
    return (name, value) if equals and name.isidentifier() and name.isascii() else None


def _assigned(words: list[str], line: Line) -> list[str]:
    """Takes the assignments before a command."""
    for index, word in enumerate(words):
        stated = assignment(word)
        if not stated:
            return words[index:]
        line.env[stated[0]] = stated[1]
    return []


def _inner(words: list[str], line: Line) -> list[str] | None:
    """What the first program starts; None where it is the program itself."""
    name = base(words[0])
    if name in SHELLS:
        return _of_shell(words, line)
    special = _SPECIAL.get(name)
    if special:
        return special(words, line)
    if name in CONTAINERS:
        from sparkdoctor.facts.launch_containers import of_container

        return of_container(name, words, line)
    if name in _WRAPPERS:
        valued, before = _WRAPPERS[name]
        return words[after_options(words, 1, valued.split()) + before :]
    if name in _SEARCHED:
        start = next((at for at in range(1, len(words)) if starts_engine(words[at:])), None)
        return None if start is None else words[start:]
    return None


def _of_shell(words: list[str], line: Line) -> list[str] | None:
    at = 1
    while at < len(words) and words[at][:1] in ("-", "+") and words[at] != "--":
        if words[at][0] == "-" and words[at][1:].isalpha() and "c" in words[at]:
            rest = words[after_options(words, at + 1, ("-o", "+o", "-O")) :]
            return _of_script(rest[0], rest[2:], line) if rest else []
        valued = words[at] in ("-O", "--rcfile", "--init-file") or (words[at][1:].isalpha() and words[at].endswith("o"))
        at += 2 if valued else 1
    return None


def _of_script(text: str, arguments: Sequence[str], line: Line) -> list[str]:
    """The command of a script that starts an engine, else its first that isn't mere preparation."""
    values = line.known()
    script = Script(text, values)
    chosen: list[str] = []
    best = -1
    chosen_env: dict[str, str | None] = {}
    exported: dict[str, str | None] = {}
    for command in script:
        left = [word for part in command for word in (arguments if part in ("$@", "$*") else (part,))]
        while left and left[0] in _KEYWORDS:
            left = left[1:]
        if not left:
            continue
        if base(left[0]) in _SETTERS:
            _export(left[1:], values, exported)
            continue
        if base(left[0]) == "unset":
            for name in left[1:]:
                values.pop(name, None)
                exported[name] = None
            continue
        own = dict(stated for word in left if (stated := assignment(word)))
        if len(own) == len(left):
            values.update(own)
            exported.update((name, value) for name, value in own.items() if name in line.environ)
            continue
        rank = _rank(left, line)
        if rank > best:
            chosen, best, chosen_env = left, rank, dict(exported)
    line.env.update(chosen_env)
    if script.broken:
        line.unsure = "a quote or bracket of the command isn't closed"
    return chosen


def _export(words: Sequence[str], values: dict[str, str], exported: dict[str, str | None]) -> None:
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            values[name] = value
        if name in values and not name.startswith("-"):
            exported[name] = values[name]


def _rank(words: list[str], line: Line) -> int:
    """How much a command of a script looks like what the script is for: an engine, anything, mere preparation."""
    scratch = Line(line.known())
    left = unwrapped(words, scratch) if base(words[0]) not in _PREPARING else []
    if left and starts_engine(left):
        return 2
    return 0 if base(words[0]) in _PREPARING else 1


def _of_env(words: list[str], line: Line) -> list[str]:
    at = 1
    while at < len(words) and words[at].startswith("-"):
        word = words[at]
        at += 1
        if word == "--":
            break
        if word in ("-i", "-", "--ignore-environment"):
            line.env.update((name, None) for name in line.environ if name not in line.env)
        elif word in ("-u", "--unset", "-C", "--chdir") and at < len(words):
            if word in ("-u", "--unset"):
                line.env[words[at]] = None
            at += 1
        elif word.startswith("--unset="):
            line.env[word[8:]] = None
        elif word in ("-S", "--split-string") and at < len(words):
            split = next(iter(Script(words[at], line.known())), [])
            return [*split, *words[at + 1 :]]
    return words[at:]


def _of_uv(words: list[str], line: Line) -> list[str] | None:
    tool = base(words[0]) == "uvx"
    at = 1 if tool else after_options(words, 1, _UV.split())
    if not tool:
        if words[at : at + 2] == ["tool", "run"]:
            at += 2
        elif words[at : at + 1] == ["run"]:
            at += 1
        else:
            return None
    start = after_options(words, at, _UV.split())
    for option, value in zip(words[at:start], words[at + 1 : start], strict=False):
        if option in ("-m", "--module"):
            return ["python", "-m", value, *words[start:]]
    return words[start:]


def _of_conda(words: list[str], line: Line) -> list[str] | None:
    if words[1:2] != ["run"]:
        return None
    return words[after_options(words, 2, _CONDA.split()) :]


def _of_runner(words: list[str], line: Line) -> list[str] | None:
    """`poetry run` and its like."""
    return words[after_options(words, 2, ("-e", "--environment", "-C", "-p")) :] if words[1:2] == ["run"] else None


def _of_mpi(words: list[str], line: Line) -> list[str]:
    if ":" in words:
        words = words[: words.index(":")]
    at = 1
    valued = _MPI.split()
    while at < len(words) and words[at].startswith("-"):
        word = words[at]
        if word in ("-x", "-genv", "-env") and at + 1 < len(words):
            stated = assignment(words[at + 1])
            if stated:
                line.env[stated[0]] = stated[1]
        at += 3 if word in ("--mca", "-mca", "--gmca", "--prtemca", "-genv", "-env") else 2 if word in valued else 1
    return words[at:]


_SPECIAL: dict[str, Callable[[list[str], Line], list[str] | None]] = {
    "env": _of_env,
    "uv": _of_uv,
    "uvx": _of_uv,
    "conda": _of_conda,
    "mamba": _of_conda,
    "micromamba": _of_conda,
    "poetry": _of_runner,
    "pixi": _of_runner,
    "pdm": _of_runner,
    "hatch": _of_runner,
    "mpirun": _of_mpi,
    "mpiexec": _of_mpi,
    "prun": _of_mpi,
}
