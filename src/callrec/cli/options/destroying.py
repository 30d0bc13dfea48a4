"""Options of what destroys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

OnVolumes = Annotated[
    list[Path] | None,
    typer.Option(
        "--volume",
        metavar="DIR",
        help="An archive volume's folder, besides those among the mounted drives.",
    ),
]
CertificateTo = Annotated[
    Path | None,
    typer.Option("--to", metavar="DIR", help="Write the certificate here: PDF, text and JSON."),
]
DestructionDryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be destroyed; destroy nothing.")
]
