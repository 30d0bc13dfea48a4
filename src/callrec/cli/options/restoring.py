"""Options of ``restore`` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FromVolumes = Annotated[
    list[Path],
    typer.Option(
        "--from",
        metavar="DIR",
        help="An archive volume's folder; give each that is attached.",
    ),
]
WithKit = Annotated[bool, typer.Option("--kit", help="Open with the recovery kit, not a password.")]
Drill = Annotated[
    bool,
    typer.Option("--drill", help="Prove that it would work, in a folder that is gone afterwards."),
]
Repair = Annotated[
    bool,
    typer.Option("--repair", help="Fetch back what is damaged or missing; takes --from."),
]
RepairFrom = Annotated[
    list[Path] | None,
    typer.Option("--from", metavar="DIR", help="An archive volume's folder, with --repair."),
]
