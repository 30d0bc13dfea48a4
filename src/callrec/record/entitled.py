"""Whether people were allowed to do what they did: who they were then, and which day it was.

No clock that is set back makes a lent power last longer. A leaf gives the time itself, by the clock
of the machine that wrote it. But other machines write to the same log: once one of them has written
on a later day, it is later for everybody after that. What counts are the leaves since a person was
last vouched for, and no older ones: so a machine whose clock once stood years ahead ends nobody's
lent powers but those lent before that, until they are lent again (docs/threat-model.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta, tzinfo
from typing import Final

from sqlalchemy import Connection

from callrec.audit.attested import newest_time
from callrec.audit.leaf import Leaf
from callrec.audit.register import Register
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Refused, Tampered
from callrec.policy.authority import without_lapsed
from callrec.policy.role import Person, Power, powers_of
from callrec.practice import Practice, today

_LEEWAY: Final = timedelta(hours=1)
"""What a person was entitled to do when their command began is signed later, after they typed
a password, and midnight may lie between."""


@dataclass(frozen=True, slots=True)
class Powers:
    """Who was entitled to what when a leaf was written, by one state of the log."""

    connection: Connection
    """Sees one state of the catalogue throughout."""
    register: Register
    zone: tzinfo
    """The practice's, for the days of powers that were lent."""

    def actor(self, leaf: Leaf) -> tuple[Person, date]:
        """The person who wrote a leaf, as they were vouched for then, and its day."""
        person = self.register.person(leaf.actor, before=leaf.seq)
        return person, self.day_of(leaf)

    def of(self, leaf: Leaf) -> frozenset[Power]:
        """The powers that the writer of a leaf had then; none, if nobody vouched for them."""
        if self.register.voucher(leaf.actor, before=leaf.seq) is None:
            return frozenset()
        return powers_of(*self.actor(leaf))

    def day_of(self, leaf: Leaf) -> date:
        """The day on which a leaf counts as written, for what was lent to its actor.

        Its own, or that of the latest leaf before it since its actor was vouched for. It matters to
        nobody to whom nothing was lent.
        """
        own = stated_date(leaf, self.zone)
        return max(own, self.latest_day(leaf.actor, before=leaf.seq) or own)

    def latest_day(self, person: str, *, before: int | None = None) -> date | None:
        """The latest day of any leaf since a person was vouched for, or of those before one.

        None if nothing was lent to them.
        """
        voucher = self.register.voucher(person, before=before)
        if voucher is None or not voucher.person.delegations:
            return None
        leaf = tables.leaf.c
        query = newest_time(leaf.seq >= voucher.seq)
        if before is not None:
            query = query.where(leaf.seq < before)
        return _day(_text(self.connection.execute(query).scalar()), self.zone)


def powers_then(practice: Practice, connection: Connection) -> Powers:
    """Who was entitled to what in a practice, by the log as the vault was opened on it."""
    return Powers(connection, practice.register, practice.settings.time_zone)


@contextmanager
def only_by_entitled(what: str) -> Iterator[None]:
    """Ask the rules of what was done: our own commands let nobody do what they refuse."""
    try:
        yield
    except (NotFound, Refused) as error:
        raise Tampered(what) from error


def stated_date(leaf: Leaf, zone: tzinfo) -> date:
    """The day on which a leaf was written, as it says itself."""
    return _day(leaf.at, zone)


def without_lapsed_powers(practice: Practice, connection: Connection, person: Person) -> Person:
    """A person who begins to work, without what ended by a day that the log has seen already.

    What has ended by this machine's clock is left: their holders are told when they need it.
    """
    day = powers_then(practice, connection).latest_day(person.id)
    return person if day is None or day <= today(practice) else without_lapsed(person, day)


def _day(at: str, zone: tzinfo) -> date:
    return (parse_instant(at) - _LEEWAY).astimezone(zone).date()


def _text(value: bytes | None) -> str:
    try:
        return (value or b"").decode("ascii")
    except UnicodeDecodeError as error:
        raise Tampered("a leaf's time is not in its form") from error
