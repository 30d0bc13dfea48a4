"""Days and times that cannot be: typed, written down of a request, set in the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from callrec.policy.clock_events import Awaited, ClockEvent, Receipt
from callrec.policy.clock_rules import check_event
from callrec.policy.days import (
    DayRange,
    WorkingDays,
    check_clock,
    parse_day,
    parse_instant,
    parse_times,
)
from callrec.policy.notice import NoticeKind, NoticeVersion, check_versions
from callrec.policy.purpose import Purpose
from policy.builders import LONDON, TODAY
from policy.dated import asked, came, day, extended

IDENTITY, CLARIFICATION = Awaited.IDENTITY, Awaited.CLARIFICATION

ACCESS, DECEASED, POLICE = Purpose.SUBJECT_ACCESS, Purpose.DECEASED, Purpose.OUTSIDE_BODY

WORKING = WorkingDays(closed=frozenset(), years=range(2024, 2026))


def writes_down(event: ClockEvent, *before: ClockEvent, purpose: Purpose = ACCESS) -> None:
    receipt = Receipt(purpose=purpose, received_on=day(3))
    check_event(receipt, before, event, WORKING, today=day(31, 10))


def received(purpose: Purpose, **said: Any) -> Receipt:
    return Receipt(purpose=purpose, received_on=day(3), **said)


def tells(*versions: tuple[str, int, int | None]) -> None:
    check_versions(
        NoticeVersion(
            kind=NoticeKind.WEBSITE,
            version=name,
            first_on=date(2024, 1, first),
            last_on=date(2024, 1, last) if last else None,
        )
        for name, first, last in versions
    )


DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    # Typed.
    "the days end before they begin": lambda: DayRange(day(4), day(3)),
    "a witness's clock is two days off": lambda: check_clock(
        "it", datetime(2026, 11, 26, 12, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)
    ),
    "the time ends before it begins": lambda: parse_times("15:00-14:00"),
    "a day is typed that is none": lambda: parse_day("30/2/2024", TODAY),
    "an instant is typed that is none": lambda: parse_instant("noon", LONDON, TODAY),
    "an hour is typed that came twice": lambda: parse_instant("2024-10-27T01:30", LONDON, TODAY),
    "a time is typed that is none": lambda: parse_times("25:00"),
    # Received.
    "a subject access is urgent": lambda: received(ACCESS, urgent=True),
    "an outside body's record is new": lambda: received(POLICE, nothing_older=True),
    "an order wants an answer before it was received": lambda: received(POLICE, answer_by=day(2)),
    # Written down afterwards.
    "something is written down of tomorrow": lambda: writes_down(asked(IDENTITY, day(1, 11))),
    "something is written down of the day before receipt": lambda: writes_down(
        asked(IDENTITY, day(2))
    ),
    "the police's request is extended": lambda: writes_down(extended(day(4)), purpose=POLICE),
    "the record of somebody who died is given more time": lambda: writes_down(
        extended(day(4)), purpose=DECEASED
    ),
    "a complaint is given more time": lambda: writes_down(
        extended(day(4)), purpose=Purpose.COMPLAINT
    ),
    "an answer is extended twice": lambda: writes_down(extended(day(4)), extended(day(4))),
    "an answer is extended after the first month": lambda: writes_down(extended(day(4, 10))),
    "a fee is taken for the record of somebody who died": lambda: writes_down(
        asked(Awaited.FEE, day(4)), purpose=DECEASED
    ),
    "what came last is written down first": lambda: writes_down(
        came(IDENTITY, day(4)), asked(IDENTITY, day(5))
    ),
    "proof is asked for while it is awaited": lambda: writes_down(
        asked(IDENTITY, day(4)), asked(IDENTITY, day(4))
    ),
    "clarification comes unasked": lambda: writes_down(came(CLARIFICATION, day(4))),
    "what came comes again": lambda: writes_down(came(IDENTITY, day(5)), came(IDENTITY, day(5))),
    # Bank holidays and notices, as configured.
    "a deadline is in a year long past": lambda: WORKING.is_closed(date(2023, 5, 1)),
    "a deadline is in a year to come": lambda: WORKING.is_closed(date(2026, 5, 1)),
    "a deadline rolls into a year to come": lambda: WorkingDays(
        frozenset({date(2025, 12, 31)}), range(2024, 2026)
    ).next_working_day(date(2025, 12, 31)),
    "a notice ends before it begins": lambda: tells(("1", 9, 8)),
    "two notices are in force": lambda: tells(("1", 1, 10), ("2", 10, None)),
    "two notices have one name": lambda: tells(("1", 1, 9), ("1", 10, None)),
}
