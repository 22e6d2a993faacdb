"""What an installation did to an environment, told by what was put aside before it; and the way back."""

from __future__ import annotations

import json
import os
import shutil
import stat
from contextlib import suppress

from sparkdoctor.fixes.packages import aside
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from sparkdoctor.fixes.place import Place

_FILE = "difference.json"
_CACHE = "__pycache__"
_SUFFIX = ".sparkdoctor-new"
_FOLDER, _NAMED, _LINK = "folder", "file", "link"


class Bounds(Record):
    """Where an installation is looked for: the folders that were put aside, and the names in the prefix before."""

    roots: Sequence[str]
    top: Sequence[str]
    folder: Mapping[str, Any]


class Difference(Record):
    """Paths below the prefix; no link is followed.

    `made`: files that weren't there. `made_folders` the same, outer ones first. `lost`: files that were there and are
    gone, or others now; they lie aside. `folders`: what each folder was in which something changed: mode, owner, time,
    the names in it. `after`: how the files of `made` and `lost` stood afterwards (None: not there).
    """

    made: Sequence[str]
    made_folders: Sequence[str]
    lost: Sequence[str]
    folders: Mapping[str, Mapping[str, Any]]
    after: Mapping[str, Sequence[Any] | None]


def bounds(place: Place) -> Bounds:
    """The bounds as they are before an installation. Raises Refused or OSError."""
    names = _names(place.prefix)
    return Bounds(aside.roots(place), sorted(names), {**_of(os.lstat(place.prefix)), "names": sorted(names)})


def saved(place: Place, plan: str) -> Difference | None:
    """The difference that `save` wrote; None where it never came to that. Raises OSError."""
    try:
        with open(os.path.join(place.aside(plan), _FILE), "rb") as handle:
            return Difference(**json.loads(handle.read()))
    except FileNotFoundError:
        return None


def save(place: Place, plan: str, difference: Difference) -> None:
    """Writes a difference beside what was put aside, whole or not at all, and lets go of what wasn't touched."""
    path = os.path.join(place.aside(plan), _FILE)
    with open(path + _SUFFIX, "wb") as handle:
        handle.write(json.dumps(difference.__dict__, separators=(",", ":")).encode())
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(path + _SUFFIX, path)
    needed = set(difference.lost)
    kept = os.path.join(place.aside(plan), aside.FILES)
    for folder, _, names in os.walk(kept, topdown=False):
        inside = os.path.relpath(folder, kept)
        for name in names:
            if os.path.normpath(os.path.join(inside, name)) not in needed:
                os.unlink(os.path.join(folder, name))
        if folder != kept:
            with suppress(OSError):
                os.rmdir(folder)


def found(place: Place, plan: str, within: Bounds) -> Difference:
    """The difference between what lies aside, all of it, and what is there now. Raises OSError."""
    made: list[str] = []
    made_folders: list[str] = []
    lost: list[str] = []
    folders: dict[str, Mapping[str, Any]] = {}
    kept = os.path.join(place.aside(plan), aside.FILES)

    def appeared(path: str, kind: str) -> None:
        if kind != _FOLDER:
            made.append(path)
            return
        made_folders.append(path)
        for name, inner in sorted(_names(os.path.join(place.prefix, path)).items()):
            appeared(f"{path}/{name}", inner)

    def walk(path: str) -> None:
        before, now = _names(os.path.join(kept, path)), _names(os.path.join(place.prefix, path))
        for name in sorted({*before, *now}):
            inner, was, here = f"{path}/{name}", before.get(name), now.get(name)
            if here is not None and here != was:
                appeared(inner, here)
            if was == _FOLDER:
                walk(inner)
            elif was is not None and not (
                here == was and same(os.path.join(kept, inner), os.path.join(place.prefix, inner))
            ):
                lost.append(inner)
        was_folder = _of(os.lstat(os.path.join(kept, path)))
        if was_folder != _status(os.path.join(place.prefix, path)):
            folders[path] = {**was_folder, "names": sorted(before)}

    for root in within.roots:
        walk(root)
    for name, kind in sorted(_names(place.prefix).items()):
        if name not in within.top:
            appeared(name, kind)
    if _of(os.lstat(place.prefix)) != {name: value for name, value in within.folder.items() if name != "names"}:
        folders[""] = within.folder
    after = {path: _signature(os.path.join(place.prefix, path)) for path in (*made, *lost)}
    return Difference(made, made_folders, lost, folders, after)


