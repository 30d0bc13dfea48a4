"""A single command that does what a test asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from callrec.cli import options  # Typer reads it
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context  # Typer reads it
from callrec.cli.layout import Table
from callrec.errors import NotFound, Refused
from callrec.policy.clause import Clause

MISHAPS: Mapping[str | None, BaseException] = {
    "browsing": Refused("nobody browses", clause=Clause.NO_BROWSING, hint="callrec request create"),
    "bug": KeyError("07700900123"),
    "interrupt": KeyboardInterrupt(),
    "pipe": BrokenPipeError(),
    "hostile": NotFound("no such file \x1b[2J\n\u202e"),
}

ring_app = new_app()


@ring_app.command()
def ring(
    ctx: Context,
    request: options.Reference,
    *,
    reason: options.Reason = None,
    direction: options.Directions = None,
    limit: options.Limit = None,
    yes: options.Yes = False,
) -> None:
    """Ring about a request."""
    out, prompts = ctx.obj.out, ctx.obj.prompts
    if reason in MISHAPS:
        raise MISHAPS[reason]
    reason = reason or prompts.ask("Reason", option="--reason TEXT")
    prompts.confirm("ring everybody", yes=yes)
    value = {
        "id": request,
        "reason": reason,
        "direction": direction,
        "limit": limit,
        "at": ctx.obj.now(),
        "vault": ctx.obj.config.vault,
        "read_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    out.show(value, Table(["id", "limit"], [[request, limit]]))
    out.next_step(f"callrec approve {request}")
