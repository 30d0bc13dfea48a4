"""How guesses at a password are slowed, and the right one is not kept out [policy 4(i)].

Tries are counted by source and login: a source is a session of one account on one machine, such as
a terminal. Each try takes a turn before it is answered, and turns come one after another, so tries
side by side are not faster. Nobody is shut out: who types the right password is let in at their
turn, and what goes on at another terminal does not delay it.

    wrong ones in a row   0-4    5    6    7    8    9 and more
    wait before the next  none   1 s  2 s  4 s  8 s  10 s
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

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
    if before is None or is_forgotten(before, now):
        return Tries(1, now)
    turn = max(now, before.last + wait_after(before.count))
    return Tries(before.count + 1, turn) if turn - now <= LONGEST_QUEUE else None


def is_forgotten(before: Tries, now: datetime) -> bool:
    """Whether tries count no more; a turn far ahead is of a clock that was wrong."""
    return not -LONGEST_QUEUE <= now - before.last < FORGOTTEN_AFTER
