"""Requests and what becomes of them, in a practice that has recordings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from callrec.audit.leaf import Outcome
from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading, transaction
from callrec.catalogue.requests import find_request
from callrec.crypto.identity import Identity
from callrec.policy.purpose import Purpose
from callrec.policy.when import Times
from callrec.procedures.approve import Approved, Decision, approve_request
from callrec.procedures.granted import UsableGrant, usable_grants
from callrec.procedures.open_request import OpenRequest, read_request
from callrec.procedures.people import find_person
from callrec.procedures.request import Said, create_request
from callrec.procedures.unlock import Unlocked, actor_by_session, actor_of, session_of
from procedures.spool import a_call, take_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callrec.audit.leaf import Leaf
    from callrec.practice import Actor
    from practices import House

REASON = "The patient complains that nobody rang back"
ANOTHER_REASON = "It was looked into and is not needed any more"


def signed_in(house: House, login: str) -> Actor:
    """Somebody who gave his password; as `House.actor`, but the vault is not opened anew."""
    row, _ = find_person(house.practice, login)
    identity = Identity.from_seed(house.seeds[login], house.practice.vault)
    return actor_of(house.practice, Unlocked(row.id, login, identity, claimed=False))


def logged_in(house: House, login: str) -> Actor:
    """Somebody with what a login keeps."""
    actor = signed_in(house, login)
    return actor_by_session(house.practice, session_of(house.practice, actor))


def with_recordings(house: House, count: int = 3) -> House:
    """The same practice, holding recordings 1 to ``count``."""
    spool = house.folder / "spool"
    take_in(house, *(a_call(spool, call) for call in range(count)))
    return house


def said(**changes: Any) -> Said:
    """The six particulars, all known."""
    known = {
        "reason": REASON,
        "day": date(2024, 7, 4),
        "times": Times(time(14, 0), time(14, 30)),
        "extension": "201",
        "number": "07700 900123",
        "parties": ("Siân O'Neill", "Reception"),
        "about": "About a prescription",
    }
    return Said(**{**known, **changes})


def a_request(
    house: House,
    login: str = "sam",
    *,
    purpose: Purpose = Purpose.COMPLAINT,
    recordings: Sequence[int] = (1, 2),
) -> str:
    """Its reference; made by somebody who is logged in, no more."""
    made = create_request(
        house.practice, logged_in(house, login), purpose=purpose, said=said(), recordings=recordings
    )
    return made.reference


def approve(
    house: House,
    reference: str,
    login: str = "max",
    *,
    second: Actor | None = None,
    **decision: Any,
) -> Approved:
    """Approve it as one command does."""
    return approve_request(
        house.practice,
        signed_in(house, login),
        reference,
        Decision(**decision),
        countersigner=second,
    )


def approved(house: House, login: str = "sam", **asked: Any) -> str:
    """A request that max has approved for whoever made it; its reference."""
    reference = a_request(house, login, **asked)
    approve(house, reference)
    return reference


def grants_of(house: House, reference: str, login: str = "sam") -> tuple[UsableGrant, ...]:
    """What somebody may hear now under a request."""
    actor = signed_in(house, login)
    with reading(house.practice.engine) as connection:
        return usable_grants(house.practice, actor, connection, reference)


def opened(house: House, reference: str, login: str = "max") -> OpenRequest:
    """The request as somebody opens it."""
    actor = signed_in(house, login)
    with reading(house.practice.engine) as connection:
        return read_request(house.practice, actor, connection, reference)


def state_of(house: House, reference: str) -> str:
    """The state column."""
    with reading(house.practice.engine) as connection:
        return str(find_request(connection, reference).state)


def request_id(house: House, reference: str) -> str:
    with reading(house.practice.engine) as connection:
        return str(find_request(connection, reference).id)


def by_sql(house: House, statement: str, **values: object) -> None:
    """What somebody does who can write the database and has no key at all."""
    with transaction(house.practice.engine) as connection:
        assert connection.execute(text(statement), values).rowcount > 0


def rows(house: House, statement: str, **values: object) -> list[Any]:
    with reading(house.practice.engine) as connection:
        return list(connection.execute(text(statement), values))


def last_leaf(house: House) -> Leaf:
    with reading(house.practice.engine) as connection:
        leaf, _ = read_leaf(connection, stored_head(connection).size - 1)
    return leaf


def refused(house: House) -> bool:
    """The last leaf is a refusal."""
    return last_leaf(house).outcome is Outcome.REFUSED


def pass_days(house: House, days: int) -> datetime:
    house.at += timedelta(days=days)
    return house.at
