"""One file of an environment: how it stands, and the step from one state to another, whole or not at all.

Paths are relative to the environment's folder. No link on the way is ever followed, so that nothing outside is reached,
whoever changes the folders meanwhile.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import stat
from contextlib import contextmanager, suppress

from sparkdoctor.fixes.refused import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    State: TypeAlias = "dict[str, Any]"

LARGEST = 4 << 20
"""Bytes of a file that is replaced; larger ones are refused, since the journal keeps what was there."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SUFFIX = ".sparkdoctor-new"


def text_state(text: str, like: State | None = None) -> State:
    """A file with that text; mode and owner as those of `like`."""
    return content_state(text.encode("utf-8", "surrogateescape"), like)


def content_state(content: bytes, like: State | None = None) -> State:
    """A file with that content; mode and owner as those of `like`, else 0644 and ours."""
    found: State = {"type": "file", "sha256": hashlib.sha256(content).hexdigest()}
    try:
        found["text"] = content.decode("utf-8")
    except UnicodeDecodeError:
        found["base64"] = base64.b64encode(content).decode("ascii")
    kept = like if like is not None and like["type"] == "file" else {"mode": 0o644}
    return found | {key: kept[key] for key in ("mode", "uid", "gid") if key in kept}


def link_state(target: str) -> State:
    """A symbolic link that says `target`."""
    return {"type": "link", "target": target}


ABSENT: State = {"type": "absent"}


def content_of(state: State) -> bytes:
    """The content that a state of a file holds."""
    if "text" in state:
        return str(state["text"]).encode()
    return base64.b64decode(state["base64"])


def same(one: State, other: State) -> bool:
    """Whether two states are alike: type, content, mode, target; times don't count."""
    keys = {"file": ("sha256", "mode"), "link": ("target",), "absent": ()}[one["type"]]
    return one["type"] == other["type"] and all(one.get(key) == other.get(key) for key in keys)


def checked(path: str) -> list[str]:
    """The parts of a relative path. Raises Refused where it could lead out of the environment."""
    parts = path.split("/")
    if not path or "\0" in path or path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise Refused(f"{path!r} is no path inside the environment")
    return parts


@contextmanager
def folder_of(prefix: str, path: str) -> Iterator[tuple[int, str]]:
    """An open folder and the name in it that `path` stands for; no link is followed. Raises Refused or OSError."""
    *folders, name = checked(path)
    handle = os.open(prefix, _FOLDER)
    try:
        for folder in folders:
            try:
                inner = os.open(folder, _FOLDER, dir_fd=handle)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise Refused(f"{prefix}/{path}: {folder} is a link or no folder; it is not followed") from error
                raise
            os.close(handle)
            handle = inner
        yield handle, name
    finally:
        os.close(handle)


def look(prefix: str, path: str) -> State:
    """How a file stands now. Raises Refused where it is neither a file, a link nor absent, or too large; OSError."""
    with folder_of(prefix, path) as (folder, name):
        return _look(folder, name, f"{prefix}/{path}")


def _look(folder: int, name: str, shown: str) -> State:
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return ABSENT
    owner = {"uid": status.st_uid, "gid": status.st_gid, "mtime_ns": status.st_mtime_ns}
    if stat.S_ISLNK(status.st_mode):
        return link_state(os.readlink(name, dir_fd=folder)) | owner
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{shown} is no regular file")
    if status.st_size > LARGEST:
        raise Refused(f"{shown} is larger than {LARGEST >> 20} MiB")
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with open(handle, "rb") as file:
        content = file.read(LARGEST + 1)
    return content_state(content) | {"mode": stat.S_IMODE(status.st_mode)} | owner


def folder_time(prefix: str, path: str) -> int:
    """When the folder of a file changed last, in ns."""
    with folder_of(prefix, path) as (folder, _):
        return os.fstat(folder).st_mtime_ns


def set_folder_time(prefix: str, path: str, mtime_ns: int) -> None:
    """Gives the folder of a file back its time."""
    with folder_of(prefix, path) as (folder, _):
        os.utime(folder, ns=(os.fstat(folder).st_atime_ns, mtime_ns))


def put(prefix: str, path: str, state: State) -> None:
    """Brings a file into a state, whole or not at all, and onto the disk. Raises Refused or OSError."""
    with folder_of(prefix, path) as (folder, name):
        new = name + _SUFFIX
        _remove(folder, new)
        try:
            if state["type"] == "absent":
                _remove(folder, name)
            else:
                _write(folder, new, state)
                os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            _remove(folder, new)
            raise
        os.fsync(folder)


def swept(prefix: str, path: str) -> None:
    """Takes away what a run that was killed left half written beside a file."""
    with folder_of(prefix, path) as (folder, name):
        _remove(folder, name + _SUFFIX)


def _remove(folder: int, name: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _write(folder: int, name: str, state: State) -> None:
    uid, gid = state.get("uid", -1), state.get("gid", -1)
    if state["type"] == "link":
        os.symlink(state["target"], name, dir_fd=folder)
        if (uid, gid) != (-1, -1) and os.geteuid() == 0:
            os.chown(name, uid, gid, dir_fd=folder, follow_symlinks=False)
    else:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(name, flags, 0o600, dir_fd=folder)
        with open(handle, "wb") as file:
            file.write(content_of(state))
            file.flush()
            if (uid, gid) != (-1, -1) and os.geteuid() == 0:
                os.fchown(handle, uid, gid)
            os.fchmod(handle, state["mode"])
            os.fsync(handle)
    if "mtime_ns" in state:
        os.utime(name, ns=(state["mtime_ns"], state["mtime_ns"]), dir_fd=folder, follow_symlinks=False)
