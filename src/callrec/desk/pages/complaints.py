"""Complaints about personal data: entered by anybody, answered by those who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from callrec.complaints.complaint import (
    ComplaintStep,
    NewComplaint,
    add_to_complaint,
    receive_complaint,
)
from callrec.complaints.log import COMPLAINTS
from callrec.complaints.show import list_complaints, show_complaint
from callrec.desk.drafts import drafting, filled
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import check_confirmed, day_of, password_of, read_if_given, word_of
from callrec.desk.listing import Column, Listing, by_reference, items, show_listing
from callrec.desk.rendering import go_on, page
from callrec.desk.seat import Seat
from callrec.errors import NotFound
from callrec.policy.handing_over import Channel
from callrec.policy.rights.complaint import (
    ComplaintAct,
    ComplaintState,
    Finding,
    may_add,
    may_answer,
    must_be_told,
)
from callrec.views.complaints import (
    CHANNELS,
    DONE,
    QUESTIONS,
    SAID,
    complaint_facts,
    complaint_json,
    dated_late_lines,
    day_or_unknown,
    entered,
    how_told,
    pressing,
    received_line,
)
from callrec.views.typed import read_complaint, read_incident, read_request

_ACTS: Final = {
    "acknowledge": ComplaintAct.ACKNOWLEDGED,
    "progress": ComplaintAct.PROGRESSED,
    "outcome": ComplaintAct.ANSWERED,
}

_TITLES: Final = {
    ComplaintAct.ACKNOWLEDGED: "Acknowledge {}",
    ComplaintAct.PROGRESSED: "Add to {}",
    ComplaintAct.ANSWERED: "Record the outcome of {}",
}


_COLUMNS: Final = (
    by_reference("Complaint", "/complaints"),
    Column("state", "State", has_codes=True),
    Column("received_on", "Received", shown=lambda each: day_or_unknown(each.received_on)),
    Column("entered_by", "Entered by"),
    Column("due_on", "Acknowledge by", shown=pressing),
)


def show_list(seat: Seat, asked: Asked) -> Answered:
    """The complaints that this person entered or may read."""
    listing = Listing(
        caption="Complaints that you entered or may read, newest first",
        columns=_COLUMNS,
        rows=list_complaints(seat.practice, seat.actor),
        document=items(complaint_json),
        save_as="complaints",
        nothing="There is no complaint that you entered or may read.",
        day="received_on",
    )
    unsound = [each.reference for each in listing.rows if each.received_on is None]
    return show_listing(
        seat,
        asked,
        listing,
        "complaints.html",
        title="Complaints about personal data",
        unsound=unsound,
    )


def ask_new(seat: Seat, asked: Asked) -> Answered:
    """The form of a new one."""
    title = "Enter a complaint about personal data"
    given = filled(seat, asked)
    return page(seat, "complaint_new.html", title=title, asked=given, channels=CHANNELS.items())


def receive(seat: Seat, asked: Asked) -> Answered:
    """Enter it."""
    with drafting(seat, asked):
        new = NewComplaint(
            received_on=day_of(seat, asked, "on"),
            how=word_of(asked, "how", Channel, "channel"),
            complainant=asked.first("from"),
            contact=asked.first("contact"),
            what=asked.first("what"),
            request=read_if_given(asked, "request", read_request),
            incident=read_if_given(asked, "incident", read_incident),
        )
        made = receive_complaint(seat.practice, seat.actor, new)
    then = f"Next: callrec complaint acknowledge {made.reference}"
    return go_on(seat, "/complaints", received_line(made), *dated_late_lines(made), then)


def show(seat: Seat, _asked: Asked, complaint: str) -> Answered:
    """One of them."""
    reference = read_complaint(complaint)
    shown = show_complaint(seat.practice, seat.reader("", COMPLAINTS), reference)
    events = [
        (each, f"{SAID[each.what]}{how_told(each)}, {entered(each)}", _came_of_it(each.finding))
        for each in shown.history[1:]
    ]

    def may(rule: Callable[..., bool]) -> bool:
        allowed = list_complaints(seat.practice, seat.actor, rule)
        return any(each.reference == reference for each in allowed)

    return page(
        seat,
        "complaint.html",
        title=f"Complaint {reference}",
        shown=shown,
        facts=complaint_facts(shown),
        events=events,
        is_open=shown.state is not ComplaintState.CLOSED,
        may_add=may(may_add),
        may_answer=may(may_answer),
        is_new=shown.state is ComplaintState.RECEIVED,
    )


def _came_of_it(finding: str) -> str:
    return f"{finding}: {Finding(finding).meaning}" if finding else ""


def _act_of(step: str) -> ComplaintAct:
    if step not in _ACTS:
        raise NotFound("there is no such page", hint="callrec complaint list")
    return _ACTS[step]


def ask_step(seat: Seat, asked: Asked, complaint: str, step: str) -> Answered:
    """The form of what was done about one."""
    reference, act = read_complaint(complaint), _act_of(step)
    return page(
        seat,
        "complaint_step.html",
        title=_TITLES[act].format(reference),
        asked=asked,
        reference=reference,
        question=QUESTIONS.get(act, "What else were they told, if anything?"),
        channels=CHANNELS.items(),
        findings=[(each.value, each.meaning) for each in Finding],
        closes=act is ComplaintAct.ANSWERED,
        may_be_untold=not must_be_told(act, None),
    )


def add_step(seat: Seat, asked: Asked, complaint: str, step: str) -> Answered:
    """Record it."""
    reference, act = read_complaint(complaint), _act_of(step)
    actor = seat.reader(password_of(asked), COMPLAINTS)
    closes = act is ComplaintAct.ANSWERED
    finding = word_of(asked, "finding", Finding, "finding") if closes else None
    is_told = must_be_told(act, finding) or asked.first("how")
    said = ComplaintStep(
        act=act,
        on=day_of(seat, asked, "on"),
        how=word_of(asked, "how", Channel, "channel") if is_told else None,
        what=asked.first("what"),
        finding=finding,
    )
    if closes:
        check_confirmed(asked)
    changed = add_to_complaint(seat.practice, actor, reference, said)
    lines = (f"{reference} {DONE[act]}", *dated_late_lines(changed))
    return go_on(seat, "/complaints", *lines, f"To see it: callrec complaint show {reference}")
