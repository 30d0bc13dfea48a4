"""The vault keys: their versions, and who can open what (docs/formats/keys.md, 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from callrec.audit.log import read_register
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.keys.personal_faults import PersonalFaultKind, personal_faults
from callrec.login.people import logins
from callrec.people.vouching import ShareFaultKind, share_faults
from callrec.policy.authority import delegations_lapsed
from callrec.policy.role import VaultKey, keys_held
from callrec.practice import today

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import ColumnElement, Connection

    from callrec.audit.register import Register
    from callrec.people.vouching import ShareFault
    from callrec.practice import Practice


@dataclass(frozen=True, slots=True)
class KeyInUse:
    """A version of a vault key and those who hold a share of it, by login."""

    key: VaultKey
    version: int
    newest: bool
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """What somebody's own key opens, as it lies in the vault."""

    login: str
    versions: Mapping[VaultKey, tuple[int, ...]]
    """Of each vault key, oldest first."""
    requests: int
    """Whose keys are sealed to him: those that he made, and those under which he may hear."""
    incidents: int
    grants: int


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """Something that is sealed to somebody and should not be, or the other way about."""

    of: str
    """``recordings 2``, ``R-17``, ``I-3``."""
    login: str
    what: str
    mend: str
    """What a Data Controller types where it only waits for that; empty: it is tampering."""

    @property
    def is_tampering(self) -> bool:
        return not self.mend


def list_keys(practice: Practice) -> tuple[KeyInUse, ...]:
    """Every version of every vault key; opens nothing."""
    called = logins(practice)
    with reading(practice.engine) as connection:
        shares = connection.execute(select(tables.share)).all()
    register = practice.register
    return tuple(
        KeyInUse(
            key=key,
            version=version,
            newest=version == register.newest(key).version,
            holders=tuple(
                sorted(
                    called[share.person]
                    for share in shares
                    if (share.key, share.version) == (key, version)
                )
            ),
        )
        for key in VaultKey
        for version in register.versions(key)
    )


def list_key_access(practice: Practice) -> tuple[KeyAccess, ...]:
    """What is sealed to each person, everybody who was ever vouched for among them.

    Opens nothing.
    """
    called = logins(practice)
    with reading(practice.engine) as connection:
        shares = connection.execute(select(tables.share)).all()
        request, incident, grant = tables.request_key.c, tables.incident_key.c, tables.grant.c
        requests = _each_holds(connection, request.holder, request.request)
        incidents = _each_holds(connection, incident.holder, incident.incident)
        grants = _each_holds(connection, grant.person, grant.sealed)
    return tuple(
        KeyAccess(
            login=called[person],
            versions={
                key: tuple(sorted(s.version for s in shares if (s.person, s.key) == (person, key)))
                for key in VaultKey
            },
            requests=requests.get(person, 0),
            incidents=incidents.get(person, 0),
            grants=grants.get(person, 0),
        )
        for person in sorted(called, key=called.__getitem__)
    )


def audit_keys(practice: Practice) -> tuple[KeyProblem, ...]:
    """Everything that is sealed to a person by nobody entitled, is one too many, or is missing.

    It takes no key (`share_faults`, `personal_faults`).
    """
    called, day = logins(practice), today(practice)
    with reading(practice.engine) as connection:
        register = read_register(connection)
        shares = share_faults(connection, register, day)
        others = personal_faults(connection, register)
    return (
        *(
            _problem(f"{s.key} {s.version}", called[s.person], s.what, _ended(register, s, day))
            for s in shares
        ),
        *(_problem(o.of, called[o.person], o.what) for o in others),
    )


def _ended(register: Register, fault: ShareFault, on: date) -> str:
    """The power that was lent until an earlier day, and that needed this share; empty: none."""
    voucher = register.voucher(fault.person)
    ended = delegations_lapsed(voucher.person, on) if voucher else ()
    return next(
        (lent.power for lent in ended if fault.key in keys_held(frozenset({lent.power}))), ""
    )


def _problem(
    of: str, login: str, what: ShareFaultKind | PersonalFaultKind, ended: str = ""
) -> KeyProblem:
    mend = {
        ShareFaultKind.OUTLIVED: f"callrec user delegate {login} --power {ended} --end",
        PersonalFaultKind.LEFT_OVER: f"callrec user disable {login}",
    }
    return KeyProblem(of, login, what.value, mend.get(what, ""))


def _each_holds(
    connection: Connection, holder: ColumnElement[str], what: ColumnElement[str]
) -> dict[str, int]:
    rows = connection.execute(select(holder, func.count(what.distinct())).group_by(holder))
    return {row[0]: row[1] for row in rows}
