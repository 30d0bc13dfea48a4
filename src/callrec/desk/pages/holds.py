"""Holds: what nobody may destroy, placed by one person and lifted by two."""

from __future__ import annotations

import re

from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import check_confirmed, password_of, second_of
from callrec.desk.listing import Column, Listing, items, show_listing
from callrec.desk.rendering import as_json, go_on, page
from callrec.desk.seat import Seat
from callrec.errors import Unusable, is_allowed
from callrec.login.people import people_who_log_in
from callrec.policy.hold import HoldState, check_may_place_hold
from callrec.policy.role import LINE_MANAGERS, Power
from callrec.practice import powers, today
from callrec.retention.holds import check_hold_exists, lift_hold, list_holds, place_hold, show_hold
from callrec.views.holds import EXPLAINED, hold_facts, hold_json, shown_hold_json
from callrec.views.typed import read_hold, read_recording

_COLUMNS = (
    Column("request", "Request"),
    Column("state", "State", has_codes=True),
    Column("placed_at", "Placed"),
    Column("placed_by", "By"),
    Column("recordings", "Recordings", is_number=True),
)


def show_holds(seat: Seat, asked: Asked) -> Answered:
    """The holds that this person may know of, newest first."""
    listed = list_holds(seat.practice, seat.actor)
    # The same people may also read why one was placed.
    may_place = is_allowed(check_may_place_hold, seat.actor.person, on=today(seat.practice))
    which = Column(
        "id",
        "Hold",
        value=lambda hold: hold.number,
        shown=lambda hold: f"H-{hold.number}",
        link=lambda hold: f"/holds/H-{hold.number}" if may_place else "",
    )
    listing = Listing(
        caption="Holds",
        columns=(which, *_COLUMNS),
        rows=listed,
        document=items(hold_json),
        save_as="holds",
        nothing="Nothing is held.",
        day="placed_at",
    )
    states = {hold.state for hold in listed}
    explained = [said for state, said in EXPLAINED.items() if state in states]
    return show_listing(
        seat, asked, listing, "holds.html", title="Holds", explained=explained, may_place=may_place
    )


def show_one(seat: Seat, asked: Asked, hold: str) -> Answered:
    """One hold: why, and what it names. That is recorded."""
    shown = show_hold(seat.practice, seat.actor, read_hold(hold))
    if asked.query.get("as") == "json":
        return as_json(shown_hold_json(shown), "hold.json")
    return page(
        seat,
        "hold.html",
        title=f"Hold H-{shown.hold.number}",
        facts=tuple(hold_facts(shown, seat.zone)),
        request=shown.hold.request,
        reference=f"H-{shown.hold.number}",
        may_be_lifted=shown.hold.request is None
        and shown.hold.state is not HoldState.LIFTED
        and Power.GOVERN in powers(seat.practice, seat.actor),
        explained=EXPLAINED.get(shown.hold.state, ""),
    )


def place(seat: Seat, asked: Asked) -> Answered:
    """Hold recordings until two people agree to let them go."""
    numbers = [
        read_recording(each) for each in re.split(r"[\s,;]+", asked.first("recordings")) if each
    ]
    if not numbers:
        raise Unusable("no recording is named", hint="give their numbers, as a search shows them")
    placed = place_hold(seat.practice, seat.actor, numbers, reason=asked.first("reason"))
    reference = f"H-{placed.number}"
    line = f"{reference} is placed. Recordings held: {len(placed.recordings)}."
    return go_on(seat, "/holds", line)


def ask_lift(seat: Seat, asked: Asked, hold: str) -> Answered:
    """Why a hold ends, and who agrees to it."""
    number = read_hold(hold)
    people = people_who_log_in(seat.practice).items()
    may = [login for login, role in people if role in LINE_MANAGERS and login != seat.login]
    return page(
        seat,
        "hold_lift.html",
        title=f"Lift hold H-{number}",
        asked=asked,
        reference=f"H-{number}",
        may=may,
    )


def lift(seat: Seat, asked: Asked, hold: str) -> Answered:
    """End a hold, by two people who each type their password."""
    number = read_hold(hold)
    check_hold_exists(seat.practice, seat.actor, number)
    check_confirmed(asked)
    actor = seat.signer(password_of(asked))
    second = second_of(seat, asked)
    if second is None:
        raise Unusable("a hold is lifted by two people", hint="say who signs beside you")
    reason = asked.first("reason")
    lift_hold(seat.practice, actor, number, reason=reason, countersigner=second)
    return go_on(seat, "/holds", f"H-{number} is lifted.")
