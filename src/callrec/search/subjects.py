"""Look a person up on the register, or read their record: for a reason, on record [policy 4(c)].

It is a search like any other: in the log, with what was asked for and why, before anything is
opened, drawn for review with the others, and refused where it would be browsing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import Connection

from callrec.catalogue.engine import reading
from callrec.crypto.canonical import parse_instant
from callrec.login.people import logins
from callrec.policy.rights.subject import (
    SubjectCriteria,
    SubjectRecord,
    check_may_keep,
    check_not_browsing_people,
    check_reason_or_request,
)
from callrec.policy.words import mask_number
from callrec.practice import Actor, Practice, attempt, record, today
from callrec.record.acts import ANSWERED, SEARCH
from callrec.search.search import searched_under
from callrec.subjects.log import OpenSubject, read_subject
from callrec.subjects.register import find_subjects, shared_numbers

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, repr=False)
class FoundSubject:
    """Somebody who is so. Its repr shows nothing."""

    reference: str
    name: str
    born_on: date


@dataclass(frozen=True, slots=True)
class SubjectChange:
    """When a version was made, and by whom."""

    what: str
    at: datetime
    by: str
    """Login."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownSubject:
    """A record as its readers see it. Its repr shows nothing."""

    reference: str
    names: tuple[str, ...]
    born_on: date
    nhs_number: str
    """Empty: not known."""
    numbers: tuple[str, ...]
    masked: bool
    """Of NHS number and telephone numbers, the last four digits alone are shown."""
    shared: int
    """How many of the telephone numbers are also another registered person's."""
    proof: str
    history: tuple[SubjectChange, ...]


def look_up_subjects(
    practice: Practice,
    actor: Actor,
    criteria: SubjectCriteria,
    *,
    reason: str | None,
    request: str | None,
) -> tuple[FoundSubject, ...]:
    """Those on the register who are so, by number.

    Raises:
        Refused: the actor may not search, says neither why nor under which open request, or gives
            no more than a name.
        NotFound: there is no such request.
        Locked: the actor has not the catalogue or the index key.
        Tampered: a record is not as it was entered.
    """
    asked = {
        "born": criteria.born_on and criteria.born_on.isoformat(),
        "nhs_number": criteria.nhs_number,
        "number": criteria.number,
        "party": criteria.name,
        "register": "people",
    }

    def find(connection: Connection) -> tuple[OpenSubject, ...]:
        return find_subjects(practice, actor, connection, criteria)

    with_reason = {"reason": reason, "request": request}
    found = _on_record(
        practice,
        actor,
        {name: value for name, value in asked.items() if value},
        check=lambda: check_not_browsing_people(criteria, **with_reason),
        read=find,
        count=len,
        **with_reason,
    )
    return tuple(
        FoundSubject(each.reference, each.record.names[0], each.record.born_on) for each in found
    )


def show_subject(
    practice: Practice, actor: Actor, reference: str, *, reason: str | None, request: str | None
) -> ShownSubject:
    """What is known of one person.

    Raises: as `look_up_subjects`; Refused as well where they were erased.
    """

    def read(connection: Connection) -> ShownSubject:
        opened, called = read_subject(practice, actor, connection, reference), logins(practice)
        known, mask = opened.record, str if request else mask_number
        shared = shared_numbers(practice, actor, connection, opened.id, known.numbers)
        history = tuple(
            SubjectChange(str(leaf.act), parse_instant(leaf.at), called[leaf.actor])
            for leaf in opened.history.leaves
        )
        return ShownSubject(
            reference=opened.reference,
            names=known.names,
            born_on=known.born_on,
            nhs_number=known.nhs_number and mask(known.nhs_number),
            numbers=tuple(map(mask, known.numbers)),
            masked=not request,
            shared=len(shared),
            proof=known.proof,
            history=history,
        )

    return _on_record(
        practice,
        actor,
        {"subject": reference},
        check=lambda: check_reason_or_request(reason, request),
        read=read,
        count=lambda _: 1,
        reason=reason,
        request=request,
    )


def record_of(
    practice: Practice, actor: Actor, reference: str, *, reason: str | None, request: str | None
) -> SubjectRecord:
    """What is known of one person, for a request about them. Raises: as `show_subject`."""
    return _on_record(
        practice,
        actor,
        {"subject": reference},
        check=lambda: check_reason_or_request(reason, request),
        read=lambda connection: read_subject(practice, actor, connection, reference).record,
        count=lambda _: 1,
        reason=None if request else reason,
        request=request,
    )


def _on_record(
    practice: Practice,
    actor: Actor,
    criteria: Mapping[str, str],
    *,
    check: Callable[[], None],
    read: Callable[[Connection], _Value],
    count: Callable[[_Value], int],
    reason: str | None,
    request: str | None,
) -> _Value:
    """Read of the register what is asked for; that it was asked, and why, is in the log first."""
    details = {"criteria": criteria, "reason": reason, "request": request}
    with attempt(practice, actor, SEARCH, details=details):
        check_may_keep(actor.person, on=today(practice))
        check()
        subject = [searched_under(practice, actor, request)] if request is not None else []
    seq = record(practice, actor, SEARCH, subject=subject, details=details)
    with (
        attempt(practice, actor, ANSWERED, subject=subject, details={"search": seq}),
        reading(practice.engine) as connection,
    ):
        value = read(connection)
    found = count(value)
    answer = {"found": found, "search": seq, "shown": found}
    record(practice, actor, ANSWERED, subject=subject, details=answer)
    return value
