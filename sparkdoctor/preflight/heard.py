"""What the examination has said so far, whether or not it came to its end."""

from __future__ import annotations

from sparkdoctor.preflight.settings import SEVERITIES
from sparkdoctor.preflight.variables import Plan, Wish, plan
from sparkdoctor.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sparkdoctor.preflight.settings import Settings


class Told(Record):
    """A finding in a line."""

    rule: str
    severity: str
    title: str
    wish: Wish


class Heard:
    """Takes the messages of the examination in; `failures` say what of it didn't work.

    `shown` has the values of variables as they may be told; `summary` is None until all rules were judged: findings
    come before it is known what explains them away.
    """

    def __init__(self) -> None:
        self.findings: list[Told] = []
        self.failures: list[str] = []
        self.complaints: list[str] = []
        self.summary: Mapping[str, Any] | None = None
        self.shown: dict[str, str] = {}

    def take(self, message: dict[str, Any]) -> None:
        """Takes one message in (examine.py sends them)."""
        kind, stated = message["kind"], message["stated"]
        if kind == "finding":
            values = {**stated["set"], **dict.fromkeys(stated["unset"])}
            wish = Wish(stated["rule"], values)
            self.shown.update(stated["shown"])
            self.findings.append(Told(stated["rule"], stated["severity"], stated["title"], wish))
        elif kind == "summary":
            told = {finding.rule: finding for finding in self.findings}
            self.findings = [told[rule] for rule in stated["ranked"]]
            self.summary = stated
        elif kind == "failure":
            self.failures.append(stated)
        elif kind == "complaint":
            self.complaints.append(stated)

    def plan(self, settings: Settings, environment: Mapping[str, str]) -> Plan:
        """What becomes of the environment."""
        wishes = (finding.wish for finding in self.findings if finding.wish.values)
        return plan(wishes, environment, settings.override, settings.rulebook is None)

    def obstacles(self, settings: Settings, planned: Plan) -> list[str]:
        """Why the command mustn't start; a finding that is put right for it is no reason."""
        counted = counted_severities(settings.fail_on)
        left = [
            finding.rule
            for finding in self.findings
            if finding.severity in counted and not planned.granted(finding.rule)
        ]
        reasons = [f"{', '.join(left)} (--fail-on {settings.fail_on})"] if left else []
        if settings.strict:
            undecided = [rule for rule, severity in (self.summary or {}).get("undecided", []) if severity in counted]
            reasons += [f"{', '.join(undecided)} can't be decided (--strict)"] if undecided else []
            reasons += ["the examination wasn't whole (--strict)"] if self.failures else []
        return reasons


def counted_severities(fail_on: str) -> tuple[str, ...]:
    """The severities at or above --fail-on."""
    return () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
