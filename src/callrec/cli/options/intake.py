"""Options of ``ingest`` and ``reconcile`` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CallRecords = Annotated[
    list[Path] | None,
    typer.Option(
        "--cdr",
        metavar="FILE",
        help="Call records of the telephone system to join to the recordings; may be given again.",
    ),
]
SystemName = Annotated[
    str | None,
    typer.Option(
        "--system",
        metavar="NAME",
        help="Whose recordings these are: asterisk, 3cx, ...; else it is told by their names.",
    ),
]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Stay, and take in each recording once it has stood still."),
]
FirstDay = Annotated[
    str | None,
    typer.Option("--from", metavar="DATE", help="First day; else that of the first call."),
]
LastDay = Annotated[
    str | None,
    typer.Option("--to", metavar="DATE", help="Last day; else that of the last call."),
]
FindingsFile = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Write what is found to this file, as .csv."),
]
