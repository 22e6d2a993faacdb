"""Whether we may change an environment at all: whose it is, and whether its folder can be written."""

from __future__ import annotations

import os

from sparkdoctor.fixes.refused import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.fixes.place import Place


def allowed(place: Place) -> None:
    """Raises Refused, with the command that works, where the environment isn't ours to change."""
    try:
        status = os.stat(place.prefix)
    except OSError as error:
        raise Refused(f"{place.prefix}: {error.strerror}") from error
    if os.geteuid() == 0 and status.st_uid != 0:
        owner = _name(status.st_uid)
        raise Refused(
            f"{place.prefix} belongs to {owner}, and files made by root in it would get in the way of its owner",
            f"call this as its owner: sudo -u {owner} sparkdoctor fix --apply --python {place.prefix}",
        )
    if os.statvfs(place.prefix).f_flag & os.ST_RDONLY:
        raise Refused(
            f"{place.prefix} lies on a read-only file system",
            "set the variables where the program starts: sparkdoctor env --format dockerfile, compose or systemd",
        )
    if not os.access(place.prefix, os.W_OK | os.X_OK):
        owner = _name(status.st_uid)
        raise Refused(
            f"no right to write in {place.prefix}, which belongs to {owner}",
            f"call this as its owner: sudo -u {owner} sparkdoctor fix --apply --python {place.prefix}",
        )


def _name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"
