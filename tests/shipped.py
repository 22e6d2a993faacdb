"""The program as a wheel ships it, with the rulebook compiled: what processes of the tests start from.

Reading the rulebook's TOML files takes ten times as long as a check; tests/test_distribution.py and
tests/rulebook/test_load.py hold that both say the same.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from sparkdoctor.rulebook import compiled, source

PROJECT = Path(__file__).parents[1]


@lru_cache(maxsize=1)
def program() -> Path:
    """The script that runs it, in a folder made once in a process of tests."""
    folder = Path(tempfile.mkdtemp(prefix="shipped-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(PROJECT / "sparkdoctor", folder / "sparkdoctor")
    shutil.copytree(PROJECT / "rules", folder / "sparkdoctor" / "_rulebook")
    for name, content in compiled.documents(source.read(str(PROJECT / "rules"))).items():
        (folder / "sparkdoctor" / "_rulebook" / name).write_bytes(content)
    script = folder / "run.py"
    script.write_text("from sparkdoctor.cli.__main__ import main\n\nmain()\n")
    folder.chmod(0o755)
    return script
