"""Remind people of what presses in their inboxes: decisions, answers, grants about to lapse."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from callrec.catalogue.engine import reading, transaction
from callrec.policy.clock import Urgency
from callrec.practice import today
from callrec.procedures.inbox import InboxItem, Waits, inbox_of
from callrec.procedures.outbox import addresses_of, queue_mail, read_messages
from callrec.procedures.telling import spoken_days, spoken_lapse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from callrec.practice import Practice

SOON: Final = timedelta(days=3)
"""Before something lapses; what has a clock presses as `clocks.warn_days` says."""

_WHAT: Final = {
    Waits.DECIDE: "awaits your decision",
    Waits.ANSWER: "awaits an answer from you",
    Waits.HEAR: "was approved for you",
    Waits.SETTLE: "waits to be assessed and closed",
}


def queue_reminders(practice: Practice) -> int:
    """Queue a line for each person and request that presses, unless he was told of it today.

    Returns how many were queued.
    """
    with reading(practice.engine) as connection:
        told = sorted(addresses_of(practice, connection))
    found = {person: list(_pressing(practice, person)) for person in told}
    queued = 0
    with transaction(practice.engine) as connection:
        before = _told_today(practice, connection)
        for person, items in found.items():
            for item in items:
                if (person, item.reference) not in before:
                    before.add((person, item.reference))
                    queued += 1
                    queue_mail(
                        practice,
                        connection,
                        to=[person],
                        about=item.reference,
                        line=_line(practice, item),
                    )
    return queued


def _pressing(practice: Practice, person: str) -> Iterator[InboxItem]:
    soon = practice.now() + SOON
    for item in inbox_of(practice, practice.register.person(person)):
        lapses = item.lapses_at is not None and item.lapses_at <= soon
        if lapses or item.urgency in (Urgency.OVERDUE, Urgency.DUE_SOON):
            yield item


def _line(practice: Practice, item: InboxItem) -> str:
    days = spoken_days(item.due_on, item.target_on, today(practice))
    if item.lapses_at is not None:
        days += spoken_lapse(item.lapses_at, practice.config.time_zone)
    return f"{item.reference} {_WHAT[item.waits_to]}{days}"


def _told_today(practice: Practice, connection: Connection) -> set[tuple[str, str]]:
    zone, on = practice.config.time_zone, today(practice)
    return {
        (message.to, message.about)
        for message in read_messages(connection)
        if message.made_at.astimezone(zone).date() == on
    }
