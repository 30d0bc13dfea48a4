"""Requests and what becomes of them, in a practice that has recordings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading, transaction
from callrec.catalogue.requests import find_request
from callrec.crypto.identity import Identity
from callrec.login.people import find_person
from callrec.login.unlock import Unlocked, actor_of
from callrec.policy.days import TimeRange
from callrec.policy.edits import Silence, TypedEdit
from callrec.policy.further import FurtherParticular
from callrec.policy.particulars import Answers
from callrec.policy.purpose import TERMS, Purpose
from callrec.practice import Actor
from callrec.requests.agreement import describe_file
from callrec.requests.ask import create_request
from callrec.requests.decide import Approved, Decision, approve_request
from callrec.requests.event import record_third_party_check
from callrec.requests.grants import UsableGrant, usable_grants
from callrec.requests.model import OpenRequest
from callrec.requests.open import read_request
from house.particulars import answers, several
from house.practices import House, without_password
from house.spool import a_call, a_name, take_in

REASON = "The patient complains that nobody rang back"

ANOTHER_REASON = "It was looked into and is not needed any more"

AGREEMENT = (
    b"%PDF-1.7\n% I agree that the call of 4 July 2024 is released. Dora Whitlock\n\xe2\xe3\0\n"
)
"""A signed letter, as a scanner makes it: no text in UTF-8."""

FURTHER = {
    FurtherParticular.LEARNING: "How a caller in distress is calmed and kept on the line",
    FurtherParticular.AFFECTED: "mia",
    FurtherParticular.COMPLAINT: "C-2024-17",
    FurtherParticular.COMPLAINANT: "patient",
    FurtherParticular.CLAIM: "MDU 24/881",
    FurtherParticular.EMPLOYEE: "Robin Ashdown",
    FurtherParticular.ALLEGATION: "HR-2024-3",
    FurtherParticular.AGREEMENT: describe_file(AGREEMENT).as_text(),
    FurtherParticular.CONSULTED: "2024-07-08",
    FurtherParticular.REGULATOR: "Care Quality Commission",
    FurtherParticular.REFERENCE: "CRN 24/4711",
    FurtherParticular.SUBJECT: "Siân O'Neill",
    FurtherParticular.RECEIVED: "2024-07-05",
    FurtherParticular.RECEIVED_HOW: "written",
    FurtherParticular.IDENTITY: "passport seen by reception",
    FurtherParticular.AUTHORITY: "none",
    FurtherParticular.HEAR_OR_COPY: "copy",
    FurtherParticular.BODY: "Avon and Somerset Police",
    FurtherParticular.OFFICER: "Jo Penhale",
    FurtherParticular.RANK: "Inspector",
    FurtherParticular.CONTACT: "jo.penhale@police.example",
    FurtherParticular.LEGAL_BASIS: "crime",
    FurtherParticular.CONFIDENTIALITY: "public-interest",
    FurtherParticular.URGENT: "no",
    FurtherParticular.NECESSITY: "The caller's words are evidence of a threat to kill",
    FurtherParticular.PREJUDICE: "Without it the threat cannot be proved in court",
    FurtherParticular.SUBJECT_MAY_BE_TOLD: "no",
    FurtherParticular.APPLICANT: "Owen O'Neill",
    FurtherParticular.STANDING: "personal-representative",
    FurtherParticular.EVIDENCE: "grant of probate, seen by reception",
    FurtherParticular.CORRECTION: "The call says penicillin; they are allergic to aspirin",
    FurtherParticular.WHY_RESTRICTED: "accuracy",
    FurtherParticular.SITUATION: "A relative of theirs works at the practice and may listen",
}
"""An answer to each further particular, in its form; no court set a day."""


def signed_in(house: House, login: str) -> Actor:
    """Somebody who gave their password; as `House.actor`, but the vault is not opened anew."""
    row, _ = find_person(house.practice, login)
    identity = Identity.from_seed(house.seeds[login], house.practice.vault)
    return actor_of(house.practice, Unlocked(row.id, login, identity, claimed=False))


def logged_in(house: House, login: str) -> Actor:
    """Somebody with what a login keeps."""
    return without_password(signed_in(house, login))


def with_recordings(house: House, count: int = 3) -> House:
    """The same practice, holding recordings 1 to ``count``; what `said` says fits the first."""
    spool = house.folder / "spool"
    names = [a_name(call, hours_later=min(call, 1)) for call in range(count)]
    take_in(house, *(a_call(spool, call, name=name) for call, name in enumerate(names)))
    return house


def further_of(purpose: Purpose, **changes: str) -> dict[FurtherParticular, str]:
    """What a purpose asks for besides the six; changes by the members' names, as ``received``."""
    changed = {FurtherParticular(name.replace("_", "-")): text for name, text in changes.items()}
    asked = {each: FURTHER[each] for each in TERMS[purpose].further if each in FURTHER}
    return asked | changed


def asks_for_a_file(purpose: Purpose) -> bool:
    """Whether a written agreement goes with it."""
    return FurtherParticular.AGREEMENT in TERMS[purpose].further


def said(purpose: Purpose = Purpose.PROTECT_PARTIES, **changes: Any) -> Answers:
    """The six particulars, all known, and what the purpose asks for besides."""
    known = {
        "reason": REASON,
        "day": date(2024, 7, 4),
        "times": TimeRange(time(14, 0), time(14, 30)),
        "extension": "201",
        "number": "07700 900123",
        "parties": ("Siân O'Neill", "Reception"),
        "about": "About a prescription",
        "further": further_of(purpose),
        "agreement": AGREEMENT if asks_for_a_file(purpose) else None,
    }
    return answers(**{**several(**known), **several(**changes)})


def a_request(
    house: House,
    login: str = "sam",
    *,
    purpose: Purpose = Purpose.PROTECT_PARTIES,
    recordings: Sequence[int] = (1, 2),
    **changes: Any,
) -> str:
    """Its reference; made by somebody who is logged in, no more."""
    actor, asks = logged_in(house, login), said(purpose, **changes)
    made = create_request(
        house.practice, actor, purpose=purpose, answers=asks, recordings=recordings
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
    """A request that max has approved for the person who made it; its reference."""
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


def third_parties_checked(house: House, login: str, reference: str = "R-1") -> None:
    """Somebody thought of other people in these recordings before their subject has them."""
    actor, day = signed_in(house, login), house.at.date()
    asked = opened(house, reference, "dora").recordings
    record_third_party_check(
        house.practice,
        actor,
        reference,
        on=day,
        assessment=ANOTHER_REASON,
        not_heard={row.id: "The patient has heard it at the practice" for row in asked},
    )


def silence_of(typed: TypedEdit) -> Silence:
    """What was typed after ``--silence``."""
    assert isinstance(typed.edit, Silence)
    return typed.edit
