"""Which dated events there may be [policy 4(b), 4(e), 4(f)].

    a day that has not come cannot be written down              every event
    nothing happened to a request before it was received        every event
    an extension is said within the first month                 extended
    only a data subject's month can be extended                 extended
    no fee is taken for a deceased patient's record             asked, answered
    clarification comes because it was asked for                answered
    what is written down later did not happen earlier           asked, answered
    said again of another day it puts that day right            extended, asked, answered

What was said first stays on record. An extension of a deadline that was missed would be one that
nobody was told of in time; one that turns out to have been said after the first month may be put
right so, and then moves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.errors import Refused
from callrec.policy.clause import Clause, Law
from callrec.policy.clock_events import (
    Awaited,
    ClockEvent,
    ClockEventKind,
    Receipt,
    index_corrected_by,
)
from callrec.policy.deadline import full_date
from callrec.policy.month_clock import run_month_clock
from callrec.policy.purpose import Purpose
from callrec.policy.scales import STATUTORY_SCALES, TimeScales

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from callrec.errors import Source
    from callrec.policy.working_days import WorkingDays

_SOURCES: dict[Purpose, Source] = {
    Purpose.SUBJECT_ACCESS: Law.ONE_MONTH,
    Purpose.ERASURE: Law.ONE_MONTH,
    Purpose.PORTABILITY: Law.ONE_MONTH,
    Purpose.DECEASED: Law.DECEASED_PERIOD,
    Purpose.OUTSIDE_BODY: Clause.OUTSIDE_BODY,
}
"""What a clock rests on."""

EXTENDABLE = frozenset({Purpose.SUBJECT_ACCESS, Purpose.ERASURE, Purpose.PORTABILITY})
"""Whose answers may be extended [UK GDPR 12(3)]."""


def check_event(
    receipt: Receipt,
    events: Iterable[ClockEvent],
    event: ClockEvent,
    working: WorkingDays,
    *,
    today: date,
    scales: TimeScales = STATUTORY_SCALES,
) -> None:
    """Whether this may be written down of a request.

    Args:
        receipt: what came, and when.
        events: what is written down already and counts, in that order.
        event: what is to be.
        working: bank holidays are its business.
        today: the day, in the practice's time zone.
        scales: how long the clocks run.

    Raises:
        Refused: it may not; the message says why, the source where that stands.
        Unusable: the bank holidays of a year that it comes to are not known.
    """
    events = tuple(events)
    source = _SOURCES.get(receipt.purpose, Clause.FORMALLY_AUTHORISED)
    if event.on > today:
        raise Refused(
            "that day has not come yet", clause=source, hint="give the day on which it happened"
        )
    if event.on < receipt.received_on:
        raise Refused(
            f"the request was received later, on {full_date(receipt.received_on)}",
            clause=source,
            hint="check the day; callrec request show says when it was received",
        )
    place = index_corrected_by(events, event)
    if place is not None and events[place].on == event.on:
        raise Refused(
            f"that is on record already, of {full_date(event.on)}",
            clause=source,
            hint="if that day is wrong, say it again of the right one; both stay on record",
        )
    if event.awaited is not None:
        _check_asking(receipt, events[:place], event, event.awaited)
    elif event.event is ClockEventKind.EXTENDED:
        _check_extendable(receipt)
        if place is None:
            _check_extension(receipt, events, event.on, working, scales)


def _check_extendable(receipt: Receipt) -> None:
    if receipt.purpose not in EXTENDABLE:
        raise Refused(
            f"a request for {receipt.purpose} is given no more time",
            clause=_SOURCES.get(receipt.purpose, Clause.FORMALLY_AUTHORISED),
            hint="callrec due says by when it is answered",
        )


def _check_extension(
    receipt: Receipt,
    events: tuple[ClockEvent, ...],
    told_on: date,
    working: WorkingDays,
    scales: TimeScales,
) -> None:
    month = run_month_clock(receipt, events, working, on=told_on, scales=scales)
    last = working.next_working_day(month.ends_on(month.months))
    if told_on > last:
        raise Refused(
            f"an extension is said within the first month, which was over on {full_date(last)}",
            clause=Law.ONE_MONTH,
            hint="answer now, and say why it is late",
        )


def _check_asking(
    receipt: Receipt, before: tuple[ClockEvent, ...], event: ClockEvent, awaited: Awaited
) -> None:
    """``before`` is all that was written down earlier, of what is put right too."""
    if awaited is Awaited.FEE and receipt.purpose is Purpose.DECEASED:
        raise Refused(
            "no fee is taken for the record of somebody who died",
            clause=Law.DECEASED_FEE,
            hint="answer it without one",
        )
    same = [each for each in before if each.awaited is awaited]
    source = _SOURCES.get(receipt.purpose, Clause.FORMALLY_AUTHORISED)
    newest = max((each.on for each in same), default=receipt.received_on)
    if event.on < newest:
        raise Refused(
            f"what is on record of it is later, of {full_date(newest)}",
            clause=source,
            hint="check the day; callrec request show says what happened when",
        )
    if event.event is ClockEventKind.ANSWERED and awaited is Awaited.CLARIFICATION and not same:
        raise Refused(
            f"{awaited.words} has not been asked for",
            clause=source,
            hint="first say when it was asked for: callrec request event",
        )
