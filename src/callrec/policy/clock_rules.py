"""Which dated events there may be [policy 4(b), 4(e), 4(f)].

    a day that has not come cannot be written down              every event
    nothing happened to a request before it was received        every event
    an extension is said within the first month, and once       extended
    only a data subject's month can be extended                 extended
    what was asked for is not asked for again before it comes   asked
    no fee is taken for a deceased patient's record             asked, answered
    clarification comes because it was asked for                answered
    what came does not come again, unless it was asked again    answered
    what is written down later did not happen earlier           asked, answered

An extension of a deadline that was missed would be one that nobody was told of in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.errors import Refused
from callrec.policy.clause import Clause, Law
from callrec.policy.clock_events import Awaited, ClockEvent, Dated, Receipt, waits_of
from callrec.policy.deadline import spelt
from callrec.policy.month_clock import follow
from callrec.policy.purpose import Purpose
from callrec.policy.scales import USUAL, Scales

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
    scales: Scales = USUAL,
) -> None:
    """Whether this may be written down of a request.

    Args:
        receipt: what came, and when.
        events: what is written down already.
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
            f"the request was received later, on {spelt(receipt.received_on)}",
            clause=source,
            hint="check the day; callrec request show says when it was received",
        )
    if event.event is Dated.EXTENDED:
        _check_extension(receipt, events, event.on, working, scales)
    elif event.awaited is not None:
        _check_asking(receipt, events, event, event.awaited)


def _check_extension(
    receipt: Receipt,
    events: tuple[ClockEvent, ...],
    told_on: date,
    working: WorkingDays,
    scales: Scales,
) -> None:
    if receipt.purpose not in EXTENDABLE:
        raise Refused(
            f"a request for {receipt.purpose} is given no more time",
            clause=_SOURCES.get(receipt.purpose, Clause.FORMALLY_AUTHORISED),
            hint="callrec due says by when it is answered",
        )
    if any(event.event is Dated.EXTENDED for event in events):
        raise Refused(
            "the answer has been extended already",
            clause=Law.ONE_MONTH,
            hint="callrec request show says by when it is due",
        )
    month = follow(receipt, events, working, on=told_on, scales=scales)
    last = working.next_working_day(month.ends_on(month.months))
    if told_on > last:
        raise Refused(
            f"an extension is said within the first month, which was over on {spelt(last)}",
            clause=Law.ONE_MONTH,
            hint="answer now, and say why it is late",
        )


def _check_asking(
    receipt: Receipt, events: tuple[ClockEvent, ...], event: ClockEvent, awaited: Awaited
) -> None:
    if awaited is Awaited.FEE and receipt.purpose is Purpose.DECEASED:
        raise Refused(
            "no fee is taken for the record of somebody who died",
            clause=Law.DECEASED_FEE,
            hint="answer it without one",
        )
    same = [each for each in events if each.awaited is awaited]
    waits = waits_of(same)
    is_open = bool(waits) and waits[-1].is_open
    source = _SOURCES.get(receipt.purpose, Clause.FORMALLY_AUTHORISED)
    newest = max((each.on for each in same), default=receipt.received_on)
    if event.on < newest:
        raise Refused(
            f"what is on record of it is later, of {spelt(newest)}",
            clause=source,
            hint="check the day; callrec request show says what happened when",
        )
    if event.event is Dated.ASKED:
        if is_open:
            raise Refused(
                f"{awaited.words} has been asked for and has not come",
                clause=source,
                hint="when it comes: callrec request event",
            )
    elif not is_open and (waits or awaited is Awaited.CLARIFICATION):
        raise Refused(
            f"{awaited.words} has not been asked for" + (" again" if waits else ""),
            clause=source,
            hint="first say when it was asked for: callrec request event",
        )
