"""Look a person up on the register, read or write their record: on record [policy 4(c)].

It is a search like any other: in the log, with what was asked for and why, before anything is
opened, drawn for review with the others, and refused where it would be browsing. To enter somebody,
or change what is known of them, compares that with everybody's: the answer tells who is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar, Unpack

from sqlalchemy import Connection

from callrec.catalogue.engine import reading
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.login.people import logins
from callrec.policy.particulars import Particulars
from callrec.policy.rights.subject import (
    SubjectCriteria,
    SubjectRecord,
    check_may_keep,
    check_not_browsing_people,
    check_reason_or_request,
    is_asked_about,
    read_birthday,
    read_nhs_number,
)
from callrec.policy.search import Why
from callrec.policy.words import mask_number
from callrec.practice import Actor, Practice, attempt, record, today
from callrec.record.acts import ANSWERED, SEARCH
from callrec.search.search import request_named, searched_under
from callrec.subjects.log import OpenSubject, read_subject
from callrec.subjects.register import (
    KeptSubject,
    SubjectAnswers,
    add_subject,
    alike_subjects,
    change_subject,
    find_subjects,
    shared_numbers,
    telephone_number,
)

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, repr=False)
class FoundSubject:
    """A registered person whom a look-up found. Its repr shows nothing."""

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
    """Empty where it is not known."""
    numbers: tuple[str, ...]
    masked: bool
    """Of NHS number and telephone numbers, the last four digits alone are shown."""
    shared: int
    """How many of the telephone numbers are also another registered person's."""
    alike: tuple[str, ...]
    """References of those who may be the same person, entered twice."""
    proof: str
    history: tuple[SubjectChange, ...]


def look_up_subjects(
    practice: Practice, actor: Actor, criteria: SubjectCriteria, **why: Unpack[Why]
) -> tuple[FoundSubject, ...]:
    """The people on the register who match, in the order of their numbers.

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

    def find() -> tuple[OpenSubject, ...]:
        with reading(practice.engine) as connection:
            return find_subjects(practice, actor, connection, criteria)

    found = _on_record(
        practice,
        actor,
        {name: value for name, value in asked.items() if value},
        check=partial(check_not_browsing_people, criteria),
        read=find,
        count=len,
        **why,
    )
    return tuple(
        FoundSubject(each.reference, each.record.names[0], each.record.born_on) for each in found
    )


def show_subject(
    practice: Practice, actor: Actor, reference: str, **why: Unpack[Why]
) -> ShownSubject:
    """What is known of one person.

    Raises: as `look_up_subjects`; Refused as well where they were erased.
    """

    def read() -> ShownSubject:
        with reading(practice.engine) as connection:
            opened = read_subject(practice, actor, connection, reference)
            known, called, request = opened.record, logins(practice), why["request"]
            is_whole = request is not None and is_asked_about(
                known, reference, _particulars(practice, actor, connection, request)
            )
            shared = shared_numbers(practice, actor, connection, opened.id, known.numbers)
            alike = alike_subjects(practice, actor, connection, opened.id, known)
        mask = str if is_whole else mask_number
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
            masked=not is_whole,
            shared=len(shared),
            alike=alike,
            proof=known.proof,
            history=history,
        )

    return _on_record(
        practice,
        actor,
        {"subject": reference},
        read=read,
        count=lambda _: 1,
        about=reference,
        **why,
    )


def record_of(
    practice: Practice, actor: Actor, reference: str, *, reason: str | None, request: str | None
) -> SubjectRecord:
    """What is known of one person, for a request about them. Raises: as `show_subject`."""

    def read() -> SubjectRecord:
        with reading(practice.engine) as connection:
            return read_subject(practice, actor, connection, reference).record

    return _on_record(
        practice,
        actor,
        {"subject": reference},
        read=read,
        count=lambda _: 1,
        reason=None if request else reason,
        request=request,
    )


def enter_person(
    practice: Practice, actor: Actor, said: SubjectAnswers, **why: Unpack[Why]
) -> KeptSubject:
    """Enter a person whose identity was proved. Raises: as `show_subject` and `add_subject`."""
    return _on_record(
        practice,
        actor,
        {**_compared(practice, said), "register": "people"},
        read=lambda: add_subject(practice, actor, said),
        count=lambda kept: kept.shared + len(kept.alike),
        **why,
    )


def change_person(
    practice: Practice, actor: Actor, reference: str, said: SubjectAnswers, **why: Unpack[Why]
) -> KeptSubject:
    """Change what is known of a person. Raises: as `show_subject` and `change_subject`."""
    return _on_record(
        practice,
        actor,
        {**_compared(practice, said), "subject": reference},
        read=lambda: change_subject(practice, actor, reference, said),
        count=lambda kept: kept.shared + len(kept.alike),
        about=reference,
        **why,
    )


def _compared(practice: Practice, said: SubjectAnswers) -> Mapping[str, Any]:
    """What was said of a person, as a look-up by it would ask for it."""
    asked = {
        "born": said.born and read_birthday(said.born, today(practice)).isoformat(),
        "nhs_number": said.nhs_number and read_nhs_number(said.nhs_number),
        "number": [telephone_number(practice, each) for each in said.numbers],
        "party": [*said.names],
    }
    return {name: value for name, value in asked.items() if value}


def _particulars(
    practice: Practice, actor: Actor, connection: Connection, request: str
) -> Particulars:
    from callrec.requests.open import read_request  # noqa: PLC0415  # loads much

    return read_request(practice, actor, connection, request).particulars


def _on_record(
    practice: Practice,
    actor: Actor,
    criteria: Mapping[str, Any],
    *,
    read: Callable[[], _Value],
    count: Callable[[_Value], int],
    check: Callable[..., None] = check_reason_or_request,
    about: str | None = None,
    **why: Unpack[Why],
) -> _Value:
    """Read of the register what is asked for; that it was asked, and why, is in the log first.

    A look at one person, ``about``, stands under a request that says it is about them. Under
    another it is reviewed as one without, and its leaf names that request twice.
    """
    details, request = {"criteria": criteria, **why}, why["request"]
    named = request_named(practice, actor, request)
    with attempt(practice, actor, SEARCH, subject=named, details=details):
        check_may_keep(actor.person, on=today(practice))
        check(**why)
        subject = [searched_under(practice, actor, request)] if request is not None else []
        if request is not None and about:
            with reading(practice.engine) as connection:
                if _particulars(practice, actor, connection, request).person != about:
                    subject *= 2
    seq = record(practice, actor, SEARCH, subject=subject, details=details)
    with attempt(practice, actor, ANSWERED, subject=subject, details={"search": seq}):
        value = read()
    found = count(value)
    answer = {"found": found, "search": seq, "shown": found}
    record(practice, actor, ANSWERED, subject=subject, details=answer)
    return value
