"""A group that is a command itself, beside its subcommands."""

from __future__ import annotations

from pathlib import Path  # Typer reads it
from typing import Annotated

import typer

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context  # Typer reads it

disk_app = new_app()


@disk_app.callback(invoke_without_command=True)
def disk(ctx: Context, *, to: Annotated[Path | None, typer.Option(metavar="DIR")] = None) -> None:
    """Copy to a disk."""
    if ctx.invoked_subcommand is None:
        ctx.obj.out.show({"to": to}, f"copied to {to}")


@disk_app.command()
def verify(ctx: Context, place: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Check a disk."""
    ctx.obj.out.show({"checked": place}, f"checked {place}")
