"""The register of access: who may do what, since when, and who was last here [policy 4(a)].

What an access review asks for: every login, the disabled ones too, with what it may do, what is
lent to it until when, and when it was last used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Outcome
from callrec.audit.log import read_leaf
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.errors import Tampered
from callrec.login.people import logins, shown_colleague
from callrec.policy.role import keys_held, powers_of
from callrec.practice import today
from callrec.record.acts import leaves_of_act

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from callrec.audit.register import Voucher
    from callrec.login.people import Colleague
    from callrec.practice import Actor, Practice

ACCESS_ON_SCREEN: Final = ("login", "role", "standing", "powers", "last_login_at")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AccessEntry:
    """One login. Its repr shows nothing."""

    login: str
    full_name: str | None
    """None where the reader does not have what opens it."""
    role: str
    standing: str
    powers: tuple[str, ...]
    """In force today, those that are lent included."""
    lent: tuple[str, ...]
    """``search until 2026-12-31``, each its last day; one that is over counts for nothing."""
    vault_keys: tuple[str, ...]
    """Which of the vault's keys these powers open."""
    joined_at: datetime
    vouched_at: datetime
    """When it was last said what this login may do."""
    vouched_by: str
    last_login_at: datetime | None
    last_seen_at: datetime | None
    """The last entry in the audit log by this login, whatever it was."""
    wrong_passwords: int
    """Since the last right one."""


def read_access_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[AccessEntry]:
    """Everybody who has a login, in the order in which they joined.

    Raises:
        Tampered: a row, or an entry of the log that is relied on, is not as it was written.
    """
    rows = {row.id: row for row in connection.execute(select(tables.person))}
    log = _Log(
        practice,
        connection,
        last_logins=_last_logins(practice, connection),
        called={**logins(practice), practice.register.founders.kit: "recovery kit"},
    )
    for voucher in practice.register.people():
        row = rows.get(voucher.person.id)
        if row is None:
            raise Tampered("a person who was vouched for is missing from the catalogue")
        yield _access_entry(
            log, shown_colleague(practice, actor, row, voucher), row.failures, voucher
        )


@dataclass(frozen=True, slots=True)
class _Log:
    """What entries are made from besides people's own rows."""

    practice: Practice
    connection: Connection
    last_logins: Mapping[str, datetime]
    called: Mapping[str, str]


def _access_entry(log: _Log, shown: Colleague, failures: int, voucher: Voucher) -> AccessEntry:
    person = voucher.person
    first = log.practice.register.vouchers[person.id][0]
    return AccessEntry(
        login=shown.login,
        full_name=shown.full_name or None,
        role=str(shown.role),
        standing=str(shown.standing),
        powers=shown.powers,
        lent=tuple(f"{power} until {until}" for power, until in shown.delegations),
        vault_keys=tuple(sorted(keys_held(powers_of(person, today(log.practice))))),
        joined_at=_at(log.connection, first.seq),
        vouched_at=_at(log.connection, voucher.seq),
        vouched_by=log.called[voucher.by],
        last_login_at=log.last_logins.get(person.id),
        last_seen_at=_last_seen(log.connection, person.id),
        wrong_passwords=failures,
    )


def _last_logins(practice: Practice, connection: Connection) -> Mapping[str, datetime]:
    newest = {
        leaf.actor: leaf.seq
        for leaf in leaves_of_act(connection, "login")
        if leaf.outcome is Outcome.DONE
    }
    leaves = attested_leaves(connection, practice.register, newest.values())
    return {leaf.actor: parse_instant(leaf.at) for leaf in leaves}


def _last_seen(connection: Connection, person: str) -> datetime | None:
    leaf = tables.leaf
    by_him = func.instr(leaf.c.body, f'"actor":"{person}"'.encode()) > 0
    seq = connection.execute(select(func.max(leaf.c.seq)).where(by_him)).scalar()
    return None if seq is None else _at(connection, seq)


def _at(connection: Connection, seq: int) -> datetime:
    leaf, _ = read_leaf(connection, seq)
    return parse_instant(leaf.at)
