"""Laws of the search: whatever the calls and whatever is asked, nothing that fits is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from callrec.catalogue import tables
from callrec.policy.days import DayRange, TimeRange
from callrec.policy.role import Role
from callrec.policy.search import CallFacts, Criteria, Direction, matches
from callrec.search.search import search_recordings
from callrec.telephone import call as telephone
from catalogue.index_rows import KEY, add, add_known, catalogue, missed, proposed
from house.calls import a_call, take_in
from house.people import change_role
from house.practices import House, copy

LONDON = ZoneInfo("Europe/London")


# The Azores put their clocks back from one to midnight; Lord Howe Island by half an hour.
ZONES = [LONDON, ZoneInfo("Atlantic/Azores"), ZoneInfo("Australia/Lord_Howe")]

OLDER_KEY = bytes(32)

MINUTE = 60_000

TURNS = [
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2024, 3, 31, 1, tzinfo=UTC),  # the clocks of Europe go forward
    datetime(2024, 5, 31, 23, tzinfo=UTC),  # in London this is June
    datetime(2024, 10, 27, 1, tzinfo=UTC),  # and back
    datetime(2024, 10, 5, 15, 30, tzinfo=UTC),  # Lord Howe Island, forward
]
"""Moments about which days, months and clocks turn."""

numbers = st.sampled_from(["+442079460123", "+441144960123", "+447700900457", "999"])

extensions = st.sampled_from(["201", "202", "2020"])

names = st.sampled_from(["Siân O'Neill", "Sian Lloyd", "Dr Ó Briain", "Anne-Marie Lloyd", "Bo"])

starts = st.builds(
    lambda turn, seconds: turn + timedelta(seconds=seconds),
    st.sampled_from(TURNS),
    st.integers(-2 * 86_400, 2 * 86_400),
)

calls = st.builds(
    CallFacts,
    number=st.none() | numbers,
    extension=st.none() | extensions,
    parties=st.lists(names, max_size=2).map(tuple),
    direction=st.none() | st.sampled_from(Direction),
    started_at=starts,
    duration_ms=st.integers(0, 90 * MINUTE),
)

in_parts = st.builds(
    lambda call, more: replace(call, **more),
    calls,
    st.fixed_dictionaries(
        {
            "further_numbers": st.frozensets(numbers, max_size=2),
            "further_extensions": st.frozensets(extensions, max_size=2),
        }
    ),
)

days = st.builds(
    lambda at, more: DayRange(at.date(), at.date() + timedelta(days=more)),
    starts,
    st.integers(0, 60),
)

one_day = st.builds(lambda at: DayRange(at.date(), at.date()), starts)

minutes = st.times().map(lambda at: at.replace(second=0, microsecond=0))

times = st.tuples(minutes, minutes).map(lambda both: TimeRange(min(both), max(both)))

criteria = st.builds(
    Criteria,
    number=st.none() | numbers,
    tail=st.none() | st.sampled_from(["0123", "0457", "9999"]),
    days=st.none() | days | one_day,
    times=st.none() | times,
    extension=st.none() | extensions,
    party=st.none() | st.sampled_from(["oneill", "SIAN", "Lloyd, Anne Marie", "briain", "bo"]),
    direction=st.none() | st.sampled_from(Direction),
)


@settings(deadline=None, max_examples=settings().max_examples * 3 // 5)
@given(
    st.lists(in_parts, min_size=1, max_size=20),
    st.lists(in_parts, min_size=1, max_size=20),
    st.lists(criteria, min_size=1, max_size=8),
    st.sampled_from(ZONES),
)
def test_every_call_that_meets_the_criteria_is_among_the_candidates(
    older: list[CallFacts], newer: list[CallFacts], asked: list[Criteria], zone: ZoneInfo
) -> None:
    with catalogue() as connection:
        add(connection, older, key=OLDER_KEY)
        add(connection, newer, first=len(older) + 1)
        for criterion in asked:
            found = proposed(connection, criterion, keys=(OLDER_KEY, KEY), zone=zone)
            fitting = {
                number
                for number, call in enumerate([*older, *newer], 1)
                if matches(criterion, call, zone)
            }
            assert fitting <= set(found)
            assert len(found) == len(set(found))


@settings(deadline=None, max_examples=settings().max_examples * 3 // 5)
@given(
    st.lists(st.tuples(in_parts, in_parts), min_size=1, max_size=20),
    st.lists(criteria, min_size=1, max_size=8),
    st.sampled_from(ZONES),
)
def test_a_call_of_which_more_has_become_known_is_among_them_too(
    told: list[tuple[CallFacts, CallFacts]], asked: list[Criteria], zone: ZoneInfo
) -> None:
    before, now = ([pair[place] for pair in told] for place in (0, 1))
    with catalogue() as connection:
        add(connection, before, key=OLDER_KEY)
        # Of every other nothing else was known: what it had before may go.
        add_known(connection, now, before=before, anew=range(1, len(now) + 1, 2))
        for criterion in asked:
            found = proposed(connection, criterion, keys=(OLDER_KEY, KEY), zone=zone)
            fitting = {n for n, call in enumerate(now, 1) if matches(criterion, call, zone)}
            assert fitting <= set(found)
            assert len(found) == len(set(found))


searched = in_parts.filter(lambda call: "999" not in call.numbers)
"""Calls whose last four digits can be asked for."""


def asked_of(call: CallFacts, zone: ZoneInfo) -> Iterator[Criteria]:
    """A search for each thing by which the index knows a call."""
    for number in call.numbers:
        yield Criteria(number=number)
        yield Criteria(tail=number[-4:])
    for party in call.parties:
        yield Criteria(party=party)
    day = call.started_at.astimezone(zone).date()
    for extension in call.extensions:
        yield Criteria(extension=extension, days=DayRange(day, day))


@given(
    st.lists(searched, min_size=1, max_size=20),
    st.lists(searched, min_size=1, max_size=20),
    st.sampled_from(ZONES),
    st.randoms(use_true_random=False),
)
def test_who_opens_the_calls_tells_which_of_them_a_search_would_miss(
    older: list[CallFacts], newer: list[CallFacts], zone: ZoneInfo, draw: Random
) -> None:
    every, keys = [*older, *newer], (OLDER_KEY, KEY)
    with catalogue() as connection:
        add(connection, older, key=OLDER_KEY)
        add(connection, newer, first=len(older) + 1)
        assert not missed(connection, every, keys=keys)
        rows = connection.execute(select(tables.token)).all()
        for row in draw.sample(rows, min(len(rows), draw.randrange(6))):
            is_row = [column == getattr(row, column.name) for column in tables.token.c]
            connection.execute(tables.token.delete().where(*is_row))
        told = missed(connection, every, keys=keys)
        assert told == [
            number
            for number, call in enumerate(every, 1)
            if any(
                number not in proposed(connection, asked, keys=keys, zone=zone)
                for asked in asked_of(call, zone)
            )
        ]


WIDEST_DAYS = 31

answerable = criteria.filter(
    lambda c: c.names_something or (c.days is not None and c.days.count <= WIDEST_DAYS)
)


def in_words_of_the_telephone(call: CallFacts) -> telephone.Call:
    return a_call(
        caller=call.number,
        callee=call.extension,
        number=call.number,
        extension=call.extension,
        parties=call.parties,
        direction=telephone.Direction(call.direction or "unknown"),
        started_at=call.started_at,
    )


def take_in_facts(house: House, facts: list[CallFacts]) -> list[tuple[int, CallFacts]]:
    taken = [in_words_of_the_telephone(call) for call in facts]
    ids = take_in(house, taken, durations_ms=[call.duration_ms for call in facts])
    return list(zip(ids, facts, strict=True))


@settings(
    deadline=None,
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # half a second each: shrinking is slow
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(calls, min_size=1, max_size=20),
    st.lists(calls, min_size=1, max_size=20),
    st.lists(answerable, min_size=1, max_size=12),
)
def test_a_search_finds_exactly_what_fits_the_newest_first(
    template: House,
    tmp_path: Path,
    older: list[CallFacts],
    newer: list[CallFacts],
    asked: list[Criteria],
) -> None:
    with TemporaryDirectory(dir=tmp_path) as folder:
        house = copy(template, Path(folder))
        house.decide(search={"widest_window_days": WIDEST_DAYS, "most_results": 1000})
        known = take_in_facts(house, older)
        # Whoever leaves had the index key: what comes now is under a new one.
        change_role(house.practice, house.actor("dora"), login="mia", role=Role.STAFF)
        known += take_in_facts(house, newer)
        actor = house.session("max")
        for criterion in asked:
            found = search_recordings(
                house.practice,
                actor,
                criteria=[criterion],
                reason="to see whether the law of searching holds",
                request=None,
                limit=None,
            )
            fitting = [
                (call.started_at, n) for n, call in known if matches(criterion, call, LONDON)
            ]
            assert [item.id for item in found.items] == [n for _, n in sorted(fitting)[::-1]]
            assert found.total == len(fitting)
