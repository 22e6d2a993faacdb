"""Which GPU a cubin outside of a fat binary is for: an ELF file of machine 190.

The suffix `a` stands in three different ways, by the ABI version; `f` isn't recorded at all. Measured on cubins of CUDA
12.6 to 13.5, tests/binaries holds it against cuobjdump:

- ABI version 7 (CUDA up to 12.9, targets up to sm_90a): number in bits 0 to 7 of the flags, `a` in bit 11, from sm_90
  on only.
- ABI version 8: number in bits 8 to 15, `a` in bit 3 (CUDA 12.8 and 12.9), or as attribute 9 of the section
  `.nv.compat` (CUDA 13).
"""

from __future__ import annotations

from sparkdoctor.binaries import elf
from sparkdoctor.binaries.broken import Broken
from sparkdoctor.binaries.tally import ACCELERATED, CUBIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkdoctor.binaries.elf import Header
    from sparkdoctor.binaries.source import Source
    from sparkdoctor.binaries.tally import Key

_OLD_OS_ABI = 0x33
_COMPAT = 0x70000086
_ACCELERATOR = 9
_LONGEST_COMPAT = 1 << 12


def key(source: Source, head: Header) -> Key:
    """What a cubin counts as. Raises Broken where its sections can't be read."""
    flags = head.flags
    if head.os_abi == _OLD_OS_ABI or head.abi_version < 8:
        number = flags & 0xFF
        accelerated = bool(flags & 0x800) and number >= 90
    else:
        number = flags >> 8 & 0xFF
        accelerated = bool(flags & 0x8) or _compat_says_so(source, head)
    return CUBIN, number, ACCELERATED if accelerated else 0, 0


def _compat_says_so(source: Source, head: Header) -> bool:
    section = next(elf.of_type(source, head, _COMPAT), None)
    if section is None or section.offset >= source.size:
        return False
    content = source.read(section.offset, min(section.size, _LONGEST_COMPAT))
    return _attribute(content, _ACCELERATOR) == 1


def _attribute(content: bytes, wanted: int) -> int | None:
    """The value of an attribute in a list of: u8 form, u8 attribute, u16 value, or length of what follows (form 4)."""
    at = 0
    while at + 4 <= len(content):
        form, attribute = content[at], content[at + 1]
        value = int.from_bytes(content[at + 2 : at + 4], "little")
        if attribute == wanted:
            return value & 0xFF if form == 2 else value
        at += 4 + (value if form == 4 else 0)
    return None


def end(source: Source, head: Header) -> int:
    """The offset after a linked cubin's section headers, of which there are some and which lie within the source.

    Raises Broken where it isn't so.
    """
    after = head.sections_at + 64 * head.sections
    if head.section_size != 64 or not head.sections or head.sections_at < 64 or after > source.size:
        raise Broken(0, "no cubin")
    return after
