"""Second persons whom the first one brought in: whose word may be worth no more than one.

Somebody who says who may do what could make people up, give them keys, and have them countersign.
Where there are two who may, it takes two to bring anybody in (policy/role.py). Where there were
none, or these two did so together, everybody who looks is told: for 90 days after somebody was
given a key, each time that they sign beside the person who gave it to them is named; or who gave
one to the person who did. The days begin with the latest that the log had seen, so no clock that
is set back while somebody is brought in makes them fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Final

from sqlalchemy import Connection, select

from callrec.audit.attested import newest_time
from callrec.audit.leaf import Leaf
from callrec.audit.log import read_leaf
from callrec.audit.register import Register, Voucher
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.login.people import logins
from callrec.policy.days import short_date
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
    beside: int
    """Sequence of the first person's leaf."""
    seq: int
    """Of the second person's, or of that of the voucher that names them."""
    at: datetime


@dataclass(frozen=True, slots=True)
class BroughtInSecond:
    """Somebody who signed beside the person who had given them their key not long before."""

    beside: int
    """Sequence of the first person's leaf."""
    subject: str
    """Id of the request, the hold or the person that it is about."""
    what: str
    """The same as people know it: ``R-17``, ``H-3``, a login."""
    at: datetime
    by: str
    """Logins."""
    second: str
    through: str
    """Login of who gave it to them and was given theirs by ``by``; empty: ``by`` did themselves."""
    was_reset: bool
    """They had a key before."""
    since: date

    @property
    def text(self) -> str:
        """Who signed for whom, beside whom and since when, in a sentence."""
        how = "given another key" if self.was_reset else "brought in"
        through = f", through {self.through}" if self.through else ""
        signed = f"{self.second} signed beside {self.by}"
        return f"{signed}, by whom they were {how} on {short_date(self.since)}{through}"


def seconds_brought_in(practice: Practice, connection: Connection) -> tuple[BroughtInSecond, ...]:
    """Every one, oldest first; nothing is opened."""
    called, zone = logins(practice), practice.settings.time_zone
    numbers, given = _numbers(connection), _GivenKeys(practice.register, connection)
    found = []
    for signed in _signed_by_two(practice, connection):
        voucher = given.lately(signed.second, signed.first, before=signed.seq, at=signed.at)
        if voucher is None:
            continue
        begun = given.begun[voucher.seq]
        is_direct = voucher.by in given.makers(signed.first)
        found.append(
            BroughtInSecond(
                beside=signed.beside,
                subject=signed.subject,
                what=numbers.get(signed.subject) or called[signed.subject],
                at=max(signed.at, begun),
                by=called[signed.first],
                second=called[signed.second],
                through="" if is_direct else called[voucher.by],
                was_reset=any(
                    each.seq < voucher.seq and each.person.standing is Standing.CONFIRMED
                    for each in practice.register.vouchers[signed.second]
                ),
                since=begun.astimezone(zone).date(),
            )
        )
    return tuple(sorted(found, key=lambda each: each.beside))


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
            at = parse_instant(read_leaf(connection, voucher.seq)[0].at)
            seq = voucher.seq
            yield _SignedByTwo(voucher.person.id, voucher.by, voucher.second, seq, seq, at)
    for glass in broken_glass(practice, connection):
        if glass.review is not None and glass.is_accepted:
            review = glass.review
            yield _SignedByTwo(
                glass.request, glass.by, review.by, glass.seq, review.leaf.seq, review.at
            )


def _approved_or_lifted(connection: Connection) -> Iterator[_SignedByTwo]:
    """Approvals, each countersigned in the next leaf, and holds, each lifted once."""
    earlier: dict[tuple[str, str], Leaf] = {}
    for leaf in done_leaves(connection, (RequestAct.APPROVED, HoldAct.LIFTED)):
        about = leaf.act, leaf.subject[0]
        first, earlier[about] = earlier.get(about), leaf
        is_second = leaf.act == HoldAct.LIFTED or (first and leaf.seq == first.seq + 1)
        if first and is_second and first.actor != leaf.actor:
            at = parse_instant(leaf.at)
            yield _SignedByTwo(about[1], first.actor, leaf.actor, first.seq, leaf.seq, at)


class _GivenKeys:
    """Who gave whom a key, and when."""

    def __init__(self, register: Register, connection: Connection) -> None:
        self._register = register
        self._connection = connection

    def lately(self, second: str, first: str, *, before: int, at: datetime) -> Voucher | None:
        """The newest voucher before a leaf by which a person was given a key that counts.

        ``first`` made it, or somebody who was given theirs so; within 90 days before ``at``.
        """
        found: dict[str, Voucher] = {}
        makers = self.makers(first)
        for voucher in self._giving:
            if voucher.seq >= before:
                break
            is_theirs = voucher.by in makers or voucher.by in found
            if is_theirs and at - self.begun[voucher.seq] <= BROUGHT_IN_LATELY:
                found[voucher.person.id] = voucher
        return found.get(second)

    def makers(self, first: str) -> frozenset[str]:
        """Somebody and the recovery kit, which stands for nobody and so for anybody."""
        return frozenset({first, self._register.founders.kit})

    @cached_property
    def _giving(self) -> Sequence[Voucher]:
        """The vouchers that gave somebody a key, oldest first."""
        giving = (
            voucher
            for known in self._register.vouchers.values()
            for earlier, voucher in zip([None, *known], known, strict=False)
            if earlier is None or earlier.keys != voucher.keys
        )
        return sorted(giving, key=lambda each: each.seq)

    @cached_property
    def begun(self) -> Mapping[int, datetime]:
        """By the sequence of each of them, the latest time that any leaf up to it gives.

        All at once: no leaf is looked at for each of them again.
        """
        leaf, latest, since = tables.leaf.c, b"", 0
        begun = {}
        for voucher in self._giving:
            times = newest_time(leaf.seq.between(since, voucher.seq))
            latest = max(latest, bytes(self._connection.execute(times).scalar_one()))
            begun[voucher.seq], since = parse_instant(latest.decode()), voucher.seq
        return begun


def _numbers(connection: Connection) -> Mapping[str, str]:
    """Requests and holds by id, as they are typed."""
    rows: Iterable[tuple[str, str]] = (
        (row.id, f"{letter}-{row.number}")
        for letter, table in (("R", tables.request), ("H", tables.hold))
        for row in connection.execute(select(table.c.id, table.c.number))
    )
    return dict(rows)
