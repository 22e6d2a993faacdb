"""Builds sparkdoctor as a folder and as a single file, for images in which nothing is to be installed.

    .venv/bin/python bundle.py dist

writes `dist/sparkdoctor/` and `dist/sparkdoctor.pyz`. Both need a Python from 3.10 on and nothing else: what
sparkdoctor imports lies inside, as pure Python, with its licences. The same checkout gives the same bytes: versions and
hashes of what is fetched stand in bundle-requirements.txt.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from sparkdoctor.rulebook import compiled, source

PROJECT = Path(__file__).parent
OLDEST = "3.10"
LAUNCHER = """\
#!/usr/bin/env python3
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))

from sparkdoctor.cli.__main__ import main

main()
"""
ENTRY = "from sparkdoctor.cli.__main__ import main\n\nmain()\n"
SHEBANG = b"#!/usr/bin/env python3\n"
DAY = (1980, 1, 1, 0, 0, 0)
"""What every file of the archive is dated."""


def main() -> None:
    """Reads the command line and builds both."""
    parser = argparse.ArgumentParser(prog="python bundle.py", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("target", type=Path, help="folder to write to")
    target: Path = parser.parse_args().target
    with tempfile.TemporaryDirectory() as fetched:
        files = {**own(), **foreign(fetch(Path(fetched)))}
    folder(target / "sparkdoctor", files)
    archive(target / "sparkdoctor.pyz", files)
    print(f"{target / 'sparkdoctor'}\n{target / 'sparkdoctor.pyz'}")


def own() -> dict[str, bytes]:
    """The program's own files by path, with the compiled rulebook and without its tests."""
    package = PROJECT / "sparkdoctor"
    kept = (path for path in package.rglob("*") if path.suffix in (".py", ".json", ".typed"))
    files = {str(path.relative_to(PROJECT)): path.read_bytes() for path in kept}
    book = compiled.documents(source.read(str(PROJECT / "rules")))
    files |= {f"sparkdoctor/_rulebook/{name}": content for name, content in book.items()}
    tables = PROJECT / "rules" / "tables"
    files |= {f"sparkdoctor/_rulebook/tables/{path.name}": path.read_bytes() for path in tables.glob("*.json")}
    files["licenses/sparkdoctor-gb10/LICENSE"] = (PROJECT / "LICENSE").read_bytes()
    return files


def fetch(folder: Path) -> list[Path]:
    """Downloads the wheels that bundle-requirements.txt names, by their hashes. Raises CalledProcessError."""
    pure = ["--only-binary=:all:", "--implementation=py", "--abi=none", "--platform=any", f"--python-version={OLDEST}"]
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps"]
    command = [*pip, *pure, f"--dest={folder}", f"--requirement={PROJECT / 'bundle-requirements.txt'}"]
    subprocess.run(command, check=True)
    return sorted(folder.glob("*.whl"))


def foreign(wheels: list[Path]) -> dict[str, bytes]:
    """The modules of the wheels by path, and their licences with what they say of themselves."""
    files = {}
    for wheel in wheels:
        name = wheel.name.split("-")[0]
        with zipfile.ZipFile(wheel) as opened:
            modules = _modules(opened)
            for path in opened.namelist():
                if path.split("/")[0].removesuffix(".py") in modules and not path.endswith("/"):
                    files[path] = opened.read(path)
                elif ".dist-info/" in path and ("LICENSE" in path.upper() or path.endswith("/METADATA")):
                    files[f"licenses/{name}/{path.rpartition('/')[2]}"] = opened.read(path)
    return files


def _modules(wheel: zipfile.ZipFile) -> set[str]:
    """The importable names of a wheel, but for examples that some leave at the top."""
    tops = {path.split("/")[0].removesuffix(".py") for path in wheel.namelist() if path.endswith(".py")}
    return {top for top in tops if ".dist-info" not in top} - {"example"}


def folder(target: Path, files: dict[str, bytes]) -> None:
    """Writes the folder: the command beside `lib` and `licenses`."""
    for path, content in files.items():
        place = target / (path if path.startswith("licenses/") else f"lib/{path}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    launcher = target / "sparkdoctor"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)


def archive(target: Path, files: dict[str, bytes]) -> None:
    """Writes the single file; uncompressed, since compressors differ."""
    with target.open("wb") as handle:
        handle.write(SHEBANG)
        with zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED) as opened:
            for path, content in sorted({**files, "__main__.py": ENTRY.encode()}.items()):
                entry = zipfile.ZipInfo(path, DAY)
                entry.external_attr = 0o644 << 16
                opened.writestr(entry, content)
    target.chmod(0o755)


if __name__ == "__main__":
    main()
