"""Log out; and give the password that a page asks for before it shows anything."""

from __future__ import annotations

import re

from callrec.desk.exchange import Answered, Asked
from callrec.desk.rendering import page, to
from callrec.desk.seat import Seat


def ask_logout(seat: Seat, _asked: Asked) -> Answered:
    """Ask whether to log out: nothing is done by an address alone."""
    return page(seat, "logout.html", title="Log out")


def log_out(_seat: Seat, _asked: Asked) -> Answered:
    """Log out; the seat's process writes it to the log as it ends."""
    return Answered(303, to="/login?ended", ends=True)


def ask_password(seat: Seat, asked: Asked) -> Answered:
    """Ask for the password, as the page that was asked for shows what a login does not open."""
    return page(seat, "unlock.html", title="Your password is needed", asked=asked)


def unlock(seat: Seat, asked: Asked) -> Answered:
    """Take it, and go on to that page."""
    seat.reader(asked.fields.get("password", [""])[0])
    path = asked.first("to")
    return to(path if re.fullmatch(r"(?:/[A-Za-z0-9._-]+)+", path) else "/")
