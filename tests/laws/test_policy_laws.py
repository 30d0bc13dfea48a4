"""Laws of the policy: what holds whatever is said, searched or decided."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callrec.crypto.canonical import canonical, parse
from callrec.errors import Refused, Tampered
from callrec.policy.days import DayRange, TimeRange, parse_day, parse_times
from callrec.policy.further import FurtherParticular
from callrec.policy.particulars import UNKNOWN, WITHHELD, Particulars
from callrec.policy.request import (
    ENDED_STATES,
    RequestAct,
    RequestState,
    check_can_happen,
    has_lapsed,
    lapses_at,
    state_after,
)
from callrec.policy.role import Power, Role, keys_held, powers_of
from callrec.policy.search import CallFacts, Criteria, Direction, matches
from callrec.policy.words import mask_name, mask_number, words
from policy.builders import LONDON, NOW, TODAY, a_person, events

# The Azores put their clocks back from one to midnight; Lord Howe Island by half an hour.
ZONES = [LONDON, ZoneInfo("Atlantic/Azores"), ZoneInfo("Australia/Lord_Howe")]

zones = st.sampled_from(ZONES)

days = st.dates(date(1971, 1, 1), date(2099, 12, 31))

instants = st.integers(0, 130 * 365 * 24 * 60 * 60).map(
    lambda seconds: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)

minutes = st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None))

times = st.tuples(minutes, minutes).map(lambda both: TimeRange(min(both), max(both)))

powers = st.frozensets(st.sampled_from(Power))

words_of_people = st.text(min_size=1).filter(lambda text: bool(words(text)))


@given(st.text())
def test_the_words_of_words_are_themselves(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@given(st.text())
def test_how_a_name_is_composed_does_not_matter(text: str) -> None:
    assert words(unicodedata.normalize("NFC", text)) == words(text)
    assert words(unicodedata.normalize("NFD", text)) == words(text)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_a_plain_name_has_the_words_that_it_has_with_a_mark_on_each_letter(text: str) -> None:
    marked = "".join(f"{char}\u0301" if char.isalpha() else char for char in text)
    assert words(marked) == words(text)


@given(st.text(alphabet=st.characters(codec="latin-1")))
def test_case_does_not_matter(text: str) -> None:
    assert words(text.upper()) == words(text.lower())


@given(days, zones)
def test_days_follow_each_other_without_gap_or_overlap(day: date, zone: ZoneInfo) -> None:
    after = day + timedelta(days=1)
    assert DayRange(day, day).bounds(zone)[1] == DayRange(after, after).bounds(zone)[0]


@given(instants, zones)
def test_an_instant_is_within_its_own_local_day_only(at: datetime, zone: ZoneInfo) -> None:
    day = at.astimezone(zone).date()
    begins, ends = DayRange(day, day).bounds(zone)
    assert begins <= at < ends


@given(instants, zones)
def test_a_call_is_found_by_its_own_local_minute(at: datetime, zone: ZoneInfo) -> None:
    local = at.astimezone(zone)
    minute = time(local.hour, local.minute)
    begins, ends = TimeRange(minute, minute).bounds(local.date(), zone)
    assert begins <= at < ends


@given(days, days)
def test_a_day_is_read_back_in_either_form(day: date, today: date) -> None:
    assert parse_day(day.isoformat(), today) == day
    assert parse_day(f"{day.day}/{day.month}/{day.year}", today) == day


@given(times)
def test_times_are_read_back(said: TimeRange) -> None:
    assert parse_times(f"{said.first:%H:%M}-{said.last:%H:%M}") == said


@given(minutes)
def test_a_single_time_lies_within_what_it_is_taken_for(said: time) -> None:
    around = parse_times(f"{said:%H:%M}")
    assert around.first <= said <= around.last


@given(instants, st.integers(0, 400), zones)
def test_what_lasts_some_days_is_good_all_through_the_last(
    made_at: datetime, lasting: int, zone: ZoneInfo
) -> None:
    ends = lapses_at(made_at, lasting, zone)
    last = (ends - timedelta(microseconds=1)).astimezone(zone).date()
    assert (last - made_at.astimezone(zone).date()).days == lasting
    assert not has_lapsed(ends, made_at)


names = st.lists(words_of_people, min_size=1, max_size=3).map(tuple)

spans = st.tuples(days, days).map(lambda both: DayRange(min(both), max(both)))


def several(each: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(each, min_size=1, max_size=3).map(tuple)


particulars = st.builds(
    Particulars,
    reason=st.text(),
    days=st.just(UNKNOWN) | st.lists(spans, min_size=1, max_size=3).map(tuple),
    times=st.just(UNKNOWN) | times,
    extensions=st.just(UNKNOWN) | several(st.from_regex(r"[0-9]{2,5}", fullmatch=True)),
    numbers=st.just(UNKNOWN)
    | several(
        st.from_regex(r"\+[0-9]{8,15}", fullmatch=True)
        | st.just(WITHHELD)
        | spans.map(lambda of: f"{WITHHELD} {of}")
    ),
    parties=st.just(UNKNOWN) | names,
    about=st.text(),
    further=st.dictionaries(st.sampled_from(FurtherParticular).map(str), st.text()),
    names=st.just(()) | names,
)


@given(particulars)
def test_particulars_come_back_from_their_canonical_form(said: Particulars) -> None:
    assert Particulars.from_json(parse(canonical(said.as_json()))) == said


numbers = st.from_regex(r"\+44[0-9]{9,10}", fullmatch=True)

calls = st.builds(
    CallFacts,
    number=st.none() | numbers,
    extension=st.none() | st.sampled_from(["201", "202"]),
    parties=st.lists(words_of_people, max_size=3).map(tuple),
    direction=st.none() | st.sampled_from(Direction),
    started_at=instants,
    duration_ms=st.integers(0, 7_200_000),
    further_numbers=st.frozensets(numbers, max_size=2),
    further_extensions=st.frozensets(st.sampled_from(["201", "202", "305"]), max_size=2),
)


@given(calls, zones)
def test_a_call_is_found_by_all_that_is_known_of_it(call: CallFacts, zone: ZoneInfo) -> None:
    local = call.started_at.astimezone(zone)
    minute = time(local.hour, local.minute)
    known = Criteria(
        number=call.number,
        tail=call.number and call.number[-4:],
        days=DayRange(local.date(), local.date()),
        times=TimeRange(minute, minute),
        extension=call.extension,
        party=call.parties[0] if call.parties else None,
        direction=call.direction,
    )
    assert matches(known, call, zone)
    assert all(matches(Criteria(number=each, tail=each[-4:]), call, zone) for each in call.numbers)
    assert all(matches(Criteria(extension=each), call, zone) for each in call.extensions)


criteria = st.fixed_dictionaries(
    {
        "number": st.none() | numbers,
        "tail": st.none() | st.from_regex(r"[0-9]{4}", fullmatch=True),
        "days": st.none() | days.map(lambda day: DayRange(day, day)),
        "times": st.none() | times,
        "extension": st.none() | st.sampled_from(["201", "202"]),
        "party": st.none() | words_of_people,
        "direction": st.none() | st.sampled_from(Direction),
    }
)


@given(criteria, calls, st.data())
def test_a_criterion_more_never_finds_a_call_more(
    asked: dict[str, Any], call: CallFacts, data: st.DataObject
) -> None:
    left_out = data.draw(st.sampled_from(sorted(asked)))
    fewer = {**asked, left_out: None}
    if matches(Criteria(**asked), call, LONDON):
        assert matches(Criteria(**fewer), call, LONDON)


@given(numbers, st.text("0123456789", max_size=6))
def test_a_mask_does_not_tell_a_number_s_length(number: str, more: str) -> None:
    assert mask_number("+" + more + number[1:]) == mask_number(number)


@given(st.text("abcdefgh", min_size=1), st.text("abcdefgh"))
def test_a_mask_does_not_tell_a_name_s_length(name: str, more: str) -> None:
    assert mask_name(name + more) == mask_name(name)


@given(powers, powers)
def test_more_powers_never_mean_fewer_keys(some: frozenset[Power], more: frozenset[Power]) -> None:
    assert keys_held(some) | keys_held(more) == keys_held(some | more)


@given(st.sampled_from(Role), st.sampled_from(Power), days)
def test_a_delegation_only_adds_its_power(role: Role, power: Power, until: date) -> None:
    added = powers_of(a_person(role, lent=power, until=until), TODAY) - powers_of(
        a_person(role), TODAY
    )
    assert added <= {power}


BEGINNING = {
    RequestAct.DELIVERED: RequestAct.PREPARED,
    RequestAct.FAILED: RequestAct.PREPARED,
    RequestAct.HEARING_ENDED: RequestAct.LISTENED,
    RequestAct.HEARING_FAILED: RequestAct.LISTENED,
}
"""What has to be under way for this to end it."""


@given(st.lists(st.sampled_from(RequestAct), max_size=12))
@example([RequestAct.APPROVED, RequestAct.CARRIED_OUT, RequestAct.HEARING_ENDED])
def test_a_history_never_goes_where_a_step_is_refused(acts: list[RequestAct]) -> None:
    """Steps that are allowed make a history with a state, and none leads on from an end."""
    history, state = [RequestAct.CREATED], RequestState.SUBMITTED
    for act in acts:
        beginning = BEGINNING.get(act)
        ended = sum(BEGINNING.get(each) == beginning for each in history)
        try:
            check_can_happen(events(*history), act, "R-17")
        except Refused:
            with pytest.raises(Tampered):
                state_after(events(*history, act))
            continue
        if beginning and ended == history.count(beginning):  # what was not begun cannot end
            continue
        history.append(act)
        was, state = state, state_after(events(*history))
        assert was not in ENDED_STATES or state is was


@given(instants, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)))
def test_what_has_lapsed_stays_lapsed(now: datetime, later: timedelta) -> None:
    ends = lapses_at(NOW, 14, LONDON)
    assert has_lapsed(ends, now) <= has_lapsed(ends, now + later)
