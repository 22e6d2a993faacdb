"""What an installation could touch, put aside before it: by hard links, which takes no time and no space.

Files that somebody might write into in place (scripts, metadata, .pth) are copied, so that no link is ever written
through: pip and uv replace a file by a new one.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import suppress

from sparkdoctor.facts.environment import SYSTEM
from sparkdoctor.fixes.refused import Refused
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.fixes.place import Place

FILES = "files"
"""The folder below a plan's own that holds what is put aside, at the paths that it had."""

OURS = (".sparkdoctor",)
_SCHEMES = ("bin", "etc", "include", "lib", "lib64", "man", "share")
"""Folders of an environment that wheels put things into (the installation schemes of sysconfig)."""

_COPIED = (".dist-info", ".egg-info")
_COPIED_SIZE = 1 << 16
_NO_LINK = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES)


class Kept(Record):
    """How much was put aside: files, and bytes of those that had to be copied."""

    files: int
    copied: int


def roots(place: Place) -> list[str]:
    """The folders below the prefix that an installation writes into; links and what isn't there are left out.

    Raises Refused where packages lie outside of the prefix.
    """
    environment = place.environment
    assert environment is not None
    found = [name for name in _SCHEMES if _folder(f"{place.prefix}/{name}")]
    if environment.kind != SYSTEM:
        return found
    sites = [os.path.relpath(os.path.realpath(site), place.prefix) for site in environment.sites]
    inside = [site for site in sites if not site.startswith("..") and _folder(f"{place.prefix}/{site}")]
    if not inside:
        raise Refused(f"the packages of {place.prefix} lie outside of it", "make a virtual environment of your own")
    return [name for name in found if name not in ("lib", "lib64")] + inside


def of_step(plan: str, n: int) -> str:
    """What the functions here call a plan: one of its steps, which has a folder of its own below the plan's."""
    return f"{plan}/{n}"


def put(place: Place, plan: str) -> Kept:
    """Puts aside what could be touched. Raises Refused or OSError; then nothing is left of it."""
    target = _at(place, plan)
    try:
        os.makedirs(target, 0o700)
        kept = [_put(os.path.join(place.prefix, root), os.path.join(target, root)) for root in roots(place)]
        _onto_the_disk(target)
    except BaseException:
        drop(place, plan)
        raise
    return Kept(sum(item.files for item in kept), sum(item.copied for item in kept))


def whole(place: Place, plan: str, files: int) -> bool:
    """Whether everything still lies there that was put aside, `files` of it."""
    return sum(len(names) for _, _, names in os.walk(_at(place, plan))) + _links(_at(place, plan)) == files


def there(place: Place, plan: str) -> bool:
    """Whether anything lies aside for a plan."""
    return os.path.isdir(_at(place, plan))


def drop(place: Place, plan: str) -> None:
    """Removes all that a plan put aside: out of sight at once, so that a part of it is never taken for all of it."""
    with suppress(OSError):
        os.rename(_at(place, plan), os.path.join(place.aside(plan), "dropped"))
    if not there(place, plan):
        shutil.rmtree(place.aside(plan), ignore_errors=True)
        with suppress(OSError):
            os.rmdir(os.path.dirname(place.aside(plan)))


def _at(place: Place, plan: str) -> str:
    return os.path.join(place.aside(plan), FILES)


def _links(folder: str) -> int:
    """Links to folders, which os.walk counts as folders."""
    return sum(os.path.islink(os.path.join(path, name)) for path, folders, _ in os.walk(folder) for name in folders)


def _folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _put(source: str, target: str) -> Kept:
    """One folder with all that it holds; its links are links, nothing is followed."""
    os.makedirs(target)
    files = copied = 0
    by_copy = source.endswith(_COPIED) or os.path.basename(source) == "bin"
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.name in OURS:
                continue
            there = f"{target}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                inner = _put(entry.path, there)
                files, copied = files + inner.files, copied + inner.copied
                continue
            files += 1
            if entry.is_symlink():
                _copied_link(entry.path, there)
            elif not entry.is_file(follow_symlinks=False):
                files -= 1
            elif (by_copy or entry.name.endswith(".pth")) and entry.stat(follow_symlinks=False).st_size <= _COPIED_SIZE:
                copied += copy(entry.path, there)
            else:
                copied += link(entry.path, there)
    _like(source, target)
    return Kept(files, copied)


def link(source: str, target: str) -> int:
    """A second name for a file; a copy where that can't be. Gives the bytes copied."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        return copy(source, target)
    return 0


def copy(source: str, target: str) -> int:
    """A copy of a file or a link with mode, owner and time. Gives the bytes copied."""
    status = os.lstat(source)
    if stat.S_ISLNK(status.st_mode):
        _copied_link(source, target)
        return 0
    shutil.copyfile(source, target, follow_symlinks=False)
    _like(source, target)
    return status.st_size


def _copied_link(source: str, target: str) -> None:
    status = os.lstat(source)
    os.symlink(os.readlink(source), target)
    if os.geteuid() == 0:
        os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)


def _like(source: str, target: str) -> None:
    status = os.lstat(source)
    if os.geteuid() == 0:
        os.chown(target, status.st_uid, status.st_gid)
    os.chmod(target, stat.S_IMODE(status.st_mode))
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _onto_the_disk(folder: str) -> None:
    """Waits until the file system of a folder has written all that it holds (syncfs(2))."""
    import ctypes

    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
        if sync is None or sync(handle) != 0:
            os.sync()
    finally:
        os.close(handle)
