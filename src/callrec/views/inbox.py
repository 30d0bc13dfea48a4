"""What waits for somebody, in words, and what answers it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Final

from callrec.policy.clock_events import Urgency
from callrec.policy.days import last_day, short_date
from callrec.views.requests.remarks import how_to_gather
from callrec.views.words import as_words, local_time

if TYPE_CHECKING:  # the command line loads nothing of the work for its help
    from callrec.office.inbox import InboxItem

OTHERS: Final[Mapping[str, str]] = {
    "settle": "incident",
    **dict.fromkeys(("acknowledge", "conclude"), "data complaint"),
    **dict.fromkeys(("archive", "verify"), "archiving"),
    "confirm": "new key",
}
"""What is no request has no purpose."""

COMMANDS: Final[Mapping[str, str]] = {
    "decide": "callrec approve {}",
    "answer": "callrec request event {} {} --on DATE",
    "hear": "callrec listen {}",
    "send": "callrec release {}",
    "close": "callrec request close {}",
    "record": "callrec request event {} handed-over --on DATE --by CHANNEL --to-whom NAME",
    "review": "callrec audit review-glass {}",
    "settle": "callrec incident show {}",
    "acknowledge": "callrec complaint acknowledge {}",
    "conclude": "callrec complaint show {}",
    "archive": "callrec archive --to DIR",
    "verify": "callrec archive verify",
    "confirm": "callrec user confirm {}",
}
"""What answers that for which something waits."""


def command_for(item: InboxItem) -> str:
    """The command that answers what waits; at the desk, the page that does what it does."""
    if item.waits_to == "decide" and not item.recordings:
        return f"callrec request show {item.reference}"
    if item.waits_to in {"attach", "gather"}:
        return how_to_gather(item.reference, is_described=item.is_described)
    if item.waits_to == "carry out":
        erases = item.purpose == "erasure"
        return f"callrec {'request erase' if erases else 'retention dispose'} {item.reference}"
    if item.waits_to == "hear" and item.recording is not None:
        return f"callrec listen {item.reference} {item.recording}"
    came = item.awaited.came if item.awaited else "EVENT"
    return COMMANDS[item.waits_to].format(item.reference, came)


def pressing_day(item: InboxItem, zone: tzinfo) -> str:
    """Its due day, else its target, else until when it stands."""
    due = local_time(item.due_at, zone) if item.due_at else as_words(item.due_on)
    if item.urgency is Urgency.OVERDUE:
        return f"OVERDUE {due}"
    if due:
        return f"due {due}"
    if item.target_on:
        return f"target {short_date(item.target_on)}"
    if item.lapses_at is None:
        return "no day"
    return f"until {short_date(last_day(item.lapses_at, zone))}"


def is_soon(item: InboxItem) -> bool:
    """Whether its due day is near."""
    return item.urgency is Urgency.DUE_SOON and bool(item.due_at or item.due_on)
