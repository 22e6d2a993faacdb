"""`sparkdoctor history`: what was applied to an environment, and where it stands."""

from __future__ import annotations

from sparkdoctor.cli import arguments, output
from sparkdoctor.cli.exits import Unusable
from sparkdoctor.cli.patient import stood


def history(
    python: arguments.Python = None,
    format: arguments.Format = "text",
) -> int:
    from sparkdoctor.fixes.history import entries
    from sparkdoctor.fixes.refused import Refused

    output.known_format(format)
    try:
        found = [(place, entries(place)) for place in stood(python)]
    except Refused as error:
        raise Unusable(str(error)) from error
    if format == "json":
        import os

        from sparkdoctor import __version__
        from sparkdoctor.facts.privacy import of_process
        from sparkdoctor.fixes.as_json import document
        from sparkdoctor.fixes.plan import Plan
        from sparkdoctor.reports.document import dumped
        from sparkdoctor.rulebook.load import load

        plans = [
            Plan(place.prefix, tuple(t.step for t in item.steps), id=item.id, state=item.state, reason=item.reason)
            for place, items in found
            for item in items
        ]
        tool = {"version": __version__, "rulebook": load().version}
        output.write(dumped(document(plans, tool, of_process(os.environ), 0)))
        return 0
    from sparkdoctor.fixes.told import history_text

    texts = [f"{place.prefix}\n{history_text(items, output.width())}" for place, items in found if items]
    output.write("\n".join(texts) or f"Nothing was applied to {found[0][0].prefix} yet.\n")
    return 0
