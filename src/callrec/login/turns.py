"""How guesses at a password are slowed, and the right one is not kept out [policy 4(i)].

Tries are counted by source and login: a source is a session of one account on one machine, such as
a terminal. Each try takes a turn before it is answered, and turns come one after another, so tries
side by side are not faster. Nobody is shut out: who types the right password is let in at their
turn, and what goes on at another terminal does not delay it.

    wrong ones in a row   0-4    5    6    7    8    9 and more
    wait before the next  none   1 s  2 s  4 s  8 s  10 s

What is counted lies in the vault under a hash of source and login, and so tells of neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from callrec.catalogue import tables
from callrec.catalogue.engine import CannotWrite, transaction
from callrec.catalogue.tables import from_millis, to_millis
from callrec.crypto import primitives
from callrec.dataclass import dataclass
from callrec.errors import Locked
from callrec.practice import Practice

FREE_TRIES: Final = 5

LONGEST_WAIT: Final = timedelta(seconds=10)
"""Between two turns."""

MOST_TOLD_APART: Final = FREE_TRIES + LONGEST_WAIT.seconds
"""Tries: after more of them the wait is the same."""

LONGEST_QUEUE: Final = timedelta(minutes=1)
"""Until the turn of a try; what would come later is not tried at all."""

FORGOTTEN_AFTER: Final = timedelta(minutes=15)
"""Without a try from the source."""


@dataclass(frozen=True, slots=True)
class Tries:
    """The tries in a row from one source that did not open, or are not answered yet."""

    count: int
    last: datetime
    """The turn of the newest."""


def wait_after(count: int) -> timedelta:
    """How long after the turn of one try the next one comes, after so many in a row."""
    if count < FREE_TRIES:
        return timedelta()
    doublings = min(count - FREE_TRIES, LONGEST_WAIT.seconds)
    return min(timedelta(seconds=2**doublings), LONGEST_WAIT)


def take_turn(before: Tries | None, now: datetime) -> Tries | None:
    """Count a try that is made now; it is answered at its turn, which is the ``last``.

    None: too many of its source wait already, and it is neither counted nor answered.
    """
    # A turn far ahead was written by a clock that was wrong.
    if before is None or not -LONGEST_QUEUE <= now - before.last < FORGOTTEN_AFTER:
        return Tries(1, now)
    turn = max(now, before.last + wait_after(before.count))
    return Tries(before.count + 1, turn) if turn - now <= LONGEST_QUEUE else None


HINT: Final = (
    f"after {FREE_TRIES} wrong ones in a row each try from here takes longer,"
    f" {LONGEST_WAIT.seconds} seconds at most; the right one always opens"
)


@contextmanager
def turn_of(practice: Practice, *, login: str, source: str) -> Iterator[None]:
    """Wait for this try's turn; it counts as a wrong one unless what is inside ends well.

    A vault that cannot be written is a copy: who has it guesses without us.

    Raises:
        Locked: too many tries from this source wait for their turn.
    """
    key = primitives.sha256(practice.root, source.encode(), b"\0", login.encode(errors="replace"))
    try:
        turn = _take(practice, key, login)
    except CannotWrite:
        yield
        return
    if turn is None:
        raise Locked(
            "too many passwords are being tried at once from here",
            hint=f"try again in {LONGEST_QUEUE.seconds} seconds; other terminals do not wait",
        )
    if (wait := (turn - practice.now()).total_seconds()) > 0:
        practice.pause(wait)
    yield
    _give_back(practice, key, login)


def _take(practice: Practice, key: bytes, login: str) -> datetime | None:
    table, now = tables.password_try, practice.now()
    counted = to_millis(now - FORGOTTEN_AFTER), to_millis(now + LONGEST_QUEUE)
    with transaction(practice.engine) as connection:
        # What is far ahead was written by a clock that was wrong, or by nobody.
        connection.execute(table.delete().where(table.c.at > counted[1]))
        recent = select(table.c.source).where(table.c.at >= counted[0])
        connection.execute(table.delete().where(table.c.source.not_in(recent)))
        of_source = select(table.c.at).where(table.c.source == key).order_by(table.c.at.desc())
        turns = connection.execute(of_source).scalars().all()
        tries = take_turn(Tries(len(turns), from_millis(turns[0])) if turns else None, now)
        if tries is None:
            return None
        for beyond in turns[MOST_TOLD_APART - 1 :]:
            of_beyond = (table.c.source == key) & (table.c.at == beyond)
            connection.execute(table.delete().where(of_beyond))
        turn = to_millis(tries.last)
        # Of two in one millisecond the other is put before all: the newest is what counts.
        at = turns[-1] - 1 if turn in turns else turn
        connection.execute(table.insert().values(source=key, at=at))
        _count_failures(connection, login, tables.person.c.failures + 1)
    return tries.last


def _give_back(practice: Practice, key: bytes, login: str) -> None:
    table = tables.password_try
    with transaction(practice.engine) as connection:
        connection.execute(table.delete().where(table.c.source == key))
        _count_failures(connection, login, 0)


def _count_failures(connection: Connection, login: str, failures: object) -> None:
    table, typed = tables.person, login.encode(errors="replace").decode()
    connection.execute(table.update().where(table.c.login == typed).values(failures=failures))
