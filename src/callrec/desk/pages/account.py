"""Log out."""

from __future__ import annotations

from callrec.desk.exchange import Answered, Asked
from callrec.desk.rendering import page
from callrec.desk.seat import Seat


def ask_logout(seat: Seat, _asked: Asked) -> Answered:
    """Ask whether to log out: nothing is done by an address alone."""
    return page(seat, "logout.html", title="Log out")


def log_out(_seat: Seat, _asked: Asked) -> Answered:
    """Log out; the seat's process writes it to the log as it ends."""
    return Answered(303, to="/login?ended", ends=True)
