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
