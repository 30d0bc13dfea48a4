"""Calls and recordings held against each other, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callrec.telephone.reconciling import (
    Coverage,
    ExtraReason,
    comparable_leg,
    reconcile,
    without_repeats,
)
from telephone.reconciled import a_leg, a_recording

TOLERANCE = timedelta(minutes=2)

ONE, TWO = "1793001871.6", "1793001872.7"


def test_a_call_whose_recording_has_its_unique_id_is_held() -> None:
    found = reconcile([a_recording(unique_id=ONE)], [a_leg(unique_id=ONE)], TOLERANCE)
    assert [each.standing for each in found.calls] == [Coverage.HELD]
    assert (found.without_call, found.several) == ((), ())


def test_an_answered_call_without_a_recording_is_missing() -> None:
    (found,) = reconcile([], [a_leg(unique_id=ONE)], TOLERANCE).calls
    assert found.standing is Coverage.MISSING
    assert [leg.call.unique_id for leg in found.without] == [ONE]


@pytest.mark.parametrize(
    "leg", [a_leg(answered=False), a_leg(talked=0)], ids=["not answered", "nothing spoken"]
)
def test_a_call_in_which_nobody_spoke_needs_no_recording(leg: object) -> None:
    (found,) = reconcile([], [leg], TOLERANCE).calls  # type: ignore[list-item]
    assert found.standing is Coverage.UNANSWERED


def test_a_recording_of_no_call_is_left_over() -> None:
    stranger = a_recording("+447700900199", unique_id=TWO, after=3000)
    found = reconcile([stranger], [a_leg(unique_id=ONE)], TOLERANCE)
    assert found.without_call == (stranger,)


def test_a_transfer_of_which_one_part_was_not_recorded_is_held_in_part() -> None:
    legs = [
        a_leg(unique_id=ONE, key=ONE, talked=20),
        a_leg(unique_id=TWO, key=ONE, after=22, talked=60, extension="221"),
    ]
    (found,) = reconcile([a_recording(unique_id=ONE, lasted=20)], legs, TOLERANCE).calls
    assert found.standing is Coverage.IN_PART
    assert [leg.call.extension for leg in found.without] == ["221"]


@pytest.mark.parametrize(("lasted", "held"), [(22 + 31, True), (22 + 29, False)])
def test_a_recording_that_ran_on_for_half_of_the_next_part_has_it(lasted: int, held: bool) -> None:  # noqa: FBT001
    legs = [
        a_leg(unique_id=ONE, key=ONE, talked=20),
        a_leg(unique_id=TWO, key=ONE, after=22, talked=60),
    ]
    (found,) = reconcile([a_recording(unique_id=ONE, lasted=lasted)], legs, TOLERANCE).calls
    assert (found.standing is Coverage.HELD) == held


def test_parts_that_name_one_recording_are_held_by_it() -> None:
    legs = [
        a_leg(unique_id=ONE, key=ONE, talked=20, recording="a.wav"),
        a_leg(unique_id=TWO, key=ONE, after=500, talked=60, recording="a.wav"),
    ]
    (found,) = reconcile([a_recording(unique_id=ONE, lasted=20)], legs, TOLERANCE).calls
    assert found.standing is Coverage.HELD


@pytest.mark.parametrize(("after", "held"), [(10, True), (50, False)])
def test_of_a_part_of_unknown_length_its_beginning_decides(after: int, held: bool) -> None:  # noqa: FBT001
    legs = [
        a_leg(unique_id=ONE, key=ONE, talked=20),
        a_leg(unique_id=TWO, key=ONE, after=after, talked=None),
    ]
    (found,) = reconcile([a_recording(unique_id=ONE, lasted=20)], legs, TOLERANCE).calls
    assert (found.standing is Coverage.HELD) == held


@pytest.mark.parametrize(
    ("after", "why"),
    [(4, ExtraReason.OVERLAPPING), (30, ExtraReason.CONSECUTIVE)],
    ids=["at once", "in turn"],
)
def test_several_recordings_of_one_part_are_told(after: int, why: ExtraReason) -> None:
    held = [
        a_recording(id=7, unique_id=ONE, after=after),
        a_recording(id=3, unique_id=ONE),
    ]
    found = reconcile(held, [a_leg(unique_id=ONE, talked=60)], TOLERANCE)
    assert [([each.id for each in group.recordings], group.why) for group in found.several] == [
        ([3, 7], why)
    ]


def test_several_recordings_of_one_unique_id_are_told_though_no_call_is_known() -> None:
    held = [a_recording(id=n, unique_id=ONE, after=n) for n in (1, 2)]
    (several,) = reconcile(held, [], TOLERANCE).several
    assert [each.id for each in several.recordings] == [1, 2]


def test_recordings_of_two_parts_are_no_duplicates() -> None:
    legs = [
        a_leg(unique_id=ONE, key=ONE, talked=20),
        a_leg(unique_id=TWO, key=ONE, after=10, talked=60),
    ]
    held = [a_recording(id=1, unique_id=ONE), a_recording(id=2, unique_id=TWO, after=10)]
    assert reconcile(held, legs, TOLERANCE).several == ()


def test_a_leg_that_was_sealed_is_the_same_as_the_one_in_the_file() -> None:
    read, sealed = a_leg(unique_id=ONE), a_leg(unique_id=ONE)
    found = reconcile([], [comparable_leg(read), comparable_leg(sealed)], TOLERANCE)
    assert len(found.calls) == 1
    assert comparable_leg(read).call.said == {}


def test_legs_that_were_written_alike_are_one_however_they_were_understood() -> None:
    first, again, *others = (
        comparable_leg(replace(leg, call=replace(leg.call, said=said)))
        for leg, said in (
            (a_leg(extension="201"), {"row": "1"}),
            (a_leg(extension="301"), {"row": "1"}),
            (a_leg(extension="301"), {"row": "2"}),
            (a_leg(extension="301", answered=False), {"row": "1"}),
        )
    )
    assert [*without_repeats([first, again, *others])] == [first, *others]


def test_legs_of_which_nobody_knows_what_was_written_are_one_where_they_are_alike() -> None:
    one, other = (
        comparable_leg(replace(leg, call=replace(leg.call, said={})))
        for leg in (a_leg(extension="201"), a_leg(extension="301"))
    )
    assert [*without_repeats([one, other, one])] == [one, other]
