"""The fast network: the ports of ConnectX adapters, as the kernel shows them. Addresses are not read."""

from __future__ import annotations

from sparkdoctor.facts.values import Reading, absent, measured, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_INTERFACES = "/sys/class/net"
_ROUTES = "/proc/net/route"
_DRIVER = "mlx5_core"
_MBIT_PER_GBIT = 1000


def ports(exam: Examination) -> dict[str, Reading]:
    """`nic.links` and, of the ConnectX ports with a link, the least `nic.speed_gbps`, `nic.mtu`, `nic.pcie_width`.

    One cable is two links where, as on a Spark, two functions share a port. All are Absent without such an adapter,
    all but `nic.links` without a link. Raises FileNotFoundError where no network is in sight.
    """
    machine = exam.machine
    adapters = _adapters(machine)
    if not adapters:
        return dict.fromkeys(
            ("nic.links", "nic.speed_gbps", "nic.mtu", "nic.pcie_width"), absent(f"{_INTERFACES}, {_DRIVER}")
        )
    up = [name for name in adapters if _word(machine, name, "operstate") == "up"]
    speed = _least(machine, up, "speed")
    if speed.present:
        speed = measured(float(speed.value) / _MBIT_PER_GBIT, str(speed.where))  # type: ignore[arg-type]
    return {
        "nic.links": measured(len(up), f"{_INTERFACES}/*/operstate"),
        "nic.speed_gbps": speed,
        "nic.mtu": _least(machine, up, "mtu"),
        "nic.pcie_width": _least(machine, up, "device/current_link_width"),
    }


def subnets(exam: Examination) -> dict[str, Reading]:
    """`nic.shared_subnet`: whether two ConnectX ports of this machine have addresses in one network (IPv4).

    By the routes that an address brings. Raises OSError where they can't be read.
    """
    machine = exam.machine
    adapters = set(_adapters(machine))
    if not adapters:
        return {"nic.shared_subnet": absent(f"{_INTERFACES}, {_DRIVER}")}
    by_network: dict[tuple[str, str], set[str]] = {}
    for line in machine.text(_ROUTES).splitlines()[1:]:
        words = line.split()
        if len(words) >= 8 and words[0] in adapters and words[2] == "00000000" and words[7] != "00000000":
            by_network.setdefault((words[1], words[7]), set()).add(words[0])
    return {"nic.shared_subnet": measured(any(len(names) > 1 for names in by_network.values()), _ROUTES)}


def _adapters(machine: Machine) -> list[str]:
    """The interfaces that Mellanox's driver serves."""
    return [
        name
        for name in machine.names(_INTERFACES)
        if machine.real(f"{_INTERFACES}/{name}/device/driver").rpartition("/")[2] == _DRIVER
    ]


def _least(machine: Machine, names: Iterable[str], file: str) -> Reading:
    """The least number that the interfaces state, Absent where there is no interface."""
    stated = {name: _word(machine, name, file) for name in names}
    if not stated:
        return absent(f"{_INTERFACES}: no port has a link")
    numbers = {int(word): name for name, word in stated.items() if word.isdigit()}
    if not numbers:
        return unknown(f"{_INTERFACES}/*/{file} states no number")
    least = min(numbers)
    return measured(least, f"{_INTERFACES}/{numbers[least]}/{file}")


def _word(machine: Machine, name: str, file: str) -> str:
    """The text of a file about an interface; empty where the kernel states none (for a port that is down, say)."""
    try:
        return machine.text(f"{_INTERFACES}/{name}/{file}", 64).strip()
    except OSError:
        return ""
