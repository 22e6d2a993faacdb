"""What private things look like in free text: addresses, identifiers, credentials, names of machines.

Each look has words of which one must be in the text, so many times, before its pattern is tried: most texts hold none,
and Python's module for patterns costs more to load than all the rest of a check's report.
"""

from __future__ import annotations

from sparkdoctor.lazy import re

_SECRET = r"(?:token|secret|password|passwd|passphrase|api[_-]?key|access[_-]?key|credential|bearer)"
_IPV4 = r"(?!0\.0\.0\.0\b|127\.)(?:\d{1,3}\.){3}\d{1,3}"
_LOCAL_IPV4 = (
    r"(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|169\.254|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))(?:\.\d{1,3}){2,3}"
)
_HEX = r"[0-9a-fA-F]"

_IDENTIFIER = rf"\b{_HEX}{{32}}\b"
"""As /etc/machine-id holds one."""

LOOKS = (
    (("://",), 1, r"(?<=://)[^/\s@]+@", ""),
    (("://",), 1, r"(https?://[^\s?#]+)\?[^\s#]*", r"\1"),
    (("-",), 4, rf"\b{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}\b", "(uuid)"),
    ((":",), 5, rf"\b(?:{_HEX}{{2}}:){{5}}{_HEX}{{2}}\b", "(mac)"),
    (("-",), 5, rf"\b(?:{_HEX}{{2}}-){{5}}{_HEX}{{2}}\b", "(mac)"),
    (
        ("hf", "sk", "gh", "glpat", "nvapi", "xox", "github_pat"),
        1,
        r"\b(?:hf|sk|gh[opusr]|glpat|nvapi|xox[abprs]|github_pat)[_-][A-Za-z0-9_-]{12,}",
        "(token)",
    ),
    (
        ("AKIA", "AIza", "eyJ"),
        1,
        r"\b(?:AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]+)?)",
        "(token)",
    ),
    (("=", ":", "--"), 1, rf"(?i)(\b[\w-]*{_SECRET}\b[\"']?\s*[=:]\s*)(?!\(token\))[^\s,;&]+", r"\1(hidden)"),
    (("--", "earer"), 1, rf"(?i)((?:--[\w-]*{_SECRET}|\bbearer)\s+)(?!\(token\))[^\s-][^\s,;&]*", r"\1(hidden)"),
    ((".",), 3, rf"(?:(?<=//)|(?<=@)|\A){_IPV4}\b|\b{_IPV4}(?=[:/]\d)", "(address)"),
    ((".",), 3, rf"(?<![\w.\-])(?<!==){_LOCAL_IPV4}(?![\w.])", "(address)"),
    (
        (".",),
        3,
        rf"(?i)(\b[\w-]*(?:host|addr|address|ip|node|master|server|peer|listen|bind)\w*[=: ]+){_IPV4}",
        r"\1(address)",
    ),
    ((":",), 2, rf"\b(?:{_HEX}{{1,4}}:){{4,7}}{_HEX}{{1,4}}\b|\b(?:fe80|f[cd]{_HEX}{{2}})::[0-9a-fA-F:]+", "(address)"),
    (("::",), 1, rf"(?<![\w:])(?:{_HEX}{{1,4}}:){{2,6}}:(?:{_HEX}{{1,4}}:)*{_HEX}{{1,4}}(?![\w:])", "(address)"),
    (("name",), 1, r"((?:--host-?name|--user-?name)[= ])\S+", r"\1(name)"),
    (("@",), 1, r"\b(?!git@)[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}\b", "(address)"),
    (("@",), 1, r"\b[\w.-]+@[\w.-]+(?=:[~/])", "(name)@(name)"),
    ((":",), 2, r"(?m)^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )[\w.-]+", r"\1(name)"),
    (
        (":",),
        2,
        r"(?m)^(\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d) )[\w.-]+(?= [\w./()-]+(?:\[\d+\])?:)",
        r"\1(name)",
    ),
    (("spark-", "gx10-", "aitopatom-"), 1, rf"\b(?:spark|gx10|aitopatom)-{_HEX}{{4}}\b", "(name)"),
)
"""Words, how often one of them has to be there, pattern, what takes its place. The names in the last one are those that
factories give; four hexadecimal digits of the MAC address follow."""


def without_private_looks(text: str) -> str:
    """`text` with everything replaced that looks private. Versions stay: 9.10.2.21 is no address."""
    for words, times, pattern, replacement in LOOKS:
        if any(text.count(word) >= times for word in words):
            text = re.sub(pattern, replacement, text)
    return re.sub(_IDENTIFIER, "(id)", text) if len(text) >= 32 else text
