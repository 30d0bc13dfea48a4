"""Options of checking what was released."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Package = Annotated[
    Path,
    typer.Argument(metavar="PATH", help="The opened folder, the .zip as it came, or the .html."),
]
