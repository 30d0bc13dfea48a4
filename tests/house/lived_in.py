"""A practice that was lived in from 24 November 2026 to 1 April 2027: something of every kind."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime

from callrec.errors import CallrecError, Failed, Refused
from callrec.intake.reconciled import Counts, log_reconciliation
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind
from callrec.policy.days import DayRange
from callrec.policy.incident import Outcome
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.policy.search import Criteria
from callrec.release.listen import Player
from callrec.requests.ask import create_request
from callrec.requests.decide import deny_request
from callrec.requests.event import date_request, withdraw_request
from callrec.retention.holds import lift_hold, place_hold
from callrec.search.search import search_recordings
from house import complaints, incidents
from house.drives import archive, drive
from house.erasures import erase
from house.handed_over import hand_over, released
from house.listening import hear
from house.practices import House
from house.requests import (
    ANOTHER_REASON,
    a_request,
    approve,
    further_of,
    logged_in,
    said,
    signed_in,
    third_parties_checked,
    with_recordings,
)
from house.spool import a_call, a_name, take_in


def on(house: House, day: str, clock: str = "12:00") -> None:
    """Go on at a time, UTC; every clock that runs out meanwhile has run out."""
    house.at = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
    house.open()


def ask(
    house: House, purpose: Purpose, *recordings: int, login: str = "sam", **further: str
) -> str:
    asks = said(purpose, further=further_of(purpose, **further))
    made = create_request(
        house.practice,
        logged_in(house, login),
        purpose=purpose,
        answers=asks,
        recordings=recordings or (1, 2),
    )
    return made.reference


def search(house: House, login: str, request: str | None = None) -> None:
    """A search that is refused is one, too."""
    with suppress(Refused):
        search_recordings(
            house.practice,
            logged_in(house, login),
            criteria=[Criteria(number="+447700900123")],
            reason=None if request else ANOTHER_REASON,
            request=request,
            limit=None,
        )


def compared(house: House, first: str, last: str, **counts: int) -> None:
    """Somebody held what is here against the telephone system's call records."""
    none = dict.fromkeys(
        ("not_understood", "recordings", "without_call", "unheard", "duplicates", "gaps"), 0
    )
    days = DayRange(date.fromisoformat(first), date.fromisoformat(last))
    told = Counts(**{**none, "files": 1, **counts}, joined_by={})
    log_reconciliation(house.practice, signed_in(house, "max"), days, told, asked=0)


def lived_in(house: House) -> None:
    """What happened, month by month; what a report must say of it stands in its tests."""
    november(house)
    december(house)
    new_year(house)
    spring(house)


def november(house: House) -> None:
    with_recordings(house, 3)
    a_request(house)
    approve(house, "R-1")
    hear(house, "R-1", 1)
    hear(house, "R-1", 2)
    ask(house, Purpose.SUBJECT_ACCESS, received="2026-11-20")
    ask(house, Purpose.SUBJECT_ACCESS, received="2026-10-20")
    search(house, "max", "R-2")
    on(house, "2026-11-30")
    approve(house, "R-2", "dora")
    third_parties_checked(house, "sam", "R-2")
    released(house, "R-2")
    hand_over(house, "R-2", on=date(2026, 11, 30))


def december(house: House) -> None:
    on(house, "2026-12-02")
    deny_request(
        house.practice,
        signed_in(house, "dora"),
        "R-3",
        reason=ANOTHER_REASON,
        ground=Ground.THIRD_PARTY,
    )
    ask(house, Purpose.ERASURE, received="2026-12-01")
    on(house, "2026-12-05")
    withdraw_request(house.practice, signed_in(house, "sam"), "R-4")
    ask(
        *(house, Purpose.OUTSIDE_BODY),
        legal_basis="court-order",
        received="2026-12-04",
        answer_by="2026-12-11",
    )
    ask(house, Purpose.TRAINING, 1, login="mia")
    approve(house, "R-6", "max")

    def play(pieces: Iterable[bytes]) -> bool:
        list(pieces)
        raise Failed("the player ended with status 1")

    with suppress(CallrecError):
        hear(house, "R-6", 1, "mia", player=lambda _: Player(("ear",), play))
    for login in ("max", "max", "pat", "sam"):
        search(house, login)
    on(house, "2026-12-14")
    approve(house, "R-5", "dora", to="max")
    released(house, "R-5", "max")
    on(house, "2026-12-15")
    incidents.settled(house)  # I-1, in time
    complaints.a_complaint(house, received_on=date(2026, 12, 14))  # C-1
    complaints.a_complaint(house, received_on=date(2026, 11, 25))  # C-2
    archive(house, drive(house))
    on(house, "2026-12-20")
    complaints.acknowledged(house, "C-1")
    compared(
        *(house, "2026-12-01", "2026-12-20"),
        calls=120,
        answered=100,
        held=97,
        in_part=1,
        missing=2,
    )
    on(house, "2026-12-28")
    reference = incidents.an_incident(house, noticed_at=datetime(2026, 12, 18, 9, tzinfo=UTC))
    incidents.found(house, reference, incidents.GRAVE, "mia")  # I-2, late
    incidents.found(house, reference, incidents.ON_RECORD)


