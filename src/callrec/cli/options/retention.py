"""Options of ``retention``."""

from __future__ import annotations

from typing import Annotated

import typer

from callrec.cli.options.commands import read_request

CategoryName = Annotated[
    str,
    typer.Argument(metavar="CATEGORY", help="Of the configuration: routine, health-record, claim."),
]
Approved = Annotated[
    str | None,
    typer.Argument(
        metavar="[REQUEST]",
        parser=read_request,
        help="Destroy what this request was approved for; without it, make a request.",
    ),
]
