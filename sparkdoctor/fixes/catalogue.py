"""The commands that a rule can choose by name. Nothing else is ever run, and a rule can't add one."""

from __future__ import annotations

import os

from sparkdoctor.fixes.refused import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sparkdoctor.machine import Machine

FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where programs are taken from, whatever PATH says: they may run as root."""

_SECONDS = 300.0


class Command:
    """One entry of the catalogue; `text` is what a person would type, `notes` what to know before agreeing.

    `seen` is what `look` found before the command ran, as JSON.
    """

    text: str
    root = True
    notes: tuple[str, ...] = ()

    def look(self, machine: Machine) -> dict[str, Any]:
        """What the command will change, as it stands now."""
        raise NotImplementedError

    def run(self, machine: Machine, seen: Mapping[str, Any]) -> None:
        """Carries it out. Raises Refused where it doesn't work."""
        raise NotImplementedError

    def worked(self, machine: Machine, seen: Mapping[str, Any]) -> bool | None:
        """Whether it is in effect, read back; None where nothing tells."""
        raise NotImplementedError

    def back(self, machine: Machine, seen: Mapping[str, Any]) -> str | None:
        """Takes it back; gives a line where there is nothing that could be taken back. Raises Refused."""
        raise NotImplementedError


class DropPageCache(Command):
    """Lets the kernel forget what it keeps of files, which on a GB10 the GPU's allocations compete with."""

    text = "sync; echo 3 > /proc/sys/vm/drop_caches"
    notes = (
        "There is nothing to take back: the kernel keeps what is read from now on, until its memory is wanted again.",
    )
    control = "/proc/sys/vm/drop_caches"

    def look(self, machine: Machine) -> dict[str, Any]:
        """The kB that the cache holds."""
        return {"cached_kb": _meminfo(machine, "Cached")}

    def run(self, machine: Machine, seen: Mapping[str, Any]) -> None:
        """Writes what is dirty to the disk first, since only clean pages can go."""
        os.sync()
        try:
            handle = os.open(machine.outside(self.control), os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.write(handle, b"3\n")
            finally:
                os.close(handle)
        except OSError as error:
            raise Refused(f"{self.control} can't be written: {error.strerror}") from error

    def worked(self, machine: Machine, seen: Mapping[str, Any]) -> bool | None:
        """Nothing tells: the cache may have been filled again."""
        return None

    def back(self, machine: Machine, seen: Mapping[str, Any]) -> str | None:
        """Nothing to do."""
        return "the page cache was dropped; that needs no taking back"


class SwapOff(Command):
    """Takes every swap device and file out of use until the next boot."""

    text = "swapoff -a"
    notes = (
        "It lasts until the next boot; a # before the line in /etc/fstab makes it last.",
        "It takes as long as moving what is swapped out back into memory.",
    )

    def look(self, machine: Machine) -> dict[str, Any]:
        """What is on, with its priorities."""
        return {"on": _swaps(machine)}

    def run(self, machine: Machine, seen: Mapping[str, Any]) -> None:
        """Off with each that was on."""
        for device, _ in seen["on"]:
            _call(machine, "swapoff", device)

    def worked(self, machine: Machine, seen: Mapping[str, Any]) -> bool | None:
        """Whether none of them is on."""
        return not {device for device, _ in _swaps(machine)} & {device for device, _ in seen["on"]}

    def back(self, machine: Machine, seen: Mapping[str, Any]) -> str | None:
        """On with each that was on and isn't, with the priority that it had."""
        on = {device for device, _ in _swaps(machine)}
        for device, priority in seen["on"]:
            if device not in on:
                _call(machine, "swapon", *(["-p", str(priority)] if priority >= 0 else []), device)
        return None


class MaskSleep(Command):
    """Keeps systemd from suspending the machine."""

    text = "systemctl mask sleep.target suspend.target hibernate.target hybrid-sleep.target"
    targets = ("sleep.target", "suspend.target", "hibernate.target", "hybrid-sleep.target")

    def look(self, machine: Machine) -> dict[str, Any]:
        """Which of the targets aren't masked."""
        return {"unmasked": [target for target in self.targets if not self._masked(machine, target)]}

    def _masked(self, machine: Machine, target: str) -> bool:
        return _answer(machine, "systemctl", "is-enabled", target).strip() == "masked"

    def run(self, machine: Machine, seen: Mapping[str, Any]) -> None:
        """Masks those that aren't."""
        if seen["unmasked"]:
            _call(machine, "systemctl", "mask", *seen["unmasked"])

    def worked(self, machine: Machine, seen: Mapping[str, Any]) -> bool | None:
        """Whether all are masked."""
        return all(self._masked(machine, target) for target in self.targets)

    def back(self, machine: Machine, seen: Mapping[str, Any]) -> str | None:
        """Unmasks those that weren't masked before."""
        if seen["unmasked"]:
            _call(machine, "systemctl", "unmask", *seen["unmasked"])
        return None


CATALOGUE: Mapping[str, Command] = {
    "drop-page-cache": DropPageCache(),
    "swap-off": SwapOff(),
    "mask-sleep": MaskSleep(),
}


def _meminfo(machine: Machine, name: str) -> int | None:
    for line in machine.text("/proc/meminfo").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0])
    return None


def _swaps(machine: Machine) -> list[tuple[str, int]]:
    """The swap devices and files that are on: path and priority (/proc/swaps writes blanks in octal)."""
    rows = [line.split() for line in machine.text("/proc/swaps").splitlines()[1:]]
    return [(row[0].encode().decode("unicode_escape"), int(row[-1])) for row in rows if row]


def _call(machine: Machine, program: str, *arguments: str) -> None:
    answer = machine.run([_path(machine, program), *arguments], seconds=_SECONDS)
    if answer.status != 0:
        said = " ".join(answer.errors.split())[:300] or f"exit status {answer.status}"
        raise Refused(f"{program} {' '.join(arguments)}: {said}")


def _answer(machine: Machine, program: str, *arguments: str) -> str:
    return machine.run([_path(machine, program), *arguments]).output


def _path(machine: Machine, program: str, folders: Sequence[str] | None = None) -> str:
    for folder in FOLDERS if folders is None else folders:
        if machine.executable(f"{folder}/{program}"):
            return f"{folder}/{program}"
    raise Refused(f"{program} isn't on this machine")
