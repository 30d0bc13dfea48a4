"""Second persons whom the first one brought in: whose word may be worth no more than one.

Somebody who says who may do what could make people up, give them keys, and have them countersign.
Where there are two who may, it takes two to bring anybody in (policy/role.py). Where there were
none, or these two did so together, everybody who looks is told: for 90 days after somebody was
given a key, each time that they sign beside the person who gave it to them is named. It counts the
log's days, so no clock that is set back makes them fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Final

from sqlalchemy import Connection, func, select

from callrec.audit.attested import written_at
from callrec.audit.leaf import Leaf
from callrec.audit.register import Voucher
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.login.people import logins
from callrec.policy.hold import HoldAct
from callrec.policy.request import RequestAct
from callrec.policy.role import Standing
from callrec.practice import Practice
from callrec.record.acts import done_leaves
from callrec.requests.glass import broken_glass

BROUGHT_IN_LATELY: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class _SignedByTwo:
    subject: str
    """Id of the request, the hold or the person that it is about."""
    first: str
    """Ids of those who signed, in this order."""
    second: str
    seq: int
    """Of the second person's leaf, or of that of the voucher that names them."""


@dataclass(frozen=True, slots=True)
class BroughtInSecond:
    """Somebody who signed beside the person who had given them their key not long before."""

    seq: int
    """Of the second person's leaf, or of that of the voucher that names them."""
    subject: str
    """Id of the request, the hold or the person that it is about."""
    what: str
    """The same as people know it: ``R-17``, ``H-3``, a login."""
    at: datetime
    by: str
    """Logins."""
    second: str
    was_reset: bool
    """They had a key before."""
    since: date

    @property
    def text(self) -> str:
        """In a sentence."""
        how = "given another key" if self.was_reset else "brought in"
        return f"{self.second} signed beside {self.by}, by whom they were {how} on {self.since}"


def seconds_brought_in(practice: Practice, connection: Connection) -> tuple[BroughtInSecond, ...]:
    """Every one, oldest first; nothing is opened."""
    called, zone = logins(practice), practice.settings.time_zone
    numbers = _numbers(connection)
    found = []
    for signed in _signed_by_two(practice, connection):
        given = _given_by(practice, connection, signed.second, signed.first, before=signed.seq)
        if given is None:
            continue
        voucher, when = given
        earlier = practice.register.vouchers[signed.second]
        found.append(
            BroughtInSecond(
                seq=signed.seq,
                subject=signed.subject,
                what=numbers.get(signed.subject) or called[signed.subject],
                at=_latest(connection, signed.seq),
                by=called[signed.first],
                second=called[signed.second],
                was_reset=any(
                    each.seq < voucher.seq and each.person.standing is Standing.CONFIRMED
                    for each in earlier
                ),
                since=when.astimezone(zone).date(),
            )
        )
    return tuple(sorted(found, key=lambda each: each.seq))


def second_warnings(seconds: Iterable[BroughtInSecond]) -> Iterator[str]:
    """One line for each two people, with all that they signed."""
    signed: dict[str, list[str]] = {}
    for each in seconds:
        signed.setdefault(each.text, []).append(each.what)
    for text, whats in signed.items():
        yield f"{text}: {', '.join(dict.fromkeys(whats))}"


def _signed_by_two(practice: Practice, connection: Connection) -> Iterator[_SignedByTwo]:
    yield from _approved_or_lifted(connection)
    for voucher in chain.from_iterable(practice.register.vouchers.values()):
        if voucher.second:
            yield _SignedByTwo(voucher.person.id, voucher.by, voucher.second, voucher.seq)
    for glass in broken_glass(practice, connection):
        if glass.review is not None and glass.is_accepted:
            review = glass.review
            yield _SignedByTwo(glass.request, glass.by, review.by, review.leaf.seq)


def _approved_or_lifted(connection: Connection) -> Iterator[_SignedByTwo]:
    """Approvals, each countersigned in the next leaf, and holds, each lifted once."""
    earlier: dict[tuple[str, str], Leaf] = {}
    for leaf in done_leaves(connection, (RequestAct.APPROVED, HoldAct.LIFTED)):
        about = leaf.act, leaf.subject[0]
        first, earlier[about] = earlier.get(about), leaf
        is_second = leaf.act == HoldAct.LIFTED or (first and leaf.seq == first.seq + 1)
        if first and is_second and first.actor != leaf.actor:
            yield _SignedByTwo(leaf.subject[0], first.actor, leaf.actor, leaf.seq)


def _given_by(
    practice: Practice, connection: Connection, second: str, first: str, *, before: int
) -> tuple[Voucher, datetime] | None:
    """The newest voucher by which ``first``, or a recovery kit, gave ``second`` a key; and when.

    None if it was not within the time that counts before a leaf.
    """
    makers = {first, practice.register.founders.kit}
    known = [each for each in practice.register.vouchers.get(second, ()) if each.seq < before]
    given = [
        each
        for earlier, each in zip([None, *known], known, strict=False)
        if each.by in makers and (earlier is None or earlier.keys != each.keys)
    ]
    if not given:
        return None
    then, now = (_latest(connection, seq) for seq in (given[-1].seq, before))
    return (given[-1], then) if now - then <= BROUGHT_IN_LATELY else None


def _latest(connection: Connection, seq: int) -> datetime:
    """The latest time that any leaf up to one gives."""
    latest = select(func.max(written_at())).where(tables.leaf.c.seq <= seq)
    return parse_instant(bytes(connection.execute(latest).scalar_one()).decode())


def _numbers(connection: Connection) -> Mapping[str, str]:
    """Requests and holds by id, as they are typed."""
    rows: Iterable[tuple[str, str]] = (
        (row.id, f"{letter}-{row.number}")
        for letter, table in (("R", tables.request), ("H", tables.hold))
        for row in connection.execute(select(table.c.id, table.c.number))
    )
    return dict(rows)
