from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations

from callrec.telephone.call import Direction, TimeConfidence
from callrec.telephone.joining import join
from callrec.telephone.joining_facts import (
    CallRecord,
    JoinedBy,
    RecordingFacts,
    calls_of,
    keys_of_leg,
    keys_of_recording,
)
from telephone.legs import (
    CALLER,
    MINUTE,
    NINE,
    OTHER_CALLER,
    TOLERANCE,
    a_call,
    a_leg,
    facts,
    leg_of,
)

UID = "1748854800.17"

SECOND = timedelta(seconds=1)


def joined(facts: RecordingFacts, *calls: CallRecord) -> tuple[str, int, JoinedBy] | None:
    """Key of the call, which of its legs, and by what."""
    found = leg_of(facts, calls, TOLERANCE)
    return (found.call.key, found.leg_index, found.joined_by) if found else None


def of_calls(
    recordings: Sequence[RecordingFacts], calls: Sequence[CallRecord]
) -> tuple[tuple[int, ...], ...]:
    return join(recordings, calls, TOLERANCE).of_calls


# Ids and names.


def test_the_unique_id_joins_whatever_the_time() -> None:
    recording = facts(unique_id=UID, at=NINE + timedelta(days=400), numbers=())
    call = a_call(a_leg(unique_id=UID, key="linked"))
    assert joined(recording, call) == ("linked", 0, JoinedBy.UNIQUE_ID)


def test_the_linked_id_joins_a_recording_of_the_first_channel() -> None:
    legs = a_leg(unique_id="1748854803.19", key=UID), a_leg(unique_id="1748854900.20", key=UID)
    assert joined(facts(unique_id=UID), a_call(*legs)) == (UID, 0, JoinedBy.LINKED_ID)


def test_a_name_joins_also_where_the_sound_was_written_in_another_form() -> None:
    call = a_call(a_leg(recording="out-a-b.wav", key="k", calling=OTHER_CALLER))
    assert joined(facts(names=("x.mp3", "out-a-b.mp3")), call) == ("k", 0, JoinedBy.FILE_NAME)


def test_each_side_that_was_recorded_by_itself_joins_by_the_name_of_both() -> None:
    call = a_call(a_leg(recording="20250602-090000_x.wav", at=NINE - timedelta(days=1)))
    sides = [facts(names=(f"20250602-090000_x-{side}.wav",)) for side in ("in", "out")]
    assert of_calls(sides, [call]) == ((0, 1),)


def test_an_id_whose_nought_is_gone_makes_two_callers_no_one_call() -> None:
    """A spreadsheet program saves 1776240000.10 as 1776240000.1."""
    first = a_leg(unique_id="1776240000.1", key="1776240000.1")
    passed_on = a_leg(unique_id="1776240003.2", key="1776240000.1", called="203", at=NINE + SECOND)
    other = a_leg(calling=OTHER_CALLER, called="202", unique_id="1776240000.1", key="1776240000.1")
    for legs in permutations([first, passed_on, other]):
        calls = calls_of(legs)
        assert {call.legs for call in calls} == {(first, passed_on), (other,)}
    recordings = [
        facts(unique_id="1776240000.1"),
        facts(unique_id="1776240000.10", numbers=("+447700900456",), extension="202"),
    ]
    assert of_calls(recordings, calls_of([other, first])) == ((0,), (1,))


def test_a_call_with_one_id_that_is_shown_to_two_desks_is_one() -> None:
    legs = [a_leg(called=desk, unique_id=UID, key=UID) for desk in ("201", "202")]
    assert len(calls_of(legs)) == 1


def test_the_digits_of_an_id_are_no_suffix_of_a_name() -> None:
    call = a_call(a_leg(recording="1748854800.18", at=NINE - timedelta(days=1)))
    assert joined(facts(names=("1748854800.17",)), call) is None


def test_a_short_id_joins_nothing() -> None:
    call = a_call(a_leg(unique_id="17", key="17", at=NINE - timedelta(days=1)))
    assert joined(facts(unique_id="17"), call) is None


def test_an_id_goes_before_a_name_and_a_name_before_the_time() -> None:
    by_id = a_call(a_leg(unique_id=UID, key="id", at=NINE - timedelta(days=1)))
    by_name = a_call(a_leg(recording="a.wav", key="name", at=NINE - timedelta(days=1)))
    by_time = a_call(a_leg(key="time"))
    recording = facts(unique_id=UID, names=("a.wav",))
    assert joined(recording, by_time, by_name, by_id) == ("id", 0, JoinedBy.UNIQUE_ID)
    assert joined(recording, by_time, by_name) == ("name", 0, JoinedBy.FILE_NAME)
    assert joined(recording, by_time) == ("time", 0, JoinedBy.NUMBER_AND_TIME)


