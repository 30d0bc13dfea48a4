"""Laws of holds: whatever is told and whatever happens, too much is held and never too little."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from callrec.errors import Tampered
from callrec.policy.days import TimeRange
from callrec.policy.hold import HoldAct, HoldState, hold_after, stated_call_times
from callrec.policy.particulars import UNKNOWN, Particulars
from callrec.policy.search import CallFacts, described_by, matches
from house import practices
from house.calls import a_call, take_in
from house.holds import ask, held, look, named, the_hold, verified
from house.particulars import particulars as written
from house.practices import House

LONDON = ZoneInfo("Europe/London")

NUMBERS = ("+442079460123", "+441144960123")

EXTENSIONS = ("201", "202")

PARTIES = ("Siân O'Neill", "Ann Lloyd")

DAYS = (date(2024, 3, 30), date(2024, 3, 31))  # on the second the clocks go forward

calls = st.builds(
    CallFacts,
    number=st.sampled_from(NUMBERS),
    extension=st.sampled_from(EXTENSIONS),
    parties=st.sampled_from(PARTIES).map(lambda name: (name,)),
    direction=st.none(),
    started_at=st.integers(0, 2 * 24 * 60).map(
        lambda minutes: datetime(2024, 3, 30, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    duration_ms=st.integers(0, 3 * 3_600_000),
)

times = st.tuples(st.integers(0, 1439), st.integers(0, 1439)).map(
    lambda both: TimeRange(*(time(minute // 60, minute % 60) for minute in sorted(both)))
)

particulars = st.builds(
    written,
    reason=st.just("Somebody wants to know what was said then"),
    day=st.sampled_from([UNKNOWN, *DAYS]),
    times=st.just(UNKNOWN) | times,
    extension=st.sampled_from([UNKNOWN, *EXTENSIONS]),
    number=st.sampled_from([UNKNOWN, *NUMBERS]),
    parties=st.just(UNKNOWN) | st.lists(st.sampled_from(PARTIES), min_size=1).map(tuple),
    about=st.just(""),
)

acts = st.lists(st.sampled_from(HoldAct), max_size=12).map(lambda later: [HoldAct.PLACED, *later])


@given(particulars, calls)
def test_a_call_that_is_described_was_in_the_time_that_is_told(
    told: Particulars, call: CallFacts
) -> None:
    if any(matches(criteria, call, LONDON) for criteria in described_by(told)):
        assert any(matches(each, call, LONDON) for each in stated_call_times(told))


@given(acts)
def test_what_a_request_holds_is_narrowed_by_matching_alone(happened: list[HoldAct]) -> None:
    try:
        state = hold_after(happened, by_request=True)
    except Tampered:
        return
    told = [act for act in happened if act in (HoldAct.MATCHED, HoldAct.UNMATCHED)]
    assert (state is HoldState.PLACED) <= (told[-1:] == [HoldAct.MATCHED])


@given(acts, st.booleans())
def test_what_is_lifted_stays_lifted(happened: list[HoldAct], by_request: bool) -> None:  # noqa: FBT001
    if HoldAct.LIFTED not in happened[:-1]:
        return
    with pytest.raises(Tampered):
        hold_after(happened, by_request=by_request)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(calls, min_size=1, max_size=12), particulars)
def test_a_hold_covers_every_recording_that_its_request_describes(
    template: House, there: list[CallFacts], told: Particulars
) -> None:
    with TemporaryDirectory() as folder:
        house = practices.copy(template, Path(folder) / "house")
        numbers = take_in(
            house,
            [
                a_call(
                    number=call.number,
                    caller=call.number,
                    extension=call.extension,
                    parties=call.parties,
                    started_at=call.started_at,
                )
                for call in there
            ],
            durations_ms=[call.duration_ms for call in there],
        )
        unknown = ("unknown",)
        ask(
            house,
            days=told.days,
            times=told.times,
            extensions=unknown if told.extensions is UNKNOWN else told.extensions,
            numbers=unknown if told.numbers is UNKNOWN else told.numbers,
            parties=unknown if told.parties is UNKNOWN else told.parties,
        )
        describes = {
            number
            for number, call in zip(numbers, there, strict=True)
            if any(matches(criteria, call, LONDON) for criteria in described_by(told))
        }
        assert describes <= held(house)
        look(house)
        if described_by(told):
            assert named(house) == held(house) == describes
        else:
            assert the_hold(house).state is HoldState.EVERYTHING
            assert held(house) == set(numbers)
        assert not verified(house).problems
        house.practice.engine.dispose()
