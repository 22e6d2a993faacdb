"""Which GPU code a whole package can be said to have.

A package has many libraries, and each of them many kernels; a question such as "does torch run here?" is about what it
can't do without. So:

1. Of libraries made for one CUDA version each (`libbitsandbytes_cuda130.so`) only the one for the CUDA in use counts;
   all, where that isn't known or has none.
2. Where PRINCIPAL names the libraries that a package can't do without, these alone count: NVSHMEM's PTX or the
   linear algebra's code for older GPUs doesn't make torch run, flash-attention for Hopper alone doesn't break vLLM.
   Otherwise all shared libraries, cubins and fat binaries count, static archives never: nothing loads them.
3. A target counts where it occurs at least a twentieth as often as the most frequent target of machine code: 475
   kernels for sm_120 and one for sm_121a aren't code for sm_121a. Libraries whose containers each hold a single
   target (cuBLASLt, cuSPARSELt) have between a fifteenth and all of it for each GPU that they serve.
4. Machine code of relocatable device code doesn't count, since it isn't loaded; its PTX counts as the share of the
   relocatable containers that have it.
"""

from __future__ import annotations

from sparkdoctor.lazy import re
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sparkdoctor.binaries.contents import Code, Contents

PRINCIPAL = {
    "bitsandbytes": r"/libbitsandbytes_cuda\d+[^/]*\.so$",
    "onnxruntime_gpu": r"/libonnxruntime_providers_cuda\.so$",
    "sgl_kernel": r"/common_ops\.[^/]*so$",
    "sglang_kernel": r"/common_ops\.[^/]*so$",
    "tensorflow": r"/libtensorflow_cc\.so",
    "torch": r"/libtorch_cuda(_cu|_cpp)?\.so$",
    "torchcodec": r"/libtorchcodec_[^/]*\.so$",
    "torchvision": r"/torchvision/_C(_stable)?\.[^/]*so$|/torchvision/_C(_stable)?\.so$",
    "transformer_engine_cu12": r"/libtransformer_engine\.so$",
    "transformer_engine_cu13": r"/libtransformer_engine\.so$",
    "vllm": r"/vllm/_(moe_)?C(_stable_libtorch)?\.[^/]*so$",
    "xformers": r"/xformers/_C\.[^/]*so$|/xformers/_C\.so$",
}
"""Package → pattern of the paths of the libraries that it can't do without; each was looked at in released wheels."""

RARE = 20
"""A target that occurs less often than the most frequent one by more than this factor is no code of the package."""

_FLAVOUR = r"_cuda(\d{2,3})(?=[._-])"


class PackageCode(Record):
    """The targets that a package's code is for, and the PTX ISA version that its PTX is written in.

    `isa` is the lowest among the PTX targets, of each the one that most images have; None where there is no PTX.
    `libraries` are the paths that decided.
    """

    targets: tuple[str, ...] = ()
    isa: str | None = None
    libraries: tuple[str, ...] = ()


def package_code(name: str, libraries: Mapping[str, Contents], cuda: str | None) -> PackageCode:
    """The code of a package by what its libraries (path → contents) hold; `cuda` is the version in use ("13.0")."""
    paths = deciding(name, libraries, cuda)
    with_code = tuple(path for path in paths if libraries[path])
    targets, isa = common([libraries[path] for path in with_code])
    return PackageCode(targets, isa, with_code or tuple(paths))


def deciding(name: str, paths: Iterable[str], cuda: str | None) -> list[str]:
    """Those of a package's libraries that say where it runs."""
    loadable = [path for path in paths if not path.endswith((".a", ".lib", ".o"))]
    pattern = PRINCIPAL.get(name)
    principal = [path for path in loadable if re.search(pattern, f"/{path.lstrip('/')}")] if pattern else []
    return _flavour(principal or loadable, cuda)


def common(contents: Sequence[Contents]) -> tuple[tuple[str, ...], str | None]:
    """The targets of some libraries that aren't rare among them, in the order of their numbers, and the PTX ISA."""
    machine_code: dict[str, float] = {}
    ptx: dict[str, float] = {}
    versions: dict[str, dict[str, int]] = {}
    for one in contents:
        for code in (one.code, one.outside_sections):
            _add(machine_code, code.cubins, 1)
            _add(ptx, {target: found["count"] for target, found in code.ptx.items()}, 1)
            _note(versions, code)
        linked = one.relocatable
        if linked.ptx:
            most = max([*linked.cubins.values(), *(found["count"] for found in linked.ptx.values())])
            weight = max(one.code.cubins.values(), default=most) / most
            _add(ptx, {target: found["count"] for target, found in linked.ptx.items()}, weight)
            _note(versions, linked)
    least = max(machine_code.values(), default=0) / RARE
    targets = [target for target, count in (*machine_code.items(), *ptx.items()) if count >= least]
    newest = [version for target in targets if (version := _most_common(versions.get(target, {})))]
    return tuple(sorted(targets, key=_order)), min(newest, key=_numbers, default=None)


def _flavour(paths: list[str], cuda: str | None) -> list[str]:
    """Of libraries for one CUDA version each, those for `cuda`; all of them where none is."""
    if cuda is None or not any(re.search(_FLAVOUR, path) for path in paths):
        return paths
    digits = "".join(cuda.split(".")[:2])
    fitting = [path for path in paths if (match := re.search(_FLAVOUR, path)) and match[1] == digits]
    return fitting or paths


def _add(counts: dict[str, float], more: Mapping[str, int], weight: float) -> None:
    for target, count in more.items():
        counts[target] = counts.get(target, 0) + count * weight


def _note(versions: dict[str, dict[str, int]], code: Code) -> None:
    for target, ptx in code.ptx.items():
        of_target = versions.setdefault(target, {})
        exact = {name.partition("/")[2]: 0 for key in code.containers for name in key if name.startswith(f"{target}/")}
        for key, count in code.containers.items():
            for name in key:
                if name.startswith(f"{target}/"):
                    exact[name.partition("/")[2]] += count
        for version in ptx["isa"]:
            of_target[version] = of_target.get(version, 0) + exact.get(version, 0)


def _most_common(versions: Mapping[str, int]) -> str | None:
    """The version that most images have; the lowest of several that nothing is known of."""
    return max(sorted(versions, key=_numbers), key=lambda version: versions[version], default=None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _order(target: str) -> tuple[str, int, str]:
    kind, _, number = target.partition("_")
    digits = "".join(character for character in number if character.isdigit())
    return "1" if kind == "compute" else "0", int(digits or 0), number
