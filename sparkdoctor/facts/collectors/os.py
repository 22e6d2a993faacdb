"""The operating system: its name and version, its architecture, and the release of DGX OS."""

from __future__ import annotations

import os
import re

from sparkdoctor.facts.values import Reading, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_RELEASE_FILES = ("/etc/os-release", "/usr/lib/os-release")
_OLDER_RELEASE_FILES = ("fedora-release", "centos-release", "redhat-release", "SuSE-release")
_NAMES = ("os.id", "os.version", "os.name")
_DGX_RELEASE = "/etc/dgx-release"

_PROGRAMS = (
    "/bin/sh",
    "/usr/bin/env",
    "/bin/busybox",
    "/sbin/init",
    "/lib/ld-linux-aarch64.so.1",
    "/lib64/ld-linux-x86-64.so.2",
)
"""Files of an image that state which machine they run on."""

_ELF_MACHINES = {62: "x86_64", 183: "aarch64"}
"""e_machine of the ELF header → the name that uname uses."""

_ASSIGNMENT = re.compile(r"""^[ \t]*([A-Z0-9_]+)=(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|(\S*))[ \t]*$""", re.MULTILINE)
_ESCAPED = re.compile(r'\\([\\"$`])')


def release(exam: Examination) -> dict[str, Reading]:
    """`os.id`, `os.version`, `os.name` (with its version) of the distribution; Absent where it states none."""
    machine = exam.machine
    for where in _RELEASE_FILES:
        try:
            said = dict(_assignments(machine.text(where)))
        except FileNotFoundError:
            continue
        return {
            "os.id": _stated(said.get("ID"), where),
            "os.version": _number(said.get("VERSION_ID"), where),
            "os.name": _stated(said.get("PRETTY_NAME") or said.get("NAME"), where),
        }
    return _older_release(machine)


def architecture(exam: Examination) -> dict[str, Reading]:
    """`os.arch` as uname -m says it; of another root from the header of one of its programs."""
    if exam.machine.live:
        return {"os.arch": measured(os.uname().machine, "uname")}
    for program in _PROGRAMS:
        try:
            header = exam.machine.read(program, 20)
        except OSError:
            continue
        if header[:4] == b"\x7fELF" and len(header) == 20:
            number = int.from_bytes(header[18:20], "big" if header[5] == 2 else "little")
            if number in _ELF_MACHINES:
                return {"os.arch": measured(_ELF_MACHINES[number], program)}
            return {"os.arch": unknown(f"{program} is for an ELF machine without a name here: {number}")}
    return {"os.arch": unknown("no program in this root tells its architecture")}


def dgx(exam: Examination) -> dict[str, Reading]:
    """`dgx_os.name` and `dgx_os.version`: of the last update that was applied, else of the factory's image.

    Absent where the file isn't there or doesn't name a DGX.
    """
    try:
        said = dict(_assignments(exam.machine.text(_DGX_RELEASE)))
    except FileNotFoundError:
        said = {}
    name = said.get("DGX_NAME")
    if not name:
        return {"dgx_os.name": absent(_DGX_RELEASE), "dgx_os.version": absent(_DGX_RELEASE)}
    version = said.get("DGX_OTA_VERSION") or said.get("DGX_SWBUILD_VERSION")
    return {"dgx_os.name": measured(name, _DGX_RELEASE), "dgx_os.version": _number(version, _DGX_RELEASE)}


def _assignments(text: str) -> list[tuple[str, str]]:
    """The assignments of a file that a shell could read, quotes and escapes resolved; of several the last counts."""
    return [
        (name, _ESCAPED.sub(r"\1", double) if double else single or bare)
        for name, double, single, bare in _ASSIGNMENT.findall(text)
    ]


def _stated(value: str | None, where: str) -> Reading:
    return measured(value, where) if value else absent(where)


def _number(value: str | None, where: str) -> Reading:
    if value and not re.match(r"v?[0-9]", value):
        return unknown(f"{where}: {value!r} is no version")
    return _stated(value, where)


def _older_release(machine: Machine) -> dict[str, Reading]:
    """Distributions from before os-release have a file such as redhat-release, which `distro` knows to read."""
    present = machine.names("/etc")
    found = next((f"/etc/{name}" for name in _OLDER_RELEASE_FILES if name in present), None)
    if found is None:
        return dict.fromkeys(_NAMES, absent(_RELEASE_FILES[0]))
    machine.read(found, 1)  # raises OSError for what `distro` would pass over in silence
    import distro

    read = distro.LinuxDistribution(
        include_lsb=False,
        include_uname=False,
        include_oslevel=False,
        os_release_file=machine.outside(_RELEASE_FILES[0]),
        distro_release_file=machine.outside(found),
    )
    try:
        said = read.id(), read.version(), read.name(pretty=True)
    except UnicodeDecodeError:
        return dict.fromkeys(_NAMES, unknown(f"{found} is no text"))
    return dict(zip(_NAMES, (_stated(said[0], found), _number(said[1], found), _stated(said[2], found)), strict=True))
