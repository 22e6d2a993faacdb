"""A package index on loopback, of tiny wheels made here."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import sysconfig
import threading
import zipfile
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Wheel:
    """One wheel: `files` are what it brings beside its metadata, `scripts` its entry points, `data` its .data folder.

    `extras` are names that requirements may put in brackets; they bring nothing.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()
    data: Mapping[str, bytes] = field(default_factory=dict)
    extras: tuple[str, ...] = ()
    platform: bool = False

    @property
    def module(self) -> str:
        return re.sub(r"\W", "_", self.name.lower())

    @property
    def tag(self) -> str:
        if not self.platform:
            return "py3-none-any"
        return f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"

    @property
    def filename(self) -> str:
        return f"{self.module}-{self.version}-{self.tag}.whl"


def written(wheel: Wheel, folder: Path) -> Path:
    """Writes the wheel into a folder."""
    info = f"{wheel.module}-{wheel.version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {wheel.name}\nVersion: {wheel.version}\n"
    head += "".join(f"Provides-Extra: {extra}\n" for extra in wheel.extras)
    head += "".join(f"Requires-Dist: {requirement}\n" for requirement in wheel.requires)
    pure = str(not wheel.platform).lower()
    content = dict(wheel.files) or {f"{wheel.module}/__init__.py": f"__version__ = '{wheel.version}'\n".encode()}
    content |= {f"{wheel.module}-{wheel.version}.data/data/{path}": data for path, data in wheel.data.items()}
    content[f"{info}/METADATA"] = head.encode()
    content[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: {pure}\nTag: {wheel.tag}\n".encode()
    )
    if wheel.scripts:
        lines = [f"{script} = {wheel.module}:main" for script in wheel.scripts]
        content[f"{info}/entry_points.txt"] = "\n".join(["[console_scripts]", *lines, ""]).encode()
    record = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in content.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / wheel.filename
    target.write_bytes(buffer.getvalue())
    return target


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


class Index:
    """An index that serves a folder in the simple form: `url` of the main one, `of(name)` of others beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[str] = []
        index = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append(self.path)
                if self.path.endswith(".whl"):
                    index.gate.wait(60)
                super().do_GET()

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def of(self, name: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{name}"

    @property
    def url(self) -> str:
        return self.of("simple")

    def add(self, *wheels: Wheel, name: str = "simple") -> None:
        for wheel in wheels:
            folder = self.folder / name / wheel.module.replace("_", "-")
            written(wheel, folder)
            links = [f'<a href="{path.name}">{path.name}</a><br>' for path in sorted(folder.glob("*.whl"))]
            (folder / "index.html").write_text("<!DOCTYPE html><html><body>" + "".join(links) + "</body></html>")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def environ(index: Index, folder: Path, more_path: Iterable[str] = ()) -> dict[str, str]:
    """Variables by which pip and uv know this index and no other."""
    cache = folder / "uv-cache"
    return {
        "PATH": ":".join([*more_path, os.environ["PATH"]]),
        "HOME": str(folder),
        "PIP_INDEX_URL": index.url,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
        "UV_DEFAULT_INDEX": index.url,
        "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(cache),
        "UV_HTTP_RETRIES": "0",
    }
