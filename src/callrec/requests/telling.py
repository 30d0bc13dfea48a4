"""The people to notify by mail.

People who did it are not notified. A message names the request and a day, nothing else.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy import Connection

from callrec.mail.outbox import notify, queue_mail
from callrec.policy.clock_events import ClockEventKind
from callrec.policy.days import day_in_words
from callrec.policy.purpose import TERMS, Purpose, is_never_kept
from callrec.policy.request import has_standing_approval
from callrec.policy.role import PersonId, Power, powers_of
from callrec.practice import Practice, today
from callrec.requests.clock import read_deadline
from callrec.requests.model import Granting, History, OpenRequest
from callrec.requests.standing import lapses_at, undecided_since_by


def notify_deciders(
    practice: Practice,
    connection: Connection,
    reference: str,
    purpose: Purpose,
    history: History,
    *,
    subjects: Collection[str] = (),
    by: str = "",
) -> None:
    """A request awaits a decision: everybody who may decide it is notified, and by when."""
    if not practice.config.mail.host:
        return  # or each request would be reckoned with for nobody
    concerned = {history.requester, *history.changed_by, *subjects, by}
    deciders = possible_deciders(practice, purpose, concerned)
    person = practice.register.person
    queue_mail(
        practice,
        connection,
        to=sorted(each for each in deciders if is_never_kept(purpose, person(each))),
        about=reference,
        line=f"{reference} awaits your decision{_by_when(practice, connection, purpose, history)}",
    )


def notify_dated(
    practice: Practice,
    connection: Connection,
    request: OpenRequest,
    history: History,
    *,
    event: ClockEventKind,
    by: str,
) -> None:
    """A request was dated: tell who is to answer, or who is to decide once it is answered."""
    about, to = request.reference, request.requester
    if event is ClockEventKind.ASKED:
        notify(practice, connection, about, "awaits an answer", to=to, by=by)
    elif event is ClockEventKind.EXTENDED:
        notify(practice, connection, about, "was given more time", to=to, by=by)
    elif event is ClockEventKind.ANSWERED and not has_standing_approval(history.events):
        # Else it is proof of what is decided already. A receipt is reported as the request is.
        subjects, purpose = request.facts.subjects, request.purpose
        notify_deciders(practice, connection, about, purpose, history, subjects=subjects, by=by)


def notify_granted(practice: Practice, connection: Connection, granting: Granting) -> None:
    """A request was approved: tell the person who may hear it until when, and its requester."""
    request, by = granting.request, granting.decider.person.id
    lapse = lapse_in_words(granting.lapses_at, practice.settings.time_zone)
    about, to = request.reference, granting.to
    notify(practice, connection, about, f"was approved for you{lapse}", to=to, by=by)
    if request.requester != to:
        notify(practice, connection, about, "was approved", to=request.requester, by=by)


def _by_when(practice: Practice, connection: Connection, purpose: Purpose, history: History) -> str:
    """The rest of the sentence; empty where the day is in a year whose holidays are not known."""
    deadline = read_deadline(practice, connection, history)
    if deadline is not None:
        return days_in_words(deadline.due_on, deadline.target_on, today(practice))
    until = lapses_at(practice, purpose, undecided_since_by(connection, history.leaves))
    return lapse_in_words(until, practice.settings.time_zone) if until else ""


def days_in_words(due_on: date | None, target_on: date | None, on: date) -> str:
    """The rest of a sentence, its comma with it; empty where there is no day."""
    if due_on is not None:
        return f", {'overdue since' if due_on < on else 'due'} {day_in_words(due_on)}"
    return "" if target_on is None else f", to be answered by {day_in_words(target_on)}"


def lapse_in_words(ends_at: datetime, zone: tzinfo) -> str:
    """The rest of a sentence about what is over at ``ends_at``, the first instant after it."""
    last = ends_at.astimezone(zone) - timedelta(minutes=1)
    return f"; it lapses after {day_in_words(last.date())}"


def hours_in_words(practice: Practice, due_at: datetime) -> str:
    """The rest of a sentence about an incident: when its 72 hours end."""
    at = due_at.astimezone(practice.settings.time_zone)
    ends = ", overdue: its 72 hours ended" if due_at < practice.now() else "; its 72 hours end"
    return f"{ends} {day_in_words(at)} at {at:%H:%M}"


def possible_deciders(
    practice: Practice, purpose: Purpose, makers: Collection[str]
) -> frozenset[PersonId]:
    """Everybody who holds the power that decides a purpose today, and did not make the request.

    One of them may be its subject: that lies sealed, and they are refused when they decide.
    """
    return people_with(practice, TERMS[purpose].decided_with) - {*makers}


def people_with(practice: Practice, power: Power) -> frozenset[PersonId]:
    """Everybody who holds a power today."""
    on = today(practice)
    return frozenset(
        voucher.person.id
        for voucher in practice.register.people()
        if power in powers_of(voucher.person, on)
    )
