"""Guesses are slowed by their source, and the right password is let in, by a simulated clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.login.turns import (
    FORGOTTEN_AFTER,
    FREE_TRIES,
    LONGEST_QUEUE,
    LONGEST_WAIT,
    Tries,
    take_turn,
    wait_after,
)

START = datetime(2026, 11, 24, 9, tzinfo=UTC)

SECOND = timedelta(seconds=1)

COLUMN = 2**63 - 1
"""The most that a whole number of SQLite's can be."""

arrivals = st.lists(
    st.integers(0, 4 * 3600).map(lambda seconds: START + seconds * SECOND), max_size=300
).map(sorted)
"""When tries are made, many at one moment perhaps."""


def turns(made: list[datetime]) -> list[datetime]:
    """When wrong tries of one source are answered."""
    before, answered = None, []
    for at in made:
        taken = take_turn(before, at)
        if taken is not None:
            before = taken
            answered.append(taken.last)
    return answered


def test_the_table_is_what_is_waited() -> None:
    assert [wait_after(count).seconds for count in range(12)] == [0] * 5 + [1, 2, 4, 8, 10, 10, 10]


@given(st.integers(0, COLUMN))
def test_a_wait_never_grows_shorter_nor_longer_than_the_longest(count: int) -> None:
    assert wait_after(count) <= wait_after(count + 1) <= LONGEST_WAIT


@given(arrivals)
def test_no_way_of_making_tries_gets_more_answers_than_the_table_says(made: list[datetime]) -> None:
    """Side by side, spread out or in bursts: never more than free ones and one in each wait."""
    answered = turns(made)
    for begin in answered:
        for minutes in (1, 15, 60):
            span = timedelta(minutes=minutes)
            within = [at for at in answered if begin <= at < begin + span]
            # A burst of free ones, once in the time after which tries are forgotten.
            bursts = 1 + span // FORGOTTEN_AFTER
            assert len(within) <= bursts * (FREE_TRIES + 4) + span // LONGEST_WAIT


@given(arrivals)
def test_turns_come_one_after_another_and_none_waits_longer_than_a_queue(
    made: list[datetime],
) -> None:
    answered = turns(made)
    assert all(one <= other for one, other in pairwise(answered))
    before = None
    for at in made:
        taken = take_turn(before, at)
        assert taken is None or at <= taken.last <= at + LONGEST_QUEUE
        before = taken or before


def test_a_hundred_at_once_get_what_is_free_and_one_in_each_wait() -> None:
    answered = turns([START] * 100)
    assert answered[:FREE_TRIES] == [START] * FREE_TRIES
    assert [(at - START).seconds for at in answered[FREE_TRIES:]] == [1, 3, 7, 15, 25, 35, 45, 55]


@pytest.mark.parametrize("every", [1, 2, 5, 10, 60])
def test_who_waits_for_each_answer_keeps_nobody_out_of_the_same_terminal(every: int) -> None:
    """A loop of wrong tries, and the right password 115 times between them."""
    before, at, free = None, START, START
    waited = []
    for number in range(115):
        if at >= free and (taken := take_turn(before, at)) is not None:  # the loop's next guess
            before, free = taken, taken.last
        typed = at + timedelta(milliseconds=500)
        right = take_turn(before, typed)
        assert right is not None, number
        waited.append(right.last - typed)
        at += every * SECOND  # what was right would clear the count: the worst case is kept
    assert max(waited) <= 2 * LONGEST_WAIT


@given(st.integers(0, COLUMN), st.integers(-(10**9), 10**9))
def test_whatever_was_counted_by_whatever_clock_a_try_is_answered_within_the_queue(
    count: int, seconds: int
) -> None:
    at = START - seconds * SECOND
    taken = take_turn(Tries(count, at), START)
    assert taken is None or taken.last - START <= LONGEST_QUEUE
    if at - START > LONGEST_QUEUE:  # of a clock that was wrong: it is counted anew
        assert taken == Tries(1, START)
    else:
        later = START + FORGOTTEN_AFTER + LONGEST_QUEUE
        assert take_turn(Tries(count, at), later) == Tries(1, later)
