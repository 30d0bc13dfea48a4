"""The inbox: what waits for whoever is logged in, soonest due first."""

from __future__ import annotations

from callrec.desk.exchange import Answered, Asked
from callrec.desk.rendering import page
from callrec.desk.seat import Seat
from callrec.office.inbox import read_inbox


def show_inbox(seat: Seat, _asked: Asked) -> Answered:
    """What waits for this person."""
    items = read_inbox(seat.practice, seat.actor)
    return page(seat, "inbox.html", title="Your inbox", items=items)
