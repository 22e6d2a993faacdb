"""Private things planted in every file of a machine that is read, each place with marks of its own."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from sparkdoctor.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests import standin

USER, HOST = "zoeuser", "zoehost-17"
SERIAL = "SNZOE4711"
KNOWN_EVERYWHERE = (USER, HOST, SERIAL)


class Marks:
    """What must never be seen again: by mark, the place where it was planted."""

    def __init__(self) -> None:
        self.places: dict[str, str] = dict.fromkeys(KNOWN_EVERYWHERE, "everywhere")
        self._count = 0

    def text(self, place: str) -> str:
        """A free text with one private thing of every kind, all of them this place's own."""
        self._count += 1
        n = self._count
        marks = {
            "home": f"zoe{n}q",
            "uuid": f"{n:08x}-dead-4bad-8bad-feedfacecafe",
            "mac": f"02:de:ad:be:{n >> 8:02x}:{n & 255:02x}",
            "ip": f"10.77.{100 + n // 100}.{100 + n % 100}",
            "ipv6": f"fd00::77:{4096 + n:x}",
            "token": f"hf_zoe{n}abcdefghijkl",
            "password": f"hunter{n}q",
            "query": f"sig{n}q",
            "mail": f"mail{n}q@example.com",
        }
        self.places |= {mark: f"{kind} in {place}" for kind, mark in marks.items()}
        return (
            f"/home/{marks['home']}/x for {USER} on {HOST} id {marks['uuid']} at {marks['mac']} {marks['ip']} "
            f"{marks['ipv6']} {marks['token']} https://u:{marks['password']}@h.example.com/p?s={marks['query']} "
            f"{marks['mail']}"
        )

    def home(self, place: str) -> str:
        """A home of this place's own."""
        self._count += 1
        mark = f"zoe{self._count}q"
        self.places[mark] = f"home in {place}"
        return f"/home/{mark}"

    def seen_in(self, output: str) -> list[str]:
        """The places whose marks an output shows."""
        return [f"{mark} ({place})" for mark, place in self.places.items() if mark in output]


@contextmanager
def watched() -> Iterator[set[str]]:
    """Notes the paths of all files that are read of any machine meanwhile."""
    paths: set[str] = set()
    original: Callable[..., int] = Machine._open

    def opened(self: Machine, path: str) -> int:
        handle = original(self, path)
        paths.add(path)
        return handle

    with patch.object(Machine, "_open", opened):
        yield paths


def plant(root: standin.Root, path: str, marks: Marks) -> bool:
    """Puts private things into a file as its format allows; False where a text has no place in it."""
    file = root.at(_real(root, path))
    try:
        text = file.read_text()
    except (UnicodeDecodeError, OSError):
        return False
    if "\0" in text.strip("\0") and not path.endswith("environ"):
        return False
    private = marks.text(path)
    if path.endswith(".json"):
        content = json.loads(text)
        content["private"] = {"note": private}
        file.write_text(json.dumps(content))
    elif path.endswith("environ"):
        file.write_text(f"{text}VLLM_NOTE={private}\0HF_TOKEN={private}\0NCCL_NOTE={private}\0")
    elif path.endswith(("cmdline",)):
        file.write_text(f"{text.rstrip()} note='{private}'\n")
    elif text.count("\n") <= 1:
        file.write_text(f"{text.rstrip()} {private}\n")
    else:
        file.write_text(f"{text.rstrip()}\n# {private}\nNote: {private}\n")
    return True


def _real(root: standin.Root, path: str) -> str:
    return Machine(str(root.path)).real(path)


def handmade(root: standin.Root, marks: Marks) -> None:
    """What wants its own form: users, names, the variables that reports show, a stray home in a path file."""
    home = marks.home("/etc/passwd")
    root.write("/etc/passwd", f"root:x:0:0::/root:/bin/sh\n{USER}:x:1000:1000:Zoe:/srv/{home[6:]}:/bin/sh\n")
    root.write("/etc/hostname", f"{HOST}\n")
    root.write("/proc/sys/kernel/hostname", f"{HOST}\n")
    for name in ("product_serial", "board_serial", "chassis_serial", "product_uuid", "chassis_asset_tag"):
        root.write(f"/sys/class/dmi/id/{name}", f"{SERIAL}\n")
    root.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    root.write("/run/.containerenv", f'engine="podman"\nimage="{_image(marks)}"\nname="{HOST}"\n')
    variables: dict[str, Any] = {
        "USER": USER,
        "HOME": f"/srv/{home[6:]}",
        "HOSTNAME": HOST,
        "VIRTUAL_ENV": "/opt/venv",
        "PATH": f"/opt/venv/bin:{marks.home('PATH')}/bin:/usr/bin",
        "LD_LIBRARY_PATH": f"{marks.home('LD_LIBRARY_PATH')}/cuda/lib64:/srv/{home[6:]}/lib",
        "CUDA_HOME": f"{marks.home('CUDA_HOME')}/cuda",
        "TRITON_PTXAS_PATH": f"{marks.home('TRITON_PTXAS_PATH')}/ptxas",
        "TRITON_PTXAS_BLACKWELL_PATH": f"{marks.home('TRITON_PTXAS_BLACKWELL_PATH')}/ptxas",
        "VLLM_HOST_IP": "10.77.255.254",
        "VLLM_API_KEY": "sk-zoeapikey0123456789",
        "NCCL_SOCKET_IFNAME": f"={HOST}",
        "PIP_INDEX_URL": "https://zoepip:zoepass@h.example.com/simple?key=zoequery",
        "TORCH_CUDA_ARCH_LIST": "12.1f",
    }
    marks.places |= {
        "10.77.255.254": "VLLM_HOST_IP",
        "zoeapikey": "VLLM_API_KEY",
        "zoepip": "PIP_INDEX_URL",
        "zoepass": "PIP_INDEX_URL",
        "zoequery": "PIP_INDEX_URL",
        "0123456789abcdef0123456789abcdef": "/etc/machine-id",
    }
    root.write("/proc/1/environ", "".join(f"{name}={value}\0" for name, value in variables.items()))


def _image(marks: Marks) -> str:
    marks.places["zoeregistry"] = "the image's registry password"
    return f"https://{USER}:zoeregistry@10.77.254.1:5000/{USER}/vllm:0.28"
