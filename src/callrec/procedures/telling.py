"""Who is told by mail of what, each in the transaction of the act itself [policy 4(b)].

Whoever did it is not told of it. A message names the request and a day, nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from callrec.errors import Unusable
from callrec.policy.lapse import request_lapses_at
from callrec.policy.purpose import TERMS
from callrec.policy.role import powers_of
from callrec.practice import today
from callrec.procedures.outbox import queue_mail
from callrec.procedures.request_clock import read_deadline

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime, tzinfo

    from sqlalchemy import Connection

    from callrec.policy.purpose import Purpose
    from callrec.policy.role import PersonId
    from callrec.practice import Practice
    from callrec.procedures.request_log import History


def deciders_of(
    practice: Practice, purpose: Purpose, *, concerned: Collection[str]
) -> tuple[PersonId, ...]:
    """Everybody who may decide such a request today: none of its makers, nor whom it is about."""
    on = today(practice)
    return tuple(
        voucher.person.id
        for voucher in practice.register.people()
        if TERMS[purpose].decided_with in powers_of(voucher.person, on)
        and voucher.person.id not in concerned
    )


def tell_deciders(
    practice: Practice,
    connection: Connection,
    reference: str,
    purpose: Purpose,
    history: History,
    *,
    subjects: Collection[str] = (),
) -> None:
    """A request awaits a decision: everybody who may decide it is told, and by when.

    Args:
        practice: the open vault.
        connection: of the write transaction.
        reference: ``R-17``.
        purpose: of the request.
        history: of the request, the newest leaf included.
        subjects: ids of the people whom it is about.
    """
    concerned = {history.requester, *history.changed_by, *subjects}
    queue_mail(
        practice,
        connection,
        to=deciders_of(practice, purpose, concerned=concerned),
        about=reference,
        line=f"{reference} awaits your decision{_by_when(practice, connection, purpose, history)}",
    )


def tell_granted(
    practice: Practice,
    connection: Connection,
    reference: str,
    *,
    to: str,
    requester: str,
    lapses_at: datetime,
) -> None:
    """A request was approved: whoever may hear it now is told until when, and its requester."""
    last = spoken_last_day(lapses_at, practice.config.time_zone)
    approved = f"{reference} was approved"
    line = f"{approved} for you; it lapses after {last}"
    queue_mail(practice, connection, to=[to], about=reference, line=line)
    if requester != to:
        queue_mail(practice, connection, to=[requester], about=reference, line=approved)


def tell(
    practice: Practice,
    connection: Connection,
    reference: str,
    what: str,
    *,
    to: Collection[str],
    by: str,
) -> None:
    """Something happened to a request; ``what`` completes the sentence that begins with it."""
    told = [person for person in to if person != by]
    queue_mail(practice, connection, to=told, about=reference, line=f"{reference} {what}")


def _by_when(practice: Practice, connection: Connection, purpose: Purpose, history: History) -> str:
    """The rest of the sentence; empty where the year of the day is not one whose holidays we know.

    That is an error elsewhere, but what was done is not to fail for a message about it.
    """
    try:
        deadline = read_deadline(practice, connection, history)
    except Unusable:
        return ""
    if deadline is not None and deadline.due_on is not None:
        over = deadline.due_on < today(practice)
        return f", {'overdue since' if over else 'due'} {spoken_day(deadline.due_on)}"
    if deadline is not None and deadline.target_on is not None:
        return f", to be answered by {spoken_day(deadline.target_on)}"
    zone = practice.config.time_zone
    made_at = history.events[0].at
    lapses_at = request_lapses_at(purpose, made_at, practice.config.requests.lapse_days, zone)
    return f"; it lapses after {spoken_last_day(lapses_at, zone)}" if lapses_at else ""


def spoken_day(day: date) -> str:
    """As it is said: "3 December 2026"."""
    return f"{day.day} {day:%B %Y}"


def spoken_last_day(lapses_at: datetime, zone: tzinfo) -> str:
    """The last day of what is over at ``lapses_at``, the first instant after it."""
    return spoken_day((lapses_at.astimezone(zone) - timedelta(minutes=1)).date())
