"""Who can open what, and whether each share is as it should be.

Keys of requests, incidents and complaints, and grants, carry no seal statement: that one is what it
should be shows when it opens, since the log commits to what lies under it. Who should have which
follows from the log's leaves, and that needs no key. That the leaves are as they were signed, and
each row is there, `review_keys` checks where it would find nothing wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from itertools import chain
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from callrec.audit.log import read_register
from callrec.audit.register import Register
from callrec.audit.rows import check_tables
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.requests import CATALOGUE
from callrec.complaints.log import COMPLAINTS
from callrec.dataclass import dataclass
from callrec.incidents.log import INCIDENTS
from callrec.login.factors import factors_of
from callrec.login.people import logins
from callrec.people.vouching import ShareFaultKind, share_faults
from callrec.policy.authority import delegations_lapsed
from callrec.policy.purpose import Purpose, is_never_kept
from callrec.policy.request import RequestAct
from callrec.policy.role import PersonId, Standing, VaultKey, keys_held
from callrec.practice import Actor, Practice, today
from callrec.record.acts import check_whole_catalogue, done_leaves
from callrec.requests.grants import unlisted_grants


@dataclass(frozen=True, slots=True)
class KeyInUse:
    """A version of a vault key and those who hold a share of it, by login."""

    key: VaultKey
    version: int
    newest: bool
    needed: int
    """How many of them it takes to open it; the recovery kit is enough alone."""
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """What a person's own key opens, as it lies in the vault."""

    login: str
    versions: Mapping[VaultKey, tuple[int, ...]]
    """Of each vault key, oldest first."""
    requests: int | None
    """Whose keys are sealed to them: those that they made, and those under which they may hear.
    None, as what follows: one may be kept from who asks [DPA 2018 Sch 2 Pt 1 para 2]."""
    incidents: int | None
    complaints: int | None
    grants: int | None
    factors: tuple[str, ...]
    """The kinds of second factor without which their password opens none of it."""


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """Something that is sealed to a person and should not be, or the other way about."""

    of: str
    """``recordings 2``, ``R-17``, ``I-3``."""
    login: str
    what: str
    mend: str
    """The command with which a Data Controller puts it right; empty: it is tampering."""

    @property
    def is_tampering(self) -> bool:
        return not self.mend


class PersonalFaultKind(Enum):
    """What can be wrong; as text it completes a line that names it."""

    NOT_THEIRS = "holds a key that is not theirs to hold"
    LACKING = "lacks the key of what they made"
    UNLISTED = "holds a grant that no approval lists"
    LEFT_OVER = "was shut out, and holds what they held before"


class _Fault(NamedTuple):
    """Something that is sealed to a person and should not be, or is not there."""

    of: str
    """``recordings 2``, ``R-17``, ``I-3``."""
    person: str
    what: ShareFaultKind | PersonalFaultKind
    ended: str = ""
    """The power that was lent until an earlier day, and that needed it."""


def list_keys(practice: Practice) -> tuple[KeyInUse, ...]:
    """Every version of every vault key; opens nothing.

    Raises:
        Tampered: a share is missing, was added or is not as it was signed for.
    """
    called = logins(practice)
    with reading(practice.engine) as connection:
        check_tables(connection, {tables.share.name: "%"})
        shares = connection.execute(select(tables.share)).all()
    register = practice.register
    return tuple(
        KeyInUse(
            key=key,
            version=version,
            newest=version == register.newest(key).version,
            needed=2 if register.is_in_parts(key, "") else 1,
            holders=tuple(
                sorted(called[s.person] for s in shares if (s.key, s.version) == (key, version))
            ),
        )
        for key in VaultKey
        for version in register.versions(key)
    )


def review_keys(
    practice: Practice, actor: Actor | None
) -> tuple[list[KeyAccess], tuple[KeyProblem, ...]]:
    """What is sealed to each person who was ever vouched for, and `audit_keys`; opens nothing.

    Raises:
        Tampered: a row is missing, was added or is not as it was signed for, and none of what was
            found tells of that.
    """
    with reading(practice.engine) as connection:
        access, problems = _access(practice, actor, connection), _problems(practice, connection)
        if not any(problem.is_tampering for problem in problems):
            check_whole_catalogue(practice, connection)
    return access, problems


def _access(practice: Practice, actor: Actor | None, connection: Connection) -> list[KeyAccess]:
    called, factors = logins(practice), factors_of(practice)
    knows_all = actor is not None and is_never_kept(Purpose.OUTSIDE_BODY, actor.person)
    shares = connection.execute(select(tables.share)).all()
    counts = {
        f"{of}s": _each_holds(connection, key.c.holder, key.c[of])
        for of, key in (
            ("request", tables.request_key),
            ("incident", tables.incident_key),
            ("complaint", tables.complaint_key),
        )
    }
    counts["grants"] = _each_holds(connection, tables.grant.c.person, tables.grant.c.sealed)
    return [
        KeyAccess(
            login=called[person],
            versions={
                key: tuple(sorted(s.version for s in shares if (s.person, s.key) == (person, key)))
                for key in VaultKey
            },
            **{name: held.get(person, 0) if knows_all else None for name, held in counts.items()},
            factors=tuple(slot.kind for slot in factors.get(PersonId(person), ())),
        )
        for person in sorted(called, key=called.__getitem__)
    ]


