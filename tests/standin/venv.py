"""Virtual environments with the metadata of distributions and none of their code."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.standin.elf import elf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.standin.root import Root


@dataclass(frozen=True)
class Package:
    """One installed distribution; `direct_url` is its direct_url.json, `files` what it brings beside its metadata."""

    name: str
    version: str
    tags: tuple[str, ...] = ("py3-none-any",)
    requires: tuple[str, ...] = ()
    installer: str = "pip"
    direct_url: dict[str, object] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


def system_python(root: Root, minor: str, arch: str) -> None:
    """The distribution's own Python, with what Debian and its children keep beside it."""
    root.write("/etc/debian_version", "trixie/sid\n")
    root.write(f"/usr/bin/python{minor}", elf(arch), 0o755)
    root.link("/usr/bin/python3", f"python{minor}")
    root.folder(f"/usr/lib/python{minor}")
    root.folder(f"/usr/local/lib/python{minor}/dist-packages")
    for name, version in (("distro", "1.9.0"), ("PyYAML", "6.0.1"), ("setuptools", "68.1.2")):
        install(root, "/usr/lib/python3/dist-packages", Package(name, version))


def environment(
    root: Root, packages: Iterable[Package] = (), path: str = "/opt/venv", python: str = "3.12.3", arch: str = "aarch64"
) -> str:
    """A virtual environment at `path`; gives its site-packages inside the root."""
    minor = ".".join(python.split(".")[:2])
    if not root.at(f"/usr/bin/python{minor}").exists():
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
    """Writes `package` into a site folder, with a RECORD that holds; gives its dist-info folder inside the root."""
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
    content = {f"{folder}/{name}": text.encode() for name, text in files.items()} | dict(package.files)
    record = []
    for name, data in content.items():
        root.write(f"{site}/{name}", data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(data)}\n")
    root.write(f"{site}/{folder}/RECORD", "".join(record) + f"{folder}/RECORD,,\n")
    return f"{site}/{folder}"
