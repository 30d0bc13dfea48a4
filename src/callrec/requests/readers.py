"""Who reads a request in full, and who must not learn that there is one [policy 4(b), 4(f)].

Where an outside body asked that somebody is not told, its request is to him as one that there is
not: by its number, in every list and register, and so are the holds and the entries of the log that
name it. Only a number is missed. An auditor, who opens no requests, cannot be told apart so: lists
show him that a body asked, and never about whom. Staff and services are shown their own alone.

Source: DPA 2018 Sch 2 Pt 1 para 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.holds import find_hold, hold_not_found
from callrec.catalogue.requests import all_requests, find_request, request_not_found
from callrec.login.people import people_named
from callrec.policy.further import FurtherParticular
from callrec.policy.handling import is_shown_all_requests
from callrec.policy.particulars import Unknown
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.reviews import is_hidden_from
from callrec.practice import powers, today
from callrec.requests.open import can_open_as_searcher, read_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from callrec.policy.role import PersonId
    from callrec.practice import Actor, Practice
    from callrec.requests.model import OpenRequest


def sees_in_full(practice: Practice, actor: Actor, request: OpenRequest) -> bool:
    """Whether the actor sees a request in full: his own, his to decide, or granted to him."""
    facts, person = request.facts, actor.person.id
    decides = TERMS[request.purpose].decided_with in powers(practice, actor)
    return person in facts.makers | facts.granted_to or (decides and person not in facts.subjects)


def find_visible(
    practice: Practice, actor: Actor, connection: Connection, reference: str
) -> Row[Any]:
    """The row of a request that somebody names.

    Raises:
        NotFound: there is none, or none of which he may know.
        Tampered: it is not the one that was made.
    """
    row = find_request(connection, reference)
    if _is_kept(practice, actor, connection, row):
        raise request_not_found(reference)
    return row


def hidden_from(practice: Practice, actor: Actor, connection: Connection) -> frozenset[str]:
    """Ids of the requests of which somebody must not learn.

    Raises:
        Tampered: one that might be is not the one that was made.
    """
    rows = all_requests(connection)
    return frozenset(row.id for row in rows if _is_kept(practice, actor, connection, row))


def visible_requests(
    practice: Practice, actor: Actor, connection: Connection
) -> Sequence[Row[Any]]:
    """The rows of the requests that lists show to somebody, the oldest first.

    Raises:
        Tampered: one of which he may not know, perhaps, is not the one that was made.
    """
    rows = all_requests(connection)
    if not is_shown_all_requests(actor.person, on=today(practice)):
        grant, person = tables.grant.c, actor.person.id
        query = select(grant.request).where(grant.person == person)
        granted = set(connection.execute(query).scalars())
        rows = [row for row in rows if row.requester == person or row.id in granted]
    return [row for row in rows if not _is_kept(practice, actor, connection, row)]


def references_hidden_from(
    practice: Practice, actor: Actor | None, connection: Connection
) -> frozenset[str]:
    """The same as they are typed, ``R-17``.

    Where nobody is logged in, each request of an outside body: else to log out would show it.
    """
    rows = all_requests(connection)
    kept = (
        frozenset(row.id for row in rows if row.purpose == Purpose.OUTSIDE_BODY)
        if actor is None
        else hidden_from(practice, actor, connection)
    )
    return frozenset(f"R-{row.number}" for row in rows if row.id in kept)


def find_visible_hold(
    practice: Practice, actor: Actor, connection: Connection, number: int
) -> Row[Any]:
    """The row of a hold that somebody names, as `catalogue.holds.find_hold` gives it.

    Raises:
        NotFound: there is none, or its request is one of which he must not learn.
        Tampered: that is not the one that was made.
    """
    row = find_hold(connection, number)
    if row.request in hidden_from(practice, actor, connection):
        raise hold_not_found(number)
    return row


def is_request_hidden_from(
    practice: Practice, actor: Actor, connection: Connection, request: OpenRequest
) -> bool:
    """Whether a request that was opened is one of which somebody must not learn.

    An outside body need not say whom it is about: whoever took part in the call counts, unless he
    sees it in full.
    """
    if request.purpose is not Purpose.OUTSIDE_BODY:
        return False
    subjects, particulars = _subjects(practice, actor, connection, request), request.particulars
    may_be_told = particulars.further.get(FurtherParticular.SUBJECT_MAY_BE_TOLD) == "yes"
    return is_hidden_from(actor.person, subjects, may_be_told=may_be_told)


def _subjects(
    practice: Practice, actor: Actor, connection: Connection, request: OpenRequest
) -> frozenset[PersonId]:
    subjects, parties = request.facts.subjects, request.particulars.parties
    if sees_in_full(practice, actor, request) or isinstance(parties, Unknown):
        return subjects
    return subjects | people_named(practice, actor, connection, parties)


def _is_kept(practice: Practice, actor: Actor, connection: Connection, row: Row[Any]) -> bool:
    if row.purpose != Purpose.OUTSIDE_BODY or not can_open_as_searcher(actor, connection, row):
        return False
    if TERMS[Purpose.OUTSIDE_BODY].decided_with in powers(practice, actor):
        return False  # he is always concerned, so nothing need be opened
    request = read_request(practice, actor, connection, f"R-{row.number}")
    return is_request_hidden_from(practice, actor, connection, request)