def audit_keys(practice: Practice) -> tuple[KeyProblem, ...]:
    """What is sealed by nobody entitled, is one too many, or is missing; it takes no key."""
    with reading(practice.engine) as connection:
        return _problems(practice, connection)


def _problems(practice: Practice, connection: Connection) -> tuple[KeyProblem, ...]:
    called, register, problems = logins(practice), read_register(connection), []
    shares = _of_shares(connection, register, today(practice))
    for of, person, what, ended in (*shares, *_of_people(connection, register)):
        login = called[person]
        mend = {
            ShareFaultKind.OUTLIVED: f"callrec user delegate {login} --power {ended} --end",
            PersonalFaultKind.LEFT_OVER: f"callrec user disable {login}",
        }
        problems.append(KeyProblem(of, login, what.value, mend.get(what, "")))
    return tuple(problems)


def _of_shares(connection: Connection, register: Register, on: date) -> Iterator[_Fault]:
    for fault in share_faults(connection, register, on):
        voucher = register.voucher(fault.person)
        powers = [each.power for each in delegations_lapsed(voucher.person, on)] if voucher else []
        ended = (power for power in powers if fault.key in keys_held(frozenset({power})))
        yield _Fault(f"{fault.key} {fault.version}", fault.person, fault.what, next(ended, ""))


def _each_holds(
    connection: Connection, holder: ColumnElement[str], what: ColumnElement[str]
) -> dict[str, int]:
    rows = connection.execute(select(holder, func.count(what.distinct())).group_by(holder))
    return {row[0]: row[1] for row in rows}


def _of_people(connection: Connection, register: Register) -> Iterator[_Fault]:
    """Every key of a request and its like, and grant, that the wrong person holds or lacks."""
    out = {v.person.id for v in register.people() if v.person.standing is Standing.DISABLED}
    requests, others = _of_requests(connection, register), _of_others(connection)
    found = chain(requests, others, _of_grants(connection))
    yield from (fault for fault in found if fault.person not in out)
    left = dict.fromkeys(_left_over(connection))
    yield from (fault for fault in left if fault.person in out)


def _of_requests(connection: Connection, register: Register) -> Iterator[_Fault]:
    made = {leaf.subject[0]: leaf.actor for leaf in done_leaves(connection, [RequestAct.CREATED])}
    granted = {leaf.subject[:2] for leaf in done_leaves(connection, [RequestAct.APPROVED])}
    held = set()
    key, request = tables.request_key, tables.request
    query = select(request.c.id, request.c.number, key.c.holder, key.c.version)
    query = query.join(request, request.c.id == key.c.request).where(key.c.holder != CATALOGUE)
    for row in connection.execute(query):
        held.add((row.id, row.version, row.holder))
        if row.holder != made.get(row.id) and (row.id, row.holder) not in granted:
            yield _Fault(f"R-{row.number}", row.holder, PersonalFaultKind.NOT_THEIRS)
    for row in connection.execute(select(request)):
        is_in_force = register.person(row.requester).standing is Standing.CONFIRMED
        # The first that they lack is enough: the row may speak of more than there ever were.
        versions = range(1, row.version + 1)
        if is_in_force and any((row.id, each, row.requester) not in held for each in versions):
            yield _Fault(f"R-{row.number}", row.requester, PersonalFaultKind.LACKING)


def _of_others(connection: Connection) -> Iterator[_Fault]:
    """Of incidents, whose reports name who was told, and of complaints."""
    for kind, people in ((INCIDENTS, 2), (COMPLAINTS, 1)):
        made = done_leaves(connection, [kind.made_by])
        concerned = {leaf.subject[0]: {leaf.actor, *leaf.subject[1:people]} for leaf in made}
        key, thing = kind.keys.c, kind.table.c
        query = select(thing.id, thing.number, key.holder)
        query = query.join(kind.table, thing.id == key[kind.table.name])
        for row in connection.execute(query.where(key.holder.not_in(sorted(kind.holders)))):
            if row.holder not in concerned.get(row.id, ()):
                yield _Fault(
                    f"{kind.letter}-{row.number}", row.holder, PersonalFaultKind.NOT_THEIRS
                )


def _of_grants(connection: Connection) -> Iterator[_Fault]:
    request = tables.request
    for grant in unlisted_grants(connection):
        number = select(request.c.number).where(request.c.id == grant.request)
        reference = f"R-{connection.execute(number).scalar()}"
        yield _Fault(reference, grant.person, PersonalFaultKind.UNLISTED)


def _left_over(connection: Connection) -> Iterator[_Fault]:
    """What each person holds, of requests and their like and grants, as if they were shut out."""
    request = tables.request
    for table, holder, of, prefix in (
        (tables.request_key, tables.request_key.c.holder, request, "R"),
        (tables.grant, tables.grant.c.person, request, "R"),
        (tables.incident_key, tables.incident_key.c.holder, tables.incident, "I"),
        (tables.complaint_key, tables.complaint_key.c.holder, tables.complaint, "C"),
    ):
        query = select(of.c.number, holder).join(of, of.c.id == table.c[of.name])
        for number, person in connection.execute(query):
            yield _Fault(f"{prefix}-{number}", person, PersonalFaultKind.LEFT_OVER)
