"""Remind people of what is urgent in their inboxes: decisions, answers, grants about to lapse.

Whom a request is about lies sealed, and the inbox does not know it, but the writer of the first
message did. So people who could have decided it then, and were left out where others were notified,
are not reminded of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf
from callrec.audit.rows import check_tables
from callrec.catalogue.engine import reading, transaction
from callrec.catalogue.requests import ROWS_OF_REQUESTS
from callrec.crypto.canonical import parse_instant
from callrec.errors import Tampered
from callrec.mail.outbox import addresses_of, queue_mail, read_messages
from callrec.office.inbox import InboxAction, InboxItem, inbox_of
from callrec.policy.clock_events import Urgency
from callrec.policy.purpose import TERMS, is_never_kept
from callrec.policy.request import RequestAct
from callrec.policy.role import Person, powers_of
from callrec.practice import Practice, today
from callrec.record.acts import done_leaves
from callrec.requests.history import REQUESTS, read_outlines
from callrec.requests.telling import days_in_words, hours_in_words, lapse_in_words

SOON: Final = timedelta(days=3)
"""Before something lapses; what has a clock is urgent as `clocks.warn_days` says."""

_WHAT: Final = {
    InboxAction.DECIDE: "awaits your decision",
    InboxAction.ANSWER: "awaits an answer from you",
    InboxAction.HEAR: "was approved for you",
    InboxAction.CARRY_OUT: "was approved, and waits for you to carry it out",
    InboxAction.SEND: "was heard, and no answer went out",
    InboxAction.ARCHIVE: "wait to be archived",
    InboxAction.VERIFY: "wait to be read back",
    InboxAction.SETTLE: "waits to be assessed and closed",
    InboxAction.ACKNOWLEDGE: "waits to be acknowledged",
}

_ROWS: Final = dict.fromkeys((*ROWS_OF_REQUESTS, "complaint", "incident", "person"), "%")


class Reminders(NamedTuple):
    """What was queued, and what is wrong with a row that it went by."""

    queued: int
    problem: Tampered | None


def queue_reminders(practice: Practice) -> Reminders:
    """Queue a line for each person and urgent request, unless they were notified of it today."""
    problem = None
    # In one look, so that no row is put back between: what it goes by is what is checked.
    with reading(practice.engine) as connection:
        asked = _read_asked(connection)
        found = [
            (person, item)
            for person in sorted(addresses_of(practice, connection))
            for item in _urgent(practice, connection, person, asked)
        ]
        try:
            check_tables(connection, _ROWS)
        except Tampered as error:
            problem = error
    queued, zone, on = 0, practice.settings.time_zone, today(practice)
    with transaction(practice.engine) as connection:
        notified_today = {
            (message.to, message.about)
            for message in read_messages(connection)
            if message.made_at.astimezone(zone).date() == on
        }
        for person, item in found:
            about = item.reference
            if (person, about) not in notified_today:
                notified_today.add((person, about))
                line = _line(practice, item)
                queued += queue_mail(practice, connection, to=[person], about=about, line=line)
    return Reminders(queued, problem)


class _DecisionMail(NamedTuple):
    """Who was notified by mail that a request awaits a decision, and who made it."""

    notified: frozenset[str]
    makers: frozenset[str]
    made: Leaf


def _read_asked(connection: Connection) -> Mapping[str, _DecisionMail]:
    """Of the requests in such messages, by their references."""
    notified: defaultdict[str, set[str]] = defaultdict(set)
    for message in read_messages(connection):
        if message.line.startswith(f"{message.about} {_WHAT[InboxAction.DECIDE]}"):
            notified[message.about].add(message.to)
    made = {leaf.subject[0]: leaf for leaf in done_leaves(connection, (RequestAct.CREATED,))}
    makings = read_outlines(connection)
    return {
        reference: _DecisionMail(
            frozenset(notified[reference]), makings[row.id].makers, made[row.id]
        )
        for row in REQUESTS.every(connection)
        if (reference := f"R-{row.number}") in notified and row.id in made
    }


def _urgent(
    practice: Practice, connection: Connection, person: str, asked: Mapping[str, _DecisionMail]
) -> Iterator[InboxItem]:
    soon, who = practice.now() + SOON, practice.register.person(person)
    for item in inbox_of(practice, who, connection):
        if item.waits_to not in _WHAT or _was_left_out(
            practice, who, item, asked.get(item.reference)
        ):
            continue
        lapses = item.lapses_at is not None and item.lapses_at <= soon
        if lapses or item.urgency in (Urgency.OVERDUE, Urgency.DUE_SOON):
            yield item


def _was_left_out(
    practice: Practice, who: Person, item: InboxItem, known: _DecisionMail | None
) -> bool:
    """Whether they are not to be reminded of a request, as only others were notified of it."""
    if item.purpose is None or item.waits_to not in (InboxAction.DECIDE, InboxAction.ANSWER):
        return False
    if known is not None and who.id in known.notified | known.makers:
        return False
    if not is_never_kept(item.purpose, who):
        return True
    if known is None:
        return False
    voucher = practice.register.voucher(who.id, before=known.made.seq)
    made_on = parse_instant(known.made.at).astimezone(practice.settings.time_zone).date()
    power = TERMS[item.purpose].decided_with
    return voucher is not None and power in powers_of(voucher.person, made_on)


def _line(practice: Practice, item: InboxItem) -> str:
    begins = f"{item.reference} {_WHAT[item.waits_to]}"
    if item.due_at is not None:
        return begins + hours_in_words(practice, item.due_at)
    days = days_in_words(item.due_on, item.target_on, today(practice))
    if item.lapses_at is not None:
        days += lapse_in_words(item.lapses_at, practice.settings.time_zone)
    return begins + days
