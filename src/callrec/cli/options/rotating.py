"""Options of new vault keys."""

from __future__ import annotations

from typing import Annotated

import typer

from callrec.policy.role import VaultKey

KeyNames = Annotated[
    list[VaultKey] | None,
    typer.Option("--key", metavar="NAME", help="Of this key alone; may be given again."),
]
Reseal = Annotated[
    bool, typer.Option("--reseal", help="Move what lies under older versions to the newest.")
]
Reencrypt = Annotated[
    bool,
    typer.Option(
        "--reencrypt", help="Seal anew each recording from before the newest recordings key."
    ),
]
