"""Keys of requests and incidents, and grants, that are sealed to people who should not have them.

These carry no seal statement: that one is what it should be shows when it opens, since the log
commits to what lies under it. Who should have which follows from the log's leaves and this needs no
key. That the leaves are as they were signed is for ``audit verify`` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.requests import CATALOGUE
from callrec.incidents.log import INCIDENT_VAULT_KEYS
from callrec.policy.incident import IncidentAct
from callrec.policy.request import RequestAct
from callrec.policy.role import Standing
from callrec.record.acts import done_leaves
from callrec.requests.grants import unlisted_grants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from callrec.audit.register import Register


class PersonalFaultKind(Enum):
    """What can be wrong; as text it completes a line that names it."""

    NOT_THEIRS = "holds a key that is not his to hold"
    LACKING = "lacks the key of what he made himself"
    UNLISTED = "holds a grant that no approval lists"
    LEFT_OVER = "was shut out, and holds what he held before"


@dataclass(frozen=True, slots=True)
class PersonalFault:
    """Something that is sealed to somebody and should not be, or is not there."""

    of: str
    """``R-17`` or ``I-3``."""
    person: str
    what: PersonalFaultKind


def personal_faults(connection: Connection, register: Register) -> tuple[PersonalFault, ...]:
    """Everything of that kind in the catalogue."""
    out = {v.person.id for v in register.people() if v.person.standing is Standing.DISABLED}
    found = (
        *_of_requests(connection, register),
        *_of_incidents(connection),
        *_of_grants(connection),
    )
    left = (
        PersonalFault(of, person, PersonalFaultKind.LEFT_OVER) for of, person in _held(connection)
    )
    return (
        *(fault for fault in found if fault.person not in out),
        *(fault for fault in dict.fromkeys(left) if fault.person in out),
    )


def _of_requests(connection: Connection, register: Register) -> Iterator[PersonalFault]:
    made = {leaf.subject[0]: leaf.actor for leaf in done_leaves(connection, [RequestAct.CREATED])}
    granted = {leaf.subject[:2] for leaf in done_leaves(connection, [RequestAct.APPROVED])}
    held = set()
    key, request = tables.request_key, tables.request
    query = select(request.c.id, request.c.number, key.c.holder, key.c.version).join(
        request, request.c.id == key.c.request
    )
    for row in connection.execute(query.where(key.c.holder != CATALOGUE)):
        held.add((row.id, row.version, row.holder))
        if row.holder != made.get(row.id) and (row.id, row.holder) not in granted:
            yield PersonalFault(f"R-{row.number}", row.holder, PersonalFaultKind.NOT_THEIRS)
    for row in connection.execute(select(request)):
        is_in_force = register.person(row.requester).standing is Standing.CONFIRMED
        # The first that he lacks is enough: the row may speak of more than there ever were.
        versions = range(1, row.version + 1)
        if is_in_force and any((row.id, each, row.requester) not in held for each in versions):
            yield PersonalFault(f"R-{row.number}", row.requester, PersonalFaultKind.LACKING)


def _of_incidents(connection: Connection) -> Iterator[PersonalFault]:
    concerned = {
        leaf.subject[0]: {leaf.actor, *leaf.subject[1:2]}
        for leaf in done_leaves(connection, [IncidentAct.REPORTED])
    }
    key, incident = tables.incident_key, tables.incident
    query = select(incident.c.id, incident.c.number, key.c.holder).join(
        incident, incident.c.id == key.c.incident
    )
    for row in connection.execute(query.where(key.c.holder.not_in(sorted(INCIDENT_VAULT_KEYS)))):
        if row.holder not in concerned.get(row.id, ()):
            yield PersonalFault(f"I-{row.number}", row.holder, PersonalFaultKind.NOT_THEIRS)


def _of_grants(connection: Connection) -> Iterator[PersonalFault]:
    request = tables.request
    for grant in unlisted_grants(connection):
        number = select(request.c.number).where(request.c.id == grant.request)
        reference = f"R-{connection.execute(number).scalar()}"
        yield PersonalFault(reference, grant.person, PersonalFaultKind.UNLISTED)


def _held(connection: Connection) -> Iterator[tuple[str, str]]:
    """What each person holds, of requests, incidents and grants: its reference, and who."""
    request, incident = tables.request, tables.incident
    for table, holder, of, prefix in (
        (tables.request_key, tables.request_key.c.holder, request, "R"),
        (tables.grant, tables.grant.c.person, request, "R"),
        (tables.incident_key, tables.incident_key.c.holder, incident, "I"),
    ):
        query = select(of.c.number, holder).join(of, of.c.id == table.c[of.name])
        for number, person in connection.execute(query):
            yield f"{prefix}-{number}", person
