"""Options of what has to do with the recovery kit and with backups."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Sharing(StrEnum):
    """How the kit is printed, other than on one page."""

    TWO_OF_THREE = "2-of-3"


RecoveryShares = Annotated[
    Sharing | None,
    typer.Option(
        "--recovery-shares", help="Print the kit on three pages; any two of them open the vault."
    ),
]
NewKitFile = Annotated[
    Path | None,
    typer.Option("--to", metavar="FILE", help="Write the kit to a new file: a page if .pdf."),
]
NewController = Annotated[
    str,
    typer.Option("--user", metavar="NAME", help="Login of the new Data Controller: jsmith."),
]
BackupTo = Annotated[
    Path, typer.Option("--to", metavar="DIR", help="A folder of another disk or machine.")
]
