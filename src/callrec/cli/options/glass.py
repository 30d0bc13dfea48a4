"""Options of reviewing what was decided alone."""

from __future__ import annotations

from typing import Annotated

import typer

AcceptGlass = Annotated[
    bool, typer.Option("--accept", help="It was right to decide it alone; it is flagged no more.")
]
QueryGlass = Annotated[
    bool, typer.Option("--query", help="Ask about it, with --reason; it stays flagged as queried.")
]
