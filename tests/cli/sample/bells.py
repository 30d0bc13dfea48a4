"""A group whose subcommand list goes without saying."""

from __future__ import annotations

from typing import Annotated

import typer

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context  # Typer reads it

bells_app = new_app(default="list")


@bells_app.command("list")
def list_(ctx: Context, *, tone: Annotated[str, typer.Option(metavar="TONE")] = "any") -> None:
    """List the bells."""
    bells = [{"tone": tone}]
    ctx.obj.out.show_items(bells, f"bells of tone {tone}")


@bells_app.command()
def polish(ctx: Context) -> None:
    """Polish them."""
    ctx.obj.out.show({"vault": ctx.obj.given.vault}, "polished")
