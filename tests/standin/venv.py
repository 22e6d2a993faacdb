"""Virtual environments with the metadata of distributions and none of their code."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.standin.elf import elf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.standin.root import Root


@dataclass(frozen=True)
class Package:
    """One installed distribution; `direct_url` is the content of its direct_url.json."""

    name: str
    version: str
    tags: tuple[str, ...] = ("py3-none-any",)
    requires: tuple[str, ...] = ()
    installer: str = "pip"
    direct_url: dict[str, object] | None = None


def environment(
    root: Root, packages: Iterable[Package] = (), path: str = "/opt/venv", python: str = "3.12.3", arch: str = "aarch64"
) -> str:
    """A virtual environment at `path`; gives its site-packages inside the root."""
    minor = ".".join(python.split(".")[:2])
    root.write(f"/usr/bin/python{minor}", elf(arch), 0o755)
    settings = {
        "home": "/usr/bin",
        "include-system-site-packages": "false",
        "version": python,
        "executable": f"/usr/bin/python{minor}",
    }
    root.write(f"{path}/pyvenv.cfg", "".join(f"{name} = {value}\n" for name, value in settings.items()))
    root.link(f"{path}/bin/python", f"/usr/bin/python{minor}")
    root.link(f"{path}/bin/python3", "python")
    site = f"{path}/lib/python{minor}/site-packages"
    root.folder(site)
    for package in packages:
        install(root, site, package)
    return site


def install(root: Root, site: str, package: Package) -> str:
    """Writes the dist-info folder of `package` with a RECORD that holds; gives the folder inside the root."""
    folder = f"{package.name.replace('-', '_')}-{package.version}.dist-info"
    headers = [f"Metadata-Version: 2.1\nName: {package.name}\nVersion: {package.version}\n"]
    headers += [f"Requires-Dist: {requirement}\n" for requirement in package.requires]
    pure = str(package.tags[0].endswith("-none-any")).lower()
    wheel = f"Wheel-Version: 1.0\nGenerator: standin\nRoot-Is-Purelib: {pure}\n"
    files = {
        "METADATA": "".join(headers) + "\nA stand-in.\n",
        "WHEEL": wheel + "".join(f"Tag: {tag}\n" for tag in package.tags),
        "INSTALLER": f"{package.installer}\n",
    }
    if package.direct_url is not None:
        files["direct_url.json"] = json.dumps(package.direct_url)
    record = []
    for name, content in files.items():
        root.write(f"{site}/{folder}/{name}", content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        record.append(f"{folder}/{name},sha256={digest},{len(content.encode())}\n")
    root.write(f"{site}/{folder}/RECORD", "".join(record) + f"{folder}/RECORD,,\n")
    return f"{site}/{folder}"