def changed_since(place: Place, plan: str, difference: Difference) -> list[str]:
    """The files that are neither as the installation left them nor as they were before it."""
    kept = os.path.join(place.aside(plan), aside.FILES)
    lost = set(difference.lost)
    return [
        path
        for path, after in difference.after.items()
        if _CACHE not in path.split("/")
        and (now := _signature(os.path.join(place.prefix, path))) != (None if after is None else list(after))
        and not (same(os.path.join(kept, path), os.path.join(place.prefix, path)) if path in lost else now is None)
    ]


def restore(place: Place, plan: str, difference: Difference) -> list[str]:
    """Brings back what was there; gives a line for each folder that somebody else put something into. Raises OSError.

    Idempotent: what lies aside stays there until it is dropped.
    """
    kept = os.path.join(place.aside(plan), aside.FILES)
    lost = set(difference.lost)
    for path in difference.made:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(os.path.join(place.prefix, path))
    staying = [path for path in reversed(difference.made_folders) if not _emptied(os.path.join(place.prefix, path))]
    for path in sorted(difference.folders):
        folder = os.path.join(place.prefix, path)
        if not os.path.lexists(folder):
            os.mkdir(folder, 0o700)
    for path in lost:
        source, target = os.path.join(kept, path), os.path.join(place.prefix, path)
        if not same(source, target):
            with suppress(FileNotFoundError):
                os.unlink(target + _SUFFIX)
            aside.link(source, target + _SUFFIX)
            os.replace(target + _SUFFIX, target)
    for path, was in difference.folders.items():
        _as_before(os.path.join(place.prefix, path), was)
    return [f"{place.prefix}/{path}: somebody else's files are in it" for path in _outermost(staying)]


def same(kept: str, path: str) -> bool:
    """Whether a file is the one that was put aside, or, where that is a copy, like it in all that counts."""
    try:
        one, other = os.lstat(kept), os.lstat(path)
        if (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino):
            return True
        if stat.S_IFMT(one.st_mode) != stat.S_IFMT(other.st_mode) or one.st_mtime_ns != other.st_mtime_ns:
            return False
        if stat.S_ISLNK(one.st_mode):
            return os.readlink(kept) == os.readlink(path)
        if (one.st_size, one.st_mode, one.st_uid, one.st_gid) != (
            other.st_size,
            other.st_mode,
            other.st_uid,
            other.st_gid,
        ):
            return False
        with open(kept, "rb") as first, open(path, "rb") as second:
            return first.read() == second.read()
    except OSError:
        return False


def _emptied(folder: str) -> bool:
    """Takes a folder away that has nothing in it but what Python compiled; whether it is gone."""
    shutil.rmtree(os.path.join(folder, _CACHE), ignore_errors=True)
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _as_before(folder: str, was: Mapping[str, Any]) -> None:
    """Mode and owner of a folder, and its time, unless something is in it that wasn't."""
    if os.geteuid() == 0:
        os.chown(folder, was["uid"], was["gid"])
    os.chmod(folder, was["mode"])
    if {*_names(folder)} - {_CACHE} == {*was["names"]} - {_CACHE}:
        os.utime(folder, ns=(os.lstat(folder).st_atime_ns, was["mtime_ns"]))


def _outermost(paths: Iterable[str]) -> list[str]:
    found: list[str] = []
    for path in sorted(paths):
        if not any(path.startswith(f"{other}/") for other in found):
            found.append(path)
    return found


def _names(folder: str) -> dict[str, str]:
    """What a folder holds, by name, and what each is; pipes, sockets and our own folder left out."""
    found = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name in aside.OURS:
                    continue
                if entry.is_symlink():
                    found[entry.name] = _LINK
                elif entry.is_dir(follow_symlinks=False):
                    found[entry.name] = _FOLDER
                elif entry.is_file(follow_symlinks=False):
                    found[entry.name] = _NAMED
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return found


def _of(status: os.stat_result) -> dict[str, Any]:
    return {
        "mode": stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "mtime_ns": status.st_mtime_ns,
    }


def _status(folder: str) -> dict[str, Any] | None:
    try:
        return _of(os.lstat(folder))
    except OSError:
        return None


def _signature(path: str) -> list[Any] | None:
    """What tells whether somebody changed a file: size, time and mode, or what a link says."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return [_LINK, os.readlink(path)]
    except OSError:
        return None
    return [stat.S_IFMT(status.st_mode), status.st_size, status.st_mtime_ns, stat.S_IMODE(status.st_mode)]
