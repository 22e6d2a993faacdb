"""Options that several commands share, as Typer types."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

Python = Annotated[
    Optional[str],  # noqa: UP045 (Typer reads it at run time on Python 3.10)
    typer.Option(
        "--python",
        metavar="PATH",
        help="Environment to examine: its interpreter, its folder, or a folder of distributions.",
    ),
]
Root = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--root", metavar="DIR", help="Examine the machine whose root folder this is; nothing of it is run."),
]
Facts = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--facts",
        metavar="FILE",
        help="Judge a snapshot (JSON) or a case (TOML) instead of a machine; - reads standard input.",
    ),
]
Target = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--target", metavar="GPU", help="As if on that GPU: gb10, thor, rtx5090, h100 and others"),
]
Launch = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--launch", metavar="COMMAND", help="Judge this command line, too, without starting it: 'vllm serve MODEL'."
    ),
]
Rules = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--rules", metavar="DIR", help="A folder of rules of your own, beside the built-in ones."),
]
Select = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--select", metavar="RULES", help="Only these rules: ids or their letters, with commas."),
]
Ignore = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--ignore", metavar="RULES", help="Not these rules."),
]
Workload = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--workload",
        metavar="WORK",
        help="What the machine is meant for, to be told what that takes: "
        "inference, finetune, pretrain, nvfp4-pretrain, cluster or build.",
    ),
]
ReportFormat = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--format", metavar="FORMAT", help="text or json."),
]
ReportColour = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--color", metavar="WHEN", help="auto, always or never; NO_COLOR is honoured."),
]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")]
Colour = Annotated[str, typer.Option("--color", metavar="WHEN", help="auto, always or never; NO_COLOR is honoured.")]
Verbose = Annotated[
    int, typer.Option("-v", "--verbose", count=True, help="Tell more: sources, what is undecided, all fixes.")
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="One line for each finding, nothing else.")]
Schema = Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of --format json.")]
