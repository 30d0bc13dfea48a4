"""What holds of every reconciliation, whatever was recorded and whatever the records say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from callrec.bank_holidays import working_days
from callrec.policy.days import DayRange, OpeningHours, quiet_periods
from callrec.settings import Clocks
from callrec.telephone.call import Leg
from callrec.telephone.joining_facts import CallRecord, Joined, JoinedBy, calls_of
from callrec.telephone.reconciling import (
    Coverage,
    HeldRecording,
    Reconciled,
    comparable_leg,
    reconcile,
)
from policy.builders import LONDON
from telephone.reconciled import a_leg, a_recording

TWO_MINUTES = timedelta(minutes=2)

WEEK = DayRange(date(2026, 10, 19), date(2026, 10, 30))

HOURS = OpeningHours(
    opens=time(8),
    closes=time(18, 30),
    longest=timedelta(hours=1),
    working=working_days(Clocks()),
    zone=LONDON,
)

LONG_AFTER = datetime(2027, 1, 1, tzinfo=UTC)

ids = st.sampled_from(["", *(f"179300187{n}.{n}" for n in range(5))])

seconds = st.integers(min_value=0, max_value=900)

numbers = st.sampled_from(["+447700900100", "+447700900101", None])

legs = st.builds(
    a_leg,
    unique_id=ids,
    key=ids,
    number=numbers,
    after=seconds,
    talked=st.none() | st.integers(min_value=0, max_value=90),
    answered=st.booleans(),
)

recordings = st.builds(
    a_recording, unique_id=ids, number=numbers, after=seconds, lasted=st.integers(0, 90)
)

several_legs = st.lists(legs, max_size=8)


def _numbered(some: Sequence[HeldRecording]) -> list[HeldRecording]:
    return [replace(held, id=number) for number, held in enumerate(some, 1)]


several_recordings = st.lists(recordings, max_size=8).map(_numbered)


def _missing(reconciled: Reconciled) -> set[CallRecord]:
    return {each.call for each in reconciled.calls if each.standing is Coverage.MISSING}


@given(several_recordings, several_legs)
def test_every_call_and_every_recording_is_accounted_for_once(
    held: list[HeldRecording], some: list[Leg]
) -> None:
    found = reconcile(held, some, TWO_MINUTES)
    assert [each.call for each in found.calls] == calls_of(some)
    joined = [each.id for accounted in found.calls for each, _ in accounted.recordings]
    assert sorted([*joined, *(each.id for each in found.without_call)]) == [h.id for h in held]


@given(several_recordings, several_legs)
def test_what_is_missing_is_what_was_spoken_and_is_not_held(
    held: list[HeldRecording], some: list[Leg]
) -> None:
    for each in reconcile(held, some, TWO_MINUTES).calls:
        spoken = [leg for leg in each.call.legs if leg.answered and leg.talk_ms != 0]
        assert set(each.without) <= set(spoken)
        assert (each.standing is Coverage.UNANSWERED) == (not spoken)
        assert (each.standing is Coverage.HELD) == (bool(spoken) and not each.without)
        if each.standing in {Coverage.HELD, Coverage.IN_PART}:
            assert each.recordings


@given(several_recordings, several_legs, recordings)
@example([a_recording(None)], [a_leg()], a_recording(None))
def test_a_recording_more_leaves_no_call_without_one_that_an_id_or_a_number_joined(
    held: list[HeldRecording], some: list[Leg], another: HeldRecording
) -> None:
    """What was joined by its extension alone is not, where another could be meant as well."""
    more = [*held, replace(another, id=99)]
    before, after = (reconcile(each, some, TWO_MINUTES) for each in (held, more))
    missing = _missing(after)
    for each in before.calls:
        if each.standing is not Coverage.MISSING and each.call in missing:
            assert all(_by_extension_alone(*pair) for pair in each.recordings)


def _by_extension_alone(held: HeldRecording, joined: Joined) -> bool:
    number = joined.call.legs[joined.leg_index].call.number
    return joined.joined_by is JoinedBy.NUMBER_AND_TIME and number not in held.facts.numbers


@given(several_recordings, several_legs, st.randoms(use_true_random=False))
def test_no_order_matters(held: list[HeldRecording], some: list[Leg], chance: Random) -> None:
    shuffled, mixed = list(held), list(some)
    chance.shuffle(shuffled)
    chance.shuffle(mixed)
    assert reconcile(shuffled, mixed, TWO_MINUTES) == reconcile(held, some, TWO_MINUTES)


@given(several_legs)
def test_the_essence_of_a_leg_is_its_own_essence(some: list[Leg]) -> None:
    assert [comparable_leg(comparable_leg(leg)) for leg in some] == [
        comparable_leg(leg) for leg in some
    ]


spans = st.tuples(st.integers(0, 12 * 24 * 60), st.integers(0, 90)).map(
    lambda pair: (
        datetime(2026, 10, 18, 23, tzinfo=UTC) + timedelta(minutes=pair[0]),
        datetime(2026, 10, 18, 23, tzinfo=UTC) + timedelta(minutes=sum(pair)),
    )
)

several_spans = st.lists(spans, max_size=60)


@given(several_spans)
def test_nothing_was_recorded_in_a_gap(some: list[tuple[datetime, datetime]]) -> None:
    for gap in quiet_periods(some, WEEK, HOURS, now=LONG_AFTER):
        assert gap.ends_at - gap.begins_at > HOURS.longest
        for begins_at, ends_at in some:
            assert ends_at <= gap.begins_at or begins_at >= gap.ends_at


@given(several_spans, spans)
def test_a_recording_more_never_makes_more_silence(
    some: list[tuple[datetime, datetime]], another: tuple[datetime, datetime]
) -> None:
    def silence(recorded: list[tuple[datetime, datetime]]) -> timedelta:
        found = quiet_periods(recorded, WEEK, HOURS, now=LONG_AFTER)
        return sum((gap.ends_at - gap.begins_at for gap in found), timedelta())

    assert silence([*some, another]) <= silence(some)


def test_every_working_day_is_silent_where_nothing_is_recorded() -> None:
    found = quiet_periods([], WEEK, HOURS, now=LONG_AFTER)
    days = [gap.begins_at.astimezone(LONDON).day for gap in found]
    assert days == [19, 20, 21, 22, 23, 26, 27, 28, 29, 30]
    assert {gap.ends_at - gap.begins_at for gap in found} == {timedelta(hours=10.5)}
