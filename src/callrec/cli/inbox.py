"""``callrec inbox``: what waits for whoever is logged in."""

from __future__ import annotations

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.who import acting, practice_of
from callrec.procedures.inbox import Waits, read_inbox

app = new_app()

_COMMANDS = {Waits.DECIDE: "approve", Waits.HEAR: "listen"}


@app.command()
def inbox(ctx: Context) -> None:
    """Requests that wait for you to decide, and what you may hear; soonest to lapse first."""
    practice = practice_of(ctx.obj)
    items = read_inbox(practice, acting(ctx.obj, practice))
    out, zone = ctx.obj.out, practice.config.time_zone
    values = [
        {
            "id": item.reference,
            "waits_to": item.waits_to,
            "purpose": item.purpose,
            "created_by": item.created_by,
            "recordings": item.recordings,
            "lapses_at": item.lapses_at,
        }
        for item in items
    ]
    rows = [
        (
            item.reference,
            f"to {item.waits_to}",
            item.purpose,
            item.created_by,
            item.recordings,
            f"{item.lapses_at.astimezone(zone):%Y-%m-%d %H:%M}" if item.lapses_at else "never",
        )
        for item in items
    ]
    headers = ("request", "waits", "purpose", "made by", "recordings", "lapses")

    def text() -> None:
        if rows:
            out.table(headers, rows)
        else:
            out.say("Nothing waits for you.")

    out.show_items(values, text)
    if items:
        out.next_step(f"callrec {_COMMANDS[items[0].waits_to]} {items[0].reference}")
