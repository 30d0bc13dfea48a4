"""``callrec inbox``: what waits for whoever is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.who import acting_person, practice_of
from callrec.policy.clock_events import Urgency
from callrec.policy.days import last_day

if TYPE_CHECKING:
    from datetime import tzinfo

    from callrec.office.inbox import InboxItem

inbox_app = new_app()


@inbox_app.command()
def inbox(ctx: Context) -> None:
    """Requests and incidents that wait for you, and what you may hear; soonest due first."""
    from callrec.office.inbox import read_inbox

    practice = practice_of(ctx.obj)
    items = read_inbox(practice, acting_person(ctx.obj, practice))
    out, zone = ctx.obj.out, practice.config.time_zone
    values = [
        {
            "id": item.reference,
            "waits_to": item.waits_to,
            "purpose": item.purpose,
            "created_by": item.created_by,
            "recordings": item.recordings,
            "lapses_at": item.lapses_at,
            "due_on": item.due_on,
            "due_at": item.due_at,
            "target_on": item.target_on,
            "urgency": item.urgency,
            "nobody_else": item.is_alone,
        }
        for item in items
    ]
    rows = [
        (
            item.reference,
            f"to {item.waits_to}",
            item.purpose or "incident",
            item.created_by,
            item.recordings,
            _by(item, zone),
        )
        for item in items
    ]
    headers = ("request", "waits", "purpose", "made by", "recordings", "by")

    def text() -> None:
        if rows:
            out.table(headers, rows)
        else:
            out.say("Nothing waits for you.")
        for item in items:
            if item.is_alone:
                out.say(f"Nobody else may decide {item.reference}: lend the power to somebody.")

    out.show_items(values, text)
    if items:
        out.next_step(_command(items[0]))


def _command(item: InboxItem) -> str:
    """What answers that for which something waits."""
    from callrec.office.inbox import InboxAction

    match item.waits_to:
        case InboxAction.DECIDE:
            return f"callrec approve {item.reference}"
        case InboxAction.ANSWER:
            came = item.awaited.came if item.awaited else "EVENT"
            return f"callrec request event {item.reference} {came} --on DATE"
        case InboxAction.HEAR:
            return f"callrec listen {item.reference}"
        case InboxAction.REVIEW:
            return f"callrec audit review-glass {item.reference}"
        case InboxAction.SETTLE:
            return f"callrec incident show {item.reference}"


def _by(item: InboxItem, zone: tzinfo) -> str:
    """The day that presses most, in few words."""
    due = f"{item.due_at.astimezone(zone):%Y-%m-%d %H:%M}" if item.due_at else item.due_on
    if item.urgency is Urgency.OVERDUE:
        return f"OVERDUE {due}"
    if due:
        return f"due {due}"
    if item.target_on:
        return f"target {item.target_on}"
    if item.lapses_at is None:
        return "no day"
    return f"until {last_day(item.lapses_at, zone)}"
