"""A practice with calls of two callers, and the holds that are placed over them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from callrec.audit.leaf import Leaf
from callrec.audit.log import read_leaf
from callrec.catalogue.engine import reading
from callrec.policy.days import TimeRange
from callrec.policy.particulars import UNKNOWN
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.practice import writing
from callrec.registers.projections import check_projections
from callrec.registers.verify import Verdict, Verification, verify_audit
from callrec.requests.ask import create_request
from callrec.requests.covering import holds_covering
from callrec.requests.history import log_request_event, read_history
from callrec.requests.holding import ListedHold
from callrec.requests.lapse import expire_lapsed
from callrec.retention.holds import lift_hold, list_holds, place_hold
from house.calls import a_call, take_in
from house.practices import House
from house.requests import REASON, logged_in, request_id, rows, said, signed_in

ANN, BOB = "+442079460123", "+441144960987"

FOURTH, FIFTH = date(2024, 1, 4), date(2024, 1, 5)

MORNING = TimeRange(time(9, 0), time(9, 9))

ALL = {1, 2, 3, 4}

NOTHING_TOLD: dict[str, Any] = {
    "days": UNKNOWN,
    "times": UNKNOWN,
    "extensions": ("unknown",),
    "numbers": ("unknown",),
    "parties": ("unknown",),
}


def with_two_callers(house: House) -> House:
    """Calls 1 and 2 are Ann's, on the 4th and the 5th; 3 and 4 are Bob's, likewise.

    Those of the 4th began at 9:00 and at 9:10, and each lasted a minute.
    """
    ann, bob = {"number": ANN, "caller": ANN}, {"number": BOB, "caller": BOB, "parties": ()}
    nine = datetime(2024, 1, 4, 9, tzinfo=UTC)
    take_in(
        house,
        [
            a_call(**ann, started_at=nine),
            a_call(**ann, started_at=nine.replace(day=5)),
            a_call(**bob, started_at=nine.replace(minute=10)),
            a_call(**bob, started_at=nine.replace(day=5)),
        ],
    )
    return house


def ask(
    house: House,
    login: str = "sam",
    *,
    purpose: Purpose = Purpose.COMPLAINT,
    recordings: Sequence[int] = (),
    **told: Any,
) -> str:
    """Make a request that tells of the calls what the test says, and nothing more."""
    says = said(purpose, **{**NOTHING_TOLD, **told})
    actor = logged_in(house, login)
    return create_request(
        house.practice, actor, purpose=purpose, answers=says, recordings=recordings
    ).reference


def look(house: House, login: str = "max") -> None:
    """What every command on requests begins with."""
    expire_lapsed(house.practice, logged_in(house, login))


def the_hold(house: House, number: int = 1) -> ListedHold:
    holds = list_holds(house.practice, signed_in(house, "dora"))
    return next(hold for hold in holds if hold.number == number)


def named(house: House, number: int = 1) -> set[int]:
    """The recordings that a hold names."""
    query = "SELECT recording FROM held JOIN hold ON hold.id = hold WHERE number = :number"
    return {row.recording for row in rows(house, query, number=number)}


def held(house: House, login: str = "max") -> set[int]:
    """What is held by anything, as somebody who may search is told."""
    actor = logged_in(house, login)
    with reading(house.practice.engine) as connection:
        everything = [row.id for row in rows(house, "SELECT id FROM recording")]
        return set(holds_covering(house.practice, actor, connection, everything))


def by_hand(house: House, *recordings: int, login: str = "max") -> int:
    """Place a hold; its number."""
    return place_hold(house.practice, logged_in(house, login), recordings, reason=REASON).number


def lift(
    house: House, number: int, login: str = "dora", second: str = "pat", reason: str = REASON
) -> None:
    lift_hold(
        house.practice,
        signed_in(house, login),
        number,
        reason=reason,
        countersigner=signed_in(house, second),
    )


def leaves(house: House, acts: str = "hold.") -> list[Leaf]:
    """The leaves of acts that begin so, oldest first."""
    with reading(house.practice.engine) as connection:
        found = [read_leaf(connection, row.seq)[0] for row in rows(house, "SELECT seq FROM leaf")]
    return [leaf for leaf in found if leaf.act.startswith(acts)]


def verified(
    house: House,
    *against: Path,
    root: bytes | None = b"",
    full: bool = True,
    only_new: bool = False,
) -> Verification:
    """A check of the audit record; ``root``: what is trusted, unless it is the practice's own."""
    trusted = house.practice.root if root == b"" else root
    return verify_audit(
        house.config,
        environ=house.environ,
        trusted_root=lambda _vault: trusted,
        against=against,
        full=full,
        only_new=only_new,
    )


def is_intact(house: House) -> bool:
    """Nothing is wrong with the record."""
    found = verified(house)
    return found.verdict is Verdict.INTACT and not found.problems and not found.without_power


def verdict(house: House) -> Verdict:
    """Of the quick check."""
    return verified(house, full=False).verdict


def problems(house: House) -> list[str]:
    """What of the catalogue its leaves and statements contradict, without those who signed it."""
    with reading(house.practice.engine) as connection:
        found = check_projections(connection, house.practice.register)
        return [problem.what for problem in found]


def contradictions(house: House) -> list[str]:
    """What of the catalogue contradicts leaves and statements, whoever wrote its rows."""
    found = (problem.what for problem in verified(house).problems)
    return [what for what in found if not re.match(r"row |recording \d+, in ", what)]


def hear(house: House, reference: str) -> None:
    """Let sam hear recording 1, which was granted, as the log tells it."""
    sam = signed_in(house, "sam")
    (recording,) = rows(house, "SELECT uid FROM recording WHERE id = 1")
    with writing(house.practice, sam.signer) as act:
        history = read_history(house.practice, act.connection, request_id(house, reference))
        log_request_event(act, sam, history, RequestAct.LISTENED, subject=["1" * 32, recording.uid])
