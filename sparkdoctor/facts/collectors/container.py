"""Whether all this is seen from inside a container, and from which kind."""

from __future__ import annotations

from sparkdoctor.facts.values import Reading, absent, measured, unknown
from sparkdoctor.lazy import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.facts.collect import Examination
    from sparkdoctor.machine import Machine

_CGROUP = "/proc/1/cgroup"
_ENVIRONMENT = "/proc/1/environ"
_MARKS = (("/run/.containerenv", "podman"), ("/.dockerenv", "docker"))
_CGROUP_WORDS = (
    ("kubepods", "kubernetes"),
    ("libpod", "podman"),
    ("/docker", "docker"),
    ("/lxc", "lxc"),
    ("/containerd", "containerd"),
)
_NAMED_BY_PODMAN = r'(?m)^image="([^"]+)"$'
_NVIDIA_IMAGES = (("NVIDIA_VLLM_VERSION", "vllm"), ("NVIDIA_PYTORCH_VERSION", "pytorch"))
"""Variables that NVIDIA's images carry; that for vLLM is made from the one for PyTorch and has both."""
_NO_CONTAINERS = ("", "wsl")
"""Values of the variable `container` under which the whole machine is in sight."""


def kind(exam: Examination) -> dict[str, Reading]:
    """`container.kind`: kubernetes, podman, docker, lxc, another name that its manager gave, or none.

    Raises OSError where nothing says that it is one and /proc/1/cgroup can't be read.
    """
    machine = exam.machine
    in_pod = "KUBERNETES_SERVICE_HOST"
    if machine.live and machine.environ.get(in_pod):
        return {"container.kind": measured("kubernetes", in_pod)}
    first = _environment_of_first(machine)
    if first.get(in_pod):
        return {"container.kind": measured("kubernetes", _ENVIRONMENT)}
    for mark, name in _MARKS:
        if machine.exists(mark):
            return {"container.kind": measured(name, mark)}
    named = first.get("container", "")
    if named not in _NO_CONTAINERS:
        return {"container.kind": measured(named, _ENVIRONMENT)}
    groups = machine.text(_CGROUP)
    name = next((name for word, name in _CGROUP_WORDS if word in groups), "none")
    return {"container.kind": measured(name, _CGROUP)}


def image(exam: Examination) -> dict[str, Reading]:
    """`container.image`: as Podman wrote it down, else NVIDIA's image that this one is or was made from, by its
    variables; Unknown where nothing tells, Absent outside containers.
    """
    kind = exam.read("container.kind")
    if not kind.present:
        return {"container.image": kind}
    if kind.value == "none":
        return {"container.image": absent(str(kind.where))}
    mark = _MARKS[0][0]
    try:
        said = exam.machine.text(mark, 1 << 16)
        named = re.search(_NAMED_BY_PODMAN, said) if "image=" in said else None
    except OSError:
        named = None
    if named:
        return {"container.image": measured(named[1], mark)}
    for variable, name in _NVIDIA_IMAGES:
        version = exam.read(f"env.{variable}")
        if version.present and re.fullmatch(r"[\w.]+", str(version.value)):
            return {"container.image": measured(f"nvcr.io/nvidia/{name}:{version.value}-py3", variable)}
    return {"container.image": unknown("nothing inside this container tells its image")}


def _environment_of_first(machine: Machine) -> dict[str, str]:
    """The environment of the first process, empty where it can't be read (it needs its rights)."""
    try:
        entries = machine.text(_ENVIRONMENT).split("\0")
    except OSError:
        return {}
    return {name: value for name, equals, value in (entry.partition("=") for entry in entries) if equals}
