"""Days of September 2024 and after, and what may happen on them to a request."""

from __future__ import annotations

from datetime import date
from typing import Final

from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind
from callrec.policy.purpose import Purpose

MONTHLY: Final = (
    *(Purpose.SUBJECT_ACCESS, Purpose.ERASURE, Purpose.PORTABILITY),
    *(Purpose.RECTIFICATION, Purpose.RESTRICTION, Purpose.OBJECTION),
)


def day(number: int, month: int = 9) -> date:
    return date(2024, month, number)


def asked(awaited: Awaited, on: date) -> ClockEvent:
    return ClockEvent(event=ClockEventKind.ASKED, on=on, awaited=awaited)


def came(awaited: Awaited, on: date) -> ClockEvent:
    return ClockEvent(event=ClockEventKind.ANSWERED, on=on, awaited=awaited)


def extended(on: date) -> ClockEvent:
    return ClockEvent(event=ClockEventKind.EXTENDED, on=on)
