"""Options of ``callrec notice``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

InForceOn = Annotated[
    str, typer.Option("--on", metavar="DATE", help="The day whose notice is meant; else today.")
]
NoticeFile = Annotated[
    Path | None, typer.Option("--to", metavar="FILE", help="Write the notice to this new file.")
]
