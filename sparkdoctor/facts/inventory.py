"""Everything at once: the snapshot of a source, for `facts`, for `-v` and for other machines to judge."""

from __future__ import annotations

import time

from sparkdoctor.facts import schema
from sparkdoctor.facts.snapshot import Snapshot
from sparkdoctor.facts.values import Reading, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sparkdoctor.facts.collect import Examination

    Read = Callable[[str, "int | None"], Reading]

_PROGRAMS = tuple(f"program.{name}.version" for name in schema.PROGRAMS)
_PACKAGE_FIELDS = ("version", "local", "installed_from", "requires_nvidia")
_SCANNED_FIELDS = ("gpu_code", "ptx_cuda_version")


def take(
    examination: Examination,
    read: Read,
    gpus: int,
    tool: Mapping[str, str],
    asked: Collection[str],
    scan: bool = False,
) -> Snapshot:
    """All facts of the schema, all distributions, all captured variables; `read` gives the readings.

    Captured are the variables with a prefix or name of the schema, and those `asked` for by the rulebook. With `scan`
    the libraries of all distributions are read for their GPU code, too.
    """
    from sparkdoctor.facts.collectors import environ, packages

    distributions = packages.distributions(examination)
    listed = {} if isinstance(distributions, Unknown) else distributions
    variables = environ.variables(examination)
    stated = {} if isinstance(variables, Unknown) else {n: r for n, r in variables.items() if n in asked or captured(n)}
    fields = (*_PACKAGE_FIELDS, *_SCANNED_FIELDS) if scan else _PACKAGE_FIELDS
    return Snapshot(
        facts={name: read(name, None) for name in (*schema.FACTS, *_PROGRAMS) if not schema.per_gpu(name)},
        gpus=_gpus(read, gpus),
        packages={name: {field: read(f"pkg.{name}.{field}", None) for field in fields} for name in listed},
        complete=packages.complete(examination),
        env=stated,
        captured=None if isinstance(variables, Unknown) else [*stated, *schema.CAPTURED_NAMES, *asked],
        taken=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        tool=tool,
    )


def captured(name: str) -> bool:
    """Whether a snapshot keeps a variable of that name."""
    return name in schema.CAPTURED_NAMES or name.startswith(schema.CAPTURED_PREFIXES)


def _gpus(read: Read, gpus: int) -> list[dict[str, Reading]] | None:
    count = read("gpu.count", None)
    if not count.known:
        return None
    if count.value == 0:
        return []
    names = [name for name in schema.FACTS if schema.per_gpu(name)]
    return [{name[4:]: read(name, index) for name in names} for index in range(gpus)]
