"""Options of ``archive`` about volumes, and of what reads recordings from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

VolumeLabel = Annotated[
    str, typer.Argument(metavar="LABEL", help="As callrec archive list shows it.")
]
KeptBy = Annotated[str | None, typer.Option("--with", metavar="NAME", help="Who has the volume.")]
KeptAt = Annotated[
    str | None, typer.Option("--at", metavar="PLACE", help="Where it lies: the fire safe.")
]
RemoveLocal = Annotated[
    bool,
    typer.Option(
        "--remove-local",
        help="Then remove here what is on enough volumes, this one read back once more.",
    ),
]
OnThisDisk = Annotated[
    bool,
    typer.Option("--yes", help="Do not ask before a new volume is made on the vault's own disk."),
]
VolumeFolders = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[DIR]...", help="Folders that were archived to; else all that are attached."
    ),
]
OnVolume = Annotated[
    list[Path] | None,
    typer.Option("--from", metavar="DIR", help="A volume's folder, if it is not found by itself."),
]
