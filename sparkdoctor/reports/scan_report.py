"""What `scan` found, as its formats show it."""

from __future__ import annotations

from sparkdoctor.binaries.compatibility import NONE, runs
from sparkdoctor.binaries.package_code import deciding, package_code
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sparkdoctor.binaries.scan import Scanned
    from sparkdoctor.binaries.verdict import Verdict
    from sparkdoctor.diagnosis.model import Target
    from sparkdoctor.facts.privacy import Redactor


class Judged(Record):
    """One file: what was found, and the verdict where there is a GPU to judge for and a file that could be read."""

    scanned: Scanned
    verdict: Verdict | None = None

    @property
    def key(self) -> str:
        """A path of its own, which ends with the file's name in its package; members of a wheel share the wheel's."""
        return f"{self.scanned.library.path}/{self.scanned.library.shown}"

    @property
    def fault(self) -> str | None:
        """Why the answer isn't whole: it can't be read, is broken, or is no library at all."""
        contents = self.scanned.contents
        if contents is None:
            return self.scanned.unreadable
        return contents.error

    @property
    def holds_code(self) -> bool:
        """Whether any GPU code was found in it."""
        return bool(self.scanned.contents)

    @property
    def fails(self) -> bool:
        """Whether it holds GPU code of which nothing runs on the GPU asked about."""
        return self.holds_code and self.verdict is not None and self.verdict.runs == NONE


class Group(Record):
    """What belongs together: the libraries of a package, a folder, a wheel or a file.

    `name` is what to call it, `package` the normalised name of a distribution, `remark` what is to be told instead of
    libraries.
    """

    name: str
    files: Sequence[Judged] = ()
    package: str | None = None
    remark: str | None = None

    @property
    def with_code(self) -> list[Judged]:
        """The files that hold GPU code, the largest first."""
        return sorted((one for one in self.files if one.holds_code), key=lambda one: -one.scanned.size)

    def targets(self, cuda: str | None) -> tuple[str, ...]:
        """What the group's code as a whole is for (binaries/package_code.py)."""
        known = {one.key: one.scanned.contents for one in self.files if one.scanned.contents is not None}
        return package_code(self.package or "", known, cuda).targets

    def as_a_whole(self, capability: str, cuda: str | None) -> str:
        """How the package runs by the libraries that it can't do without."""
        return runs(self.targets(cuda), capability)

    def undecided(self, cuda: str | None) -> bool:
        """Whether one of the libraries that decide is broken or couldn't be read."""
        faulty = {one.key for one in self.files if one.fault}
        return not faulty.isdisjoint(deciding(self.package or "", [one.key for one in self.files], cuda))


class ScanReport(Record):
    """All of it.

    `capability` is that of the GPU judged for, `asked` says in words which GPU that is, or why there is none; `cuda` is
    what the packages' CUDA flavour is chosen by; `named` whether the groups were asked for one by one.
    """

    groups: Sequence[Group]
    targets: Sequence[Target]
    capability: str | None
    asked: str
    driver_cuda: str | None
    cuda: str | None
    redactor: Redactor
    tool: Mapping[str, str]
    exit_code: int = 0
    verbosity: int = 0
    width: int = 100
    colour: bool = False
    notes: Sequence[str] = ()
    named: bool = False

    @property
    def files(self) -> list[Judged]:
        """All files of all groups."""
        return [one for group in self.groups for one in group.files]