def new_year(house: House) -> None:
    on(house, "2027-01-04")
    compared(
        *(house, "2026-12-11", "2026-12-20"),
        calls=50,
        answered=40,
        held=40,
        in_part=0,
        missing=0,
    )
    compared(
        *(house, "2026-12-21", "2027-01-03"),
        calls=9,
        answered=9,
        held=9,
        in_part=0,
        missing=0,
    )
    compared(
        *(house, "2026-12-01", "2026-12-10"),
        calls=70,
        answered=60,
        held=57,
        in_part=1,
        missing=2,
    )
    on(house, "2027-01-05")
    incidents.closed(
        *(house, "I-2"),
        outcome=Outcome.REPORTED,
        on=date(2027, 1, 5),
        reason="Reported by telephone and in writing",
        delay_reason="Nobody was at the practice over Christmas",
    )
    ask(house, Purpose.SUBJECT_ACCESS, received="2027-01-04", identity="unknown")
    asked = ClockEvent(event=ClockEventKind.ASKED, on=date(2027, 1, 5), awaited=Awaited.IDENTITY)
    date_request(house.practice, signed_in(house, "dora"), "R-7", asked, reason=ANOTHER_REASON)
    on(house, "2027-01-10")
    complaints.answered(house, "C-1")
    ask(house, Purpose.ERASURE, 3, received="2027-01-08")
    on(house, "2027-01-12")
    approve(house, "R-8", "dora", to="dora", recordings=(3,))
    erase(house, "R-8")
    place_hold(house.practice, signed_in(house, "max"), [1], reason=ANOTHER_REASON)
    spool = house.folder / "spool"
    later = [a_call(spool, call, name=a_name(call, hours_later=call)) for call in (7, 8)]
    take_in(house, *later)
    on(house, "2027-01-20")
    complaints.acknowledged(house, "C-2")
    came = ClockEvent(event=ClockEventKind.ANSWERED, on=date(2027, 1, 20), awaited=Awaited.IDENTITY)
    date_request(house.practice, signed_in(house, "dora"), "R-7", came, reason=ANOTHER_REASON)


def spring(house: House) -> None:
    on(house, "2027-01-31")
    lift_hold(
        house.practice,
        signed_in(house, "dora"),
        _by_hand(house),
        reason=ANOTHER_REASON,
        countersigner=signed_in(house, "pat"),
    )
    on(house, "2027-02-01")
    ask(house, Purpose.PORTABILITY, 1, received="2027-01-29")
    extended = ClockEvent(event=ClockEventKind.EXTENDED, on=date(2027, 2, 1))
    date_request(house.practice, signed_in(house, "dora"), "R-9", extended, reason=ANOTHER_REASON)
    on(house, "2027-03-25")
    a_request(house, "dora", recordings=(1,))
    approve(house, "R-10", "dora", glass_reason="Nobody else is there on this evening")
    on(house, "2027-03-31", "23:30")  # half past midnight on 1 April, at the practice
    hear(house, "R-10", 1, "dora")
    take_in(house, a_call(house.folder / "spool", 9, name=a_name(9, hours_later=9)))
    archive(house, drive(house))
    on(house, "2027-04-01")


def _by_hand(house: House) -> int:
    from house.requests import rows  # noqa: PLC0415 - asked for here alone

    found = rows(house, "SELECT number FROM hold WHERE request IS NULL")
    return int(found[0].number)
