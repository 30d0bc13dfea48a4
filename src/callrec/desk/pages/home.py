"""The inbox: what waits for the person at the desk, soonest due first, and what they asked for."""

from __future__ import annotations

from typing import Final

from callrec.desk.exchange import Answered, Asked
from callrec.desk.hints import page_for
from callrec.desk.rendering import page
from callrec.desk.seat import Seat
from callrec.office.inbox import read_inbox
from callrec.office.status import read_request_warnings
from callrec.requests.show import list_requests
from callrec.views.inbox import OTHERS, command_for, pressing_day
from callrec.views.words import as_words, counted

_NEWEST: Final = 10
"""Of a person's own requests, how many the inbox shows."""


def show_inbox(seat: Seat, _asked: Asked) -> Answered:
    """What waits for this person, what they asked for, and what to know of requests."""
    items, zone = read_inbox(seat.practice, seat.actor), seat.zone
    rows = [
        (
            *(item, page_for(command), page_for(f"callrec request show {item.reference}"), command),
            *(as_words(item.purpose) or OTHERS[item.waits_to], pressing_day(item, zone)),
        )
        for item, command in ((each, command_for(each)) for each in items)
    ]
    remarks = [
        *(
            f"{item.reference}: brought in by hand, {item.by_hand} of"
            f" {counted(item.recordings, 'recording')}"
            for item in items
            if item.by_hand
        ),
        *(
            f"nobody else may decide {item.reference}: lend the power to somebody"
            for item in items
            if item.nobody_else
        ),
    ]
    mine = list_requests(seat.practice, seat.actor, mine=True)
    return page(
        seat,
        "inbox.html",
        title="Your inbox",
        rows=rows,
        remarks=remarks,
        mine=mine[:_NEWEST],
        more=len(mine) > _NEWEST,
        status=page_for("callrec status"),
        warnings=read_request_warnings(seat.practice, seat.actor),
    )
