"""A complaint about personal data as it reads: what is asked of it, by when, what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from callrec.policy.clock_events import Urgency
from callrec.policy.days import short_date
from callrec.policy.handing_over import Channel
from callrec.policy.rights.complaint import ComplaintAct, ComplaintState
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.complaints.complaint import ChangedComplaint
    from callrec.complaints.show import ComplaintEvent, ListedComplaint, ShownComplaint

CHANNELS: Final[Mapping[str, str]] = {
    Channel.LETTER: "by letter",
    Channel.PHONE: "by telephone",
    Channel.SMS: "by text message",
    Channel.EMAIL: "by e-mail",
    Channel.PERSON: "in person",
}

QUESTIONS: Final[Mapping[ComplaintAct, str]] = {
    ComplaintAct.PROGRESSED: "What was done or found out?",
    ComplaintAct.ANSWERED: "What was found, and what is done about it?",
}

DONE: Final[Mapping[ComplaintAct, str]] = {
    ComplaintAct.ACKNOWLEDGED: "is acknowledged",
    ComplaintAct.PROGRESSED: "is added to",
    ComplaintAct.ANSWERED: "is closed",
}

SAID: Final[Mapping[ComplaintAct, str]] = {
    ComplaintAct.ACKNOWLEDGED: "acknowledged",
    ComplaintAct.PROGRESSED: "progress",
    ComplaintAct.ANSWERED: "outcome",
}


def pressing(listed: ListedComplaint) -> str:
    """By when it is acknowledged; nothing once it was."""
    if listed.state is not ComplaintState.RECEIVED:
        return ""
    marks = {Urgency.OVERDUE: " OVERDUE", Urgency.DUE_SOON: " due soon"}
    mark = marks.get(listed.urgency or Urgency.IN_TIME, "")
    return f"{due_in_words(listed.due_on, is_unknown=listed.is_unknown)}{mark}"


def day_or_unknown(day: date | None) -> str:
    """A day as people read it."""
    return "unknown" if day is None else short_date(day)


def due_in_words(due_on: date | None, *, is_unknown: bool) -> str:
    """By when; nothing sets a day for what came before the law."""
    return "no day" if due_on is None and not is_unknown else day_or_unknown(due_on)


def how_told(event: ComplaintEvent) -> str:
    """Whether and how the complainant was told: ``, told by letter``."""
    if event.how:
        return f", told {CHANNELS[Channel(event.how)]}"
    return ", not told to the complainant"


def entered(event: ComplaintEvent) -> str:
    """By whom it was entered, and on which day if that is another."""
    on = "" if event.entered_on == event.on else f" on {short_date(event.entered_on)}"
    return f"entered by {event.by}{on}"


def complaint_facts(shown: ShownComplaint) -> Iterator[tuple[str, object]]:
    """A complaint's facts, each with its label."""
    came = shown.history[0]
    yield "complainant", shown.complainant
    yield "contact", shown.contact
    yield "complains of", came.said
    how = CHANNELS[Channel(came.how)]
    yield "received", f"{short_date(shown.received_on)}, {how}, {entered(came)}"
    if shown.request:
        yield "request", shown.request
    if shown.incident:
        yield "incident", shown.incident
    due = due_in_words(shown.deadline.due_on, is_unknown=shown.deadline.is_unknown)
    if shown.acknowledged_on is not None:
        late = f", {'late' if shown.was_late else 'in time'}; it was due by {due}"
        has_day = shown.deadline.due_on is not None and shown.was_late is not None
        yield "acknowledged", f"{short_date(shown.acknowledged_on)}{late if has_day else ''}"
        if shown.is_dated_late and shown.acknowledged_entered_on is not None:
            written = short_date(shown.acknowledged_entered_on)
            yield "written down", f"{written}, when that day was over"
    elif shown.state is ComplaintState.RECEIVED:
        yield "acknowledge by", f"{due}{', OVERDUE' if shown.was_late else ''}"


def received_line(made: ChangedComplaint) -> str:
    """That a complaint is entered, and by when it is acknowledged."""
    if made.due_on is None:
        return (
            f"{made.reference} is entered. No day is known to acknowledge it by: callrec complaint"
            " show says why."
        )
    return f"{made.reference} is entered. Acknowledge it by {short_date(made.due_on)}."


def dated_late_lines(changed: ChangedComplaint) -> Iterator[str]:
    """That what was told in time was written down when the time was over, if so."""
    if changed.is_dated_late:
        yield (
            f"its acknowledgement was due by {day_or_unknown(changed.due_on)}, and that day was"
            " over when you said this: complaint show and the register of complaints show when you"
            " did"
        )


def complaint_json(listed: ListedComplaint) -> Mapping[str, Any]:
    """A complaint in a list, for other programs."""
    names = ("state", "received_on", "due_on", "urgency", "entered_by")
    return {"id": listed.reference, **facts(listed, *names)}
