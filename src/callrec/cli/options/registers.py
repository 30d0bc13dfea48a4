"""Options of what is read over: searches to be reviewed, registers, a request's dossier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.policy.reviews import RegisterName

SamplePercent = Annotated[
    int | None,
    typer.Option(
        "--sample",
        metavar="PERCENT",
        min=1,
        max=100,
        help="Draw so many of a hundred that wait; else 5, and 5 searches at the least.",
    ),
]

SampleCount = Annotated[
    int | None,
    typer.Option(
        "--count",
        metavar="N",
        min=1,
        max=LARGEST_INTEGER,
        help="Draw so many of those that wait.",
    ),
]

Accept = Annotated[
    list[int] | None,
    typer.Option(
        "--accept",
        metavar="SEQ",
        min=0,
        max=LARGEST_INTEGER,
        help="Accept the search of this entry; may be given again.",
    ),
]

Query = Annotated[
    list[int] | None,
    typer.Option(
        "--query",
        metavar="SEQ",
        min=0,
        max=LARGEST_INTEGER,
        help="Query the search of this entry, with --reason; may be given again.",
    ),
]

RegisterArgument = Annotated[
    RegisterName, typer.Argument(metavar="NAME", help="Which register is read.")
]

RegisterFile = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="FILE", help="Write it whole to this file, as .csv or .json; else a table."
    ),
]

DossierFile = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="FILE", help="Write it to this file: .json for programs, else as text."
    ),
]