def test_of_a_queues_rows_it_is_the_one_that_was_answered_at_that_extension() -> None:
    rows = [
        a_leg(called="202", key=UID, unique_id=UID, answered=False),
        a_leg(called="203", key=UID, unique_id=UID, at=NINE + 20 * SECOND),
        a_leg(called="201", key=UID, unique_id=UID, at=NINE + 30 * SECOND),
    ]
    recording = facts(unique_id=UID, extension="201")
    assert joined(recording, a_call(*rows)) == (UID, 2, JoinedBy.UNIQUE_ID)
    assert joined(facts(unique_id=UID, extension="800"), a_call(*rows)) == (
        UID,
        1,
        JoinedBy.UNIQUE_ID,
    )


def test_each_part_of_a_transferred_call_has_its_own_recording() -> None:
    call = a_call(
        a_leg(key=UID, called="201", unique_id=UID, recording="first.wav"),
        a_leg(key=UID, called="202", unique_id="1748854900.9", at=NINE + 3 * MINUTE),
    )
    recordings = [facts(unique_id="1748854900.9"), facts(names=("first.wav",))]
    joining = join(recordings, [call], TOLERANCE)
    assert [found and found.leg_index for found in joining.of_recordings] == [1, 0]
    assert joining.of_calls == ((0, 1),)


def test_of_two_calls_that_name_the_same_file_it_is_the_nearer() -> None:
    calls = [
        a_call(a_leg(recording="1.wav", key=key, at=at))
        for key, at in (("far", NINE - timedelta(days=2)), ("near", NINE - timedelta(days=1)))
    ]
    assert joined(facts(names=("1.wav",)), *calls) == ("near", 0, JoinedBy.FILE_NAME)


# Number and time.


def test_the_tolerance_counts_to_the_second() -> None:
    call = a_call(a_leg())
    assert joined(facts(at=NINE + TOLERANCE), call)
    assert joined(facts(at=NINE - TOLERANCE), call)
    assert not joined(facts(at=NINE + TOLERANCE + SECOND), call)
    assert not joined(facts(at=NINE - TOLERANCE - SECOND), call)


def test_a_recording_may_begin_when_the_call_began_or_when_it_was_answered() -> None:
    waited = a_call(a_leg(answered_at=NINE + 10 * MINUTE))
    assert joined(facts(at=NINE), waited)
    assert joined(facts(at=NINE + 10 * MINUTE), waited)
    assert not joined(facts(at=NINE + 5 * MINUTE), waited)


def test_another_number_joins_nothing() -> None:
    assert not joined(facts(numbers=("+447700900456",)), a_call(a_leg()))


def test_both_directions_join_by_the_outside_number() -> None:
    outgoing = a_call(a_leg(calling="201", called=CALLER, key="o"))
    assert joined(facts(numbers=("201", "+447700900123")), outgoing)


def test_the_number_that_everybody_dials_joins_nothing() -> None:
    ours = "02079460000"
    incoming = a_leg(calling=OTHER_CALLER, called=ours, direction=Direction.INBOUND)
    assert not joined(facts(numbers=("+447700900123", "+442079460000")), a_call(incoming))
    withheld = a_leg(calling="anonymous", called=ours)
    assert not joined(facts(numbers=("+447700900123", "+442079460000")), a_call(withheld))


def test_where_the_direction_is_not_known_the_caller_joins() -> None:
    unknown = a_leg(calling=CALLER, called="02079460000")
    assert joined(
        facts(numbers=("+442079460000", "+447700900123"), extension=None), a_call(unknown)
    )


def test_of_two_calls_of_one_number_the_nearest_is_joined_and_each_once() -> None:
    calls = [a_call(a_leg(key=key, at=at)) for key, at in (("a", NINE), ("b", NINE + MINUTE))]
    recordings = [facts(at=NINE + 50 * SECOND), facts(at=NINE + 55 * SECOND)]
    assert of_calls(recordings, calls) == ((0,), (1,))
    assert of_calls(recordings[:1], calls) == ((), (0,))
    assert of_calls(recordings, calls[:1]) == ((0,),)


def test_the_same_extension_goes_before_the_nearer() -> None:
    calls = [
        a_call(a_leg(called="202", key="near")),
        a_call(a_leg(called="201", key="far", at=NINE + MINUTE)),
    ]
    assert joined(facts(extension="201"), *calls) == ("far", 0, JoinedBy.NUMBER_AND_TIME)
    assert joined(facts(extension=None), *calls) == ("near", 0, JoinedBy.NUMBER_AND_TIME)


def test_a_call_that_was_answered_goes_before_one_that_was_not() -> None:
    missed = a_call(a_leg(key="missed", answered=False))
    answered = a_call(a_leg(key="answered", at=NINE + MINUTE))
    assert joined(facts(), missed, answered) == ("answered", 0, JoinedBy.NUMBER_AND_TIME)
    assert joined(facts(), missed) == ("missed", 0, JoinedBy.NUMBER_AND_TIME)


def test_what_rang_beside_a_call_that_is_recorded_takes_no_other_recording() -> None:
    call = a_call(
        a_leg(key=UID, unique_id=UID), a_leg(key=UID, called="202", answered=False, unique_id="x")
    )
    assert of_calls([facts(unique_id=UID), facts(at=NINE + SECOND)], [call]) == ((0,),)


