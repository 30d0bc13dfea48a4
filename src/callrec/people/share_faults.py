"""Which shares of the vault keys are not as the log says that they should be.

This needs no key. Each share's hash stands in a seal statement, which names whom it was sealed to
and so, by the voucher before it, to which key; and what each person should hold follows from the
vouchers. That it opens, only its holder can see, and does at each login.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.errors import Tampered
from callrec.login.shares import holders
from callrec.policy.role import VaultKey, keys_held, powers_vouched_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from callrec.audit.register import Register


class ShareFaultKind(Enum):
    """What can be wrong with a share; as text it completes a line that names it."""

    FORGED = "sealed by nobody entitled, or to a key that is not its holder's"
    UNSTATED = "of a version of the key that nobody stated"
    ONE_TOO_MANY = "holds a share that no power of his needs"
    OUTLIVED = "holds the share of a power that was lent to him and has ended"
    LACKING = "lacks his share"


@dataclass(frozen=True, slots=True)
class ShareFault:
    """A share that should not be as it is, or is not there."""

    key: VaultKey
    version: int
    person: str
    """Id of its holder."""
    what: ShareFaultKind


def share_faults(connection: Connection, register: Register, on: date) -> tuple[ShareFault, ...]:
    """Every share that is forged, swapped, one too many, or missing.

    Args:
        connection: sees one state of the catalogue throughout.
        register: as the log makes it.
        on: the day, in the practice's time zone: what was lent until an earlier one has ended.
    """
    rows = connection.execute(select(tables.share)).all()
    held = holders(register, on)
    return tuple(
        sorted((*_of_rows(rows, register, held), *_lacking(rows, register, held)), key=_place)
    )


def _of_rows(
    rows: Sequence[Row[Any]], register: Register, held: Mapping[str, frozenset[VaultKey]]
) -> Iterator[ShareFault]:
    for row in rows:
        key, person = VaultKey(row.key), row.person
        if (key, row.version) not in register.keys:
            yield ShareFault(key, row.version, person, ShareFaultKind.UNSTATED)
            continue
        try:
            register.check_share(row.sealed, key, row.version, person)
        except Tampered:
            yield ShareFault(key, row.version, person, ShareFaultKind.FORGED)
        if key not in held.get(person, frozenset()):
            yield ShareFault(key, row.version, person, _why_too_many(register, key, person))


def _why_too_many(register: Register, key: VaultKey, person: str) -> ShareFaultKind:
    voucher = register.voucher(person)
    if voucher is not None and key in keys_held(powers_vouched_for(voucher.person)):
        return ShareFaultKind.OUTLIVED
    return ShareFaultKind.ONE_TOO_MANY


def _lacking(
    rows: Sequence[Row[Any]], register: Register, held: Mapping[str, frozenset[VaultKey]]
) -> Iterator[ShareFault]:
    found = {(row.key, row.version, row.person) for row in rows}
    for person, keys in held.items():
        for key in keys:
            for version in register.versions(key):
                if (key, version, person) not in found:
                    yield ShareFault(key, version, person, ShareFaultKind.LACKING)


def _place(fault: ShareFault) -> tuple[str, int, str]:
    return fault.key, fault.version, fault.person
