"""Whom of the practice a request is about, told to whoever makes, changes or approves it [4(b)].

Whoever that is does not decide it, so whether somebody was known by what was said of him is told
where it can still be said better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.login.people import logins, people_named
from callrec.policy.further import NAMES_STAFF
from callrec.requests.open import can_open_with_session

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from callrec.policy.particulars import Particulars
    from callrec.policy.role import PersonId
    from callrec.practice import Actor, Practice
    from callrec.requests.model import OpenRequest


@dataclass(frozen=True, slots=True)
class StaffNamed:
    """Whom of the practice a request is about, as far as one person can tell."""

    people: frozenset[PersonId]
    logins: tuple[str, ...]
    """Theirs, in order."""
    is_staff_named: bool
    """It says which of the staff it is about, so that somebody should be known."""
    by_name: bool
    """Full names were looked through; not so for whoever opens none: then logins alone."""


def staff_named(
    practice: Practice, actor: Actor, connection: Connection, particulars: Particulars
) -> StaffNamed:
    """Whom of the practice a request is about.

    Raises:
        Tampered: a name is not the one that was vouched for.
    """
    people = people_named(practice, actor, connection, particulars.subjects)
    return _concerned(practice, people, particulars, by_name=can_open_with_session(actor))


def staff_named_in_open_request(practice: Practice, request: OpenRequest) -> StaffNamed:
    """The same of a request that somebody has opened with the catalogue key, as to decide it."""
    return _concerned(practice, request.facts.subjects, request.particulars, by_name=True)


def _concerned(
    practice: Practice, people: frozenset[PersonId], particulars: Particulars, *, by_name: bool
) -> StaffNamed:
    called = logins(practice) if people else {}
    return StaffNamed(
        people=people,
        logins=tuple(sorted(called[person] for person in people)),
        is_staff_named=not NAMES_STAFF.isdisjoint(particulars.further),
        by_name=by_name,
    )