def test_a_leg_that_an_id_joins_is_not_joined_by_time_as_well() -> None:
    call = a_call(a_leg(unique_id=UID))
    assert of_calls([facts(), facts(unique_id=UID, at=NINE + MINUTE)], [call]) == ((1,),)


# Withheld numbers, calls within the practice, short codes.


def test_a_withheld_number_joins_by_extension_if_nothing_else_could_be_meant() -> None:
    recording = facts(numbers=("201",))
    call = a_call(a_leg(calling="anonymous", key="a"))
    assert joined(recording, call) == ("a", 0, JoinedBy.NUMBER_AND_TIME)
    other = a_call(a_leg(calling="anonymous", key="b", at=NINE + MINUTE))
    assert joined(recording, call, other) is None
    assert of_calls([recording, facts(numbers=("201",), at=NINE + SECOND)], [call]) == ((),)


def test_a_withheld_number_joins_no_call_of_a_number_that_the_call_does_not_have() -> None:
    assert not joined(facts(), a_call(a_leg(calling="anonymous")))


def test_a_name_that_did_not_show_the_number_joins_the_call_that_does() -> None:
    assert joined(facts(numbers=("201",)), a_call(a_leg()))


def test_a_withheld_call_that_nobody_answered_is_not_joined() -> None:
    assert not joined(facts(numbers=("201",)), a_call(a_leg(calling="anonymous", answered=False)))


def test_a_call_within_the_practice_joins_by_extension() -> None:
    internal = a_call(a_leg(calling="202", called="201"))
    assert joined(facts(numbers=("202", "201"), extension="202"), internal)


def test_a_call_to_999_joins_by_the_extension_that_called() -> None:
    emergency = a_call(a_leg(calling="201", called="999"))
    assert joined(facts(numbers=("201", "999")), emergency)


# The hour that comes twice.


TWICE = datetime(2025, 10, 26, 1, 30)  # noqa: DTZ001 - local

FIRST = datetime.fromisoformat("2025-10-26T00:30:00+00:00")

SECOND_READING = FIRST + timedelta(hours=1)


def test_a_local_time_that_came_twice_joins_by_both_its_readings() -> None:
    call = a_call(a_leg(local=TWICE))
    assert joined(facts(at=FIRST), call)
    assert joined(facts(at=SECOND_READING), call)
    assert not joined(facts(at=FIRST + 30 * MINUTE), call)


def test_a_recording_whose_time_came_twice_joins_by_both_its_readings() -> None:
    recording = facts(at=FIRST, time_confidence=TimeConfidence.LOCAL_AMBIGUOUS)
    assert joined(recording, a_call(a_leg(at=FIRST)))
    assert joined(recording, a_call(a_leg(at=SECOND_READING)))


def test_a_time_that_never_was_joins_as_if_the_clock_had_been_right_too() -> None:
    never = a_leg(local=datetime(2025, 3, 30, 1, 30))  # noqa: DTZ001 - local
    assert joined(facts(at=datetime.fromisoformat("2025-03-30T00:30:00+00:00")), a_call(never))


# Calls of legs.


def test_legs_with_one_key_are_one_call_in_their_order() -> None:
    later, sooner = a_leg(key="k", at=NINE + MINUTE), a_leg(key="k")
    assert calls_of([later, sooner]) == [CallRecord(key="k", legs=(sooner, later))]


def test_legs_without_a_key_are_calls_of_their_own() -> None:
    assert len(calls_of([a_leg(), a_leg(called="202")])) == 2


def test_a_row_that_two_files_hold_is_one_leg() -> None:
    assert calls_of([a_leg(key="k"), a_leg(key="k")]) == calls_of([a_leg(key="k")])
    assert len(calls_of([a_leg(), a_leg()])) == 1


def test_the_order_of_the_rows_does_not_matter() -> None:
    legs = [a_leg(key="k"), a_leg(key="k", called="202"), a_leg(), a_leg(at=NINE - MINUTE)]
    assert len({tuple(calls_of(order)) for order in permutations(legs)}) == 1


# Keys.


def test_a_recording_has_a_key_of_every_leg_that_it_can_be_joined_to() -> None:
    legs = {
        "id": a_leg(unique_id=UID),
        "linked": a_leg(key=UID),
        "name": a_leg(recording="a.mp3"),
        "edge": a_leg(at=NINE + TOLERANCE),
        "other edge": a_leg(at=NINE - TOLERANCE),
        "answered": a_leg(at=NINE - 9 * MINUTE, answered_at=NINE),
        "withheld": a_leg(calling="anonymous"),
    }
    recording = facts(unique_id=UID, names=("a.wav",), numbers=("+447700900123", "201"))
    keys = set(keys_of_recording(recording, TOLERANCE))
    for name, leg in legs.items():
        assert not keys.isdisjoint(keys_of_leg(leg, TOLERANCE)), name


def test_the_surest_key_comes_first() -> None:
    recording = facts(unique_id=UID, names=("a.wav",))
    order = list(dict.fromkeys(how for how, _ in keys_of_recording(recording, TOLERANCE)))
    assert order == list(JoinedBy)
