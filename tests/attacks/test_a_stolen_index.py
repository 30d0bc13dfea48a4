"""A thief has the catalogue's file and no key, and asks which calls were with the same person.

The thief knows the format, reads every row of the index, and has the start of each call, which is
in the clear. It is a made-up month of calls, whose callers the tests know.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import pytest
from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.index import TokenKind, bits_for, part_of
from callrec.policy.search import CallFacts
from callrec.policy.words import NORMALISING_VERSION
from catalogue.index_rows import add, catalogue
from house.months import busiest, made_up_month

CALLS = 8333
"""A month of a practice that has a million in ten years."""

Known = dict[int, frozenset[tuple[int, int]]]
"""Recording -> kinds and tokens."""


@dataclass(frozen=True)
class Theft:
    """What was stolen, and who called indeed."""

    rows: Known
    calls: Mapping[int, CallFacts]

    def slot(self, recording: int) -> int:
        return slot_of(self.calls[recording].started_at)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Calls with the same person."""
        by_number = defaultdict(list)
        for recording, call in self.calls.items():
            by_number[call.number].append(recording)
        return (pair for some in by_number.values() for pair in combinations(some, 2))


def slot_of(at: datetime) -> int:
    return (at.day - 1) * 12 + at.hour // 2


@pytest.fixture(scope="module", params=[1, 2])
def theft(request: pytest.FixtureRequest) -> Theft:
    calls = made_up_month(CALLS, request.param)
    with catalogue() as connection:
        part = part_of(calls[0].started_at)
        columns = {"part": part, "rows": 0, "bits": bits_for(CALLS)}
        connection.execute(tables.part.insert().values(normalising=NORMALISING_VERSION, **columns))
        add(connection, calls)
        rows = defaultdict(set)
        for row in connection.execute(select(tables.token)):
            rows[row.recording].add((row.kind, row.token))
    found = {recording: frozenset(some) for recording, some in rows.items()}
    return Theft(found, dict(enumerate(calls, 1)))


def linked(theft: Theft) -> set[tuple[int, int]]:
    """Every two calls that the thief takes for the same person's: number and a word are alike."""
    having = defaultdict(list)
    for recording, tokens in theft.rows.items():
        for token in tokens:
            having[token].append(recording)
    shared = Counter(
        pair
        for (kind, _), some in having.items()
        if kind != TokenKind.EXTENSION
        for pair in combinations(some, 2)
    )
    by_number = {
        pair
        for (kind, _), some in having.items()
        if kind == TokenKind.TAIL
        for pair in combinations(some, 2)
    }
    return {pair for pair in by_number if shared[pair] >= 3}


def test_no_two_calls_of_different_hours_have_a_token_in_common(theft: Theft) -> None:
    slots = defaultdict(set)
    for recording, tokens in theft.rows.items():
        for token in tokens:
            slots[token].add(theft.slot(recording))
    assert {len(some) for some in slots.values()} == {1}


def test_what_is_cut_from_two_hours_is_alike_for_one_caller_as_often_as_for_two(
    theft: Theft,
) -> None:
    # The thief takes the slot, which the start tells anyway, from each token.
    bits = bits_for(CALLS)

    def number(recording: int) -> int:
        (token,) = (each for kind, each in theft.rows[recording] if kind == TokenKind.TAIL)
        return int(token % 2**bits)

    apart = [(a, b) for a, b in theft.pairs() if theft.slot(a) != theft.slot(b)]
    alike = sum(number(a) == number(b) for a, b in apart)
    by_chance = len(apart) / 2**bits
    assert len(apart) > 5000
    assert alike <= by_chance + 5 * by_chance**0.5


def test_the_thief_links_calls_of_the_same_two_hours_and_no_others(theft: Theft) -> None:
    same = set(theft.pairs())
    told = linked(theft)
    within = {(a, b) for a, b in same if theft.slot(a) == theft.slot(b)}
    # Said in the threat model: within two hours, a caller's calls show that they belong together.
    assert len(told & same) >= 0.99 * len(within)
    assert told & same <= within
    assert len(told - same) < len(told) / 100
    assert len(within) < len(same) / 10


def test_counting_tokens_does_not_show_who_calls_most(theft: Theft) -> None:
    often = busiest(list(theft.calls.values()))
    calls = [recording for recording, call in theft.calls.items() if call.number == often]
    most = max(Counter(theft.slot(recording) for recording in calls).values())
    assert len(calls) > 20
    counts = Counter(token for some in theft.rows.values() for token in some if token[0] == 1)
    whose = defaultdict(set)
    for recording, some in theft.rows.items():
        for token in some:
            whose[token].add(theft.calls[recording].number)
    assert max(counts.values()) < len(calls) / 2
    top = {token for token, _ in counts.most_common(10)}
    assert sum(often in whose[token] for token in top) <= most


def test_by_a_call_that_the_thief_knows_others_are_told_of_its_two_hours_alone(
    theft: Theft,
) -> None:
    for recording in list(theft.rows)[::100]:
        alike = {r for r, some in theft.rows.items() if some & theft.rows[recording]}
        assert {theft.slot(each) for each in alike} == {theft.slot(recording)}
