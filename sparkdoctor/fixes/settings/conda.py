"""conda's own variables of an environment: `env_vars` in conda-meta/state, which conda sets when it activates it.

After the layout that conda's sources state; names are kept as they are, a value of "***unset***" stands for a variable
that conda no longer sets.
"""

from __future__ import annotations

import json

from sparkdoctor.facts.collectors.settings import CONDA_STATE, CONDA_UNSET, of_conda
from sparkdoctor.fixes import files
from sparkdoctor.fixes.changes import change
from sparkdoctor.fixes.refused import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sparkdoctor.fixes.changes import Change


def current(prefix: str) -> dict[str, str | None]:
    """The variables that conda sets for the environment. Raises Refused or OSError."""
    state = files.look(prefix, CONDA_STATE)
    return {} if state["type"] == "absent" else of_conda(json.dumps(_document(prefix, state)))


def changes(prefix: str, settings: Mapping[str, str | None]) -> list[Change]:
    """The change that makes conda set `settings` (None: no longer). Raises Refused or OSError."""
    before = files.look(prefix, CONDA_STATE)
    document = {} if before["type"] == "absent" else _document(prefix, before)
    variables = dict(document.get("env_vars") or {})
    for name, value in settings.items():
        if value is not None:
            variables[name] = value
        elif name in variables:
            variables[name] = CONDA_UNSET
    text = json.dumps({**document, "env_vars": variables}, ensure_ascii=False)
    return [change(prefix, CONDA_STATE, files.text_state(text, before), before)]


def _document(prefix: str, state: files.State) -> dict[str, Any]:
    if state["type"] == "link":
        raise Refused(f"{prefix}/{CONDA_STATE} is a link; it is not followed")
    try:
        document = json.loads(files.content_of(state))
        of_conda(json.dumps(document))
    except (ValueError, AttributeError) as error:
        raise Refused(f"{prefix}/{CONDA_STATE} is not as conda writes it ({error}); it is left alone") from error
    return dict(document)
