"""Variables that choose which code runs: libraries, modules, plug-ins, compilers and their flags, folders of those.

Only the built-in rulebook may change them: whoever may set one of them runs what he likes as whoever reads it.
"""

from __future__ import annotations

from sparkdoctor.lazy import re

_NAMES = (
    r"(LD|DYLD|PYTHON|PIP|UV|CONDA|MAMBA|GIT|SSH|PERL5?|RUBY|NODE|JAVA|JDK|BASH|ZDOTDIR|FPATH|XDG|NIX|GCONV|MALLOC)(_.*)?"
    r"|PYTHON.*|PERL.*|RUBY.*|(BASH|ENV|IFS|PS[0-4]|PATH|HOME|SHELL|EDITOR|VISUAL|PAGER|TERM|USER|TMPDIR|PROMPT_COMMAND)"
    r"|.*(PATH|PRELOAD|PLUGINS?|_HOME|_LIB|_LIBRARY|_LIBRARIES|_DIR|_ROOT|_OPTIONS|_OPTS|_ARGS|_FLAGS|_INJECTION.*)"
    r"|(C|CXX|CPP|LD|AS|NVCC|CUDA|HIP)?FLAGS|CC|CXX|CPP|LD|AS|AR|NVCC|CUDACXX|CUDAHOSTCXX|.*_(COMPILER|COMMAND|EXECUTABLE)"
)


def loads_code(name: str) -> bool:
    """Whether the variable of that name changes which code programs load or run."""
    return re.fullmatch(_NAMES, name.upper()) is not None
