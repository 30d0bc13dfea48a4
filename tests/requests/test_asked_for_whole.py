"""Who has a right to all of it gets all of it, or is told what is kept back and why [policy 4(e)].

A request that asks for fewer recordings than fit it cannot be approved, nor released once more of
them came in: nobody would decide on the others, and the package would not tell of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from callrec.errors import NotFound, Refused
from callrec.policy.further import FurtherParticular
from callrec.policy.particulars import Answers
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.requests import decide, gather, model
from callrec.requests.amend import amend_particulars, attach_recordings, detach_recordings
from callrec.requests.decide import Decision, deny_request, preview_approval, revoke_grants
from callrec.requests.event import close_request, withdraw_request
from callrec.requests.gather import Gathered, gather_recordings
from callrec.requests.lapse import expire_lapsed
from house.commands import type_in
from house.listening import hear
from house.packages import release
from house.practices import House
from house.requests import (
    REASON,
    a_request,
    approve,
    further_of,
    logged_in,
    opened,
    pass_days,
    signed_in,
    third_parties_checked,
)
from house.spool import a_call, take_in

CREATE = ("request", "create", "subject-access", "--authority", "none", "--copy")

A_CALLER = "07700 900123"

MORE = "1 more recording matches it, and a request names 2 at most: make the same request again"

OWED_WHOLE = (Purpose.SUBJECT_ACCESS, Purpose.PORTABILITY, Purpose.DECEASED)


def with_three(house: House) -> House:
    """All of which fit what `said` says."""
    take_in(house, *(a_call(house.folder / "spool", call) for call in range(3)))
    return house


def whole(house: House, reference: str, login: str = "max") -> Gathered:
    return gather_recordings(house.practice, logged_in(house, login), reference, leave_out={})


def decided(house: House, reference: str, **decision: object) -> tuple[int, ...]:
    return approve(house, reference, "dora", second=signed_in(house, "pat"), **decision).recordings


@pytest.mark.parametrize("purpose", OWED_WHOLE)
def test_one_that_leaves_out_a_recording_is_not_approved(house: House, purpose: Purpose) -> None:
    reference = a_request(with_three(house), purpose=purpose, recordings=(1, 2))
    with pytest.raises(Refused, match=f"{reference} leaves out recordings that match it: 3 "):
        decided(house, reference)
    with pytest.raises(Refused, match="leaves out"):
        preview_approval(house.practice, signed_in(house, "dora"), reference, Decision())
    whole(house, reference)
    assert decided(house, reference, withheld={3: Ground.THIRD_PARTY}) == (1, 2)


def test_what_nobody_has_a_right_to_is_asked_for_one_by_one(house: House) -> None:
    reference = a_request(with_three(house), purpose=Purpose.COMPLAINT, recordings=(1,))
    assert approve(house, reference).recordings == (1,)


def in_two_parts(house: House) -> tuple[str, str]:
    """The first of which was gathered, and counts on the second for recording 3."""
    with_three(house)
    first = a_request(house, purpose=Purpose.SUBJECT_ACCESS, recordings=(1, 2))
    second = a_request(house, purpose=Purpose.SUBJECT_ACCESS, recordings=(3,))
    assert whole(house, first).elsewhere == 1
    return first, second


GIVING_UP: Mapping[str, Callable[[House, str], object]] = {
    "withdrawn": lambda house, part: withdraw_request(
        house.practice, logged_in(house, "sam"), part
    ),
    "detached": lambda house, part: detach_recordings(
        house.practice, signed_in(house, "sam"), part, [3]
    ),
    "about somebody else": lambda house, part: amend_particulars(
        house.practice,
        signed_in(house, "sam"),
        part,
        Answers(further={FurtherParticular.SUBJECT: "Ken Marsh"}),
    ),
}


@pytest.mark.parametrize("how", GIVING_UP)
def test_what_another_part_of_the_same_request_asks_for_is_not_left_out(
    house: House, how: str
) -> None:
    first, second = in_two_parts(house)
    GIVING_UP[how](house, second)
    with pytest.raises(Refused, match="leaves out recordings that match it: 3 "):
        decided(house, first)


@pytest.mark.parametrize("how", GIVING_UP)
def test_what_one_part_was_approved_without_another_does_not_give_up(
    house: House, how: str
) -> None:
    first, second = in_two_parts(house)
    assert decided(house, first) == (1, 2)
    without = f"{first} was approved without what {second} asks for: 3 "
    with pytest.raises(Refused, match=without) as refused:
        GIVING_UP[how](house, second)
    assert f"callrec approve {second}, or callrec deny {second}" in str(refused.value.hint)
    third = a_request(house, purpose=Purpose.SUBJECT_ACCESS, recordings=(1, 2, 3))
    GIVING_UP[how](house, second)
    assert decided(house, third) == (1, 2, 3)


@pytest.mark.parametrize("how", ["withdrawn", "about somebody else"])
def test_what_one_part_was_approved_without_another_does_not_leave_out_and_give_up(
    house: House, how: str
) -> None:
    first, second = in_two_parts(house)
    decided(house, first)
    left = {3: Ground.THIRD_PARTY}
    gather_recordings(house.practice, logged_in(house, "max"), second, leave_out=left)
    with pytest.raises(Refused, match=f"{first} was approved without what {second} asks for: 3 "):
        GIVING_UP[how](house, second)
    dora = signed_in(house, "dora")
    deny_request(house.practice, dora, second, reason=REASON, ground=Ground.THIRD_PARTY)


def test_what_a_part_took_from_another_since_it_was_approved_it_does_not_give_up(
    house: House,
) -> None:
    first, second = in_two_parts(house)
    decided(house, first)
    hear(house, first)
    sam = signed_in(house, "sam")
    attach_recordings(house.practice, sam, first, [3])
    withdraw_request(house.practice, sam, second)
    with pytest.raises(Refused, match=f"{first} was approved without what it asks for: 3 "):
        detach_recordings(house.practice, sam, first, [3])


def test_what_was_withdrawn_is_withdrawn_no_second_time(house: House) -> None:
    _, second = in_two_parts(house)
    sam = signed_in(house, "sam")
    withdraw_request(house.practice, sam, second)
    with pytest.raises(Refused, match="withdrawn"):
        withdraw_request(house.practice, sam, second)


UNANSWERED = "asks for recordings that nobody has given or refused: 3 "


def check_closes_by_decision(house: House, reference: str) -> None:
    """Only who decides it closes it, with a reason."""
    sam, dora = signed_in(house, "sam"), signed_in(house, "dora")
    refused = ((sam, "", UNANSWERED), (dora, "", UNANSWERED), (sam, REASON, "may not decide"))
    for actor, reason, message in refused:
        with pytest.raises(Refused, match=message):
            close_request(house.practice, actor, reference, reason=reason)
    close_request(house.practice, dora, reference, reason=REASON)


def test_it_is_not_closed_while_some_is_not_decided_but_by_who_decides_and_with_a_reason(
    house: House,
) -> None:
    reference = a_request(with_three(house), purpose=Purpose.SUBJECT_ACCESS, recordings=(1, 2, 3))
    assert decided(house, reference, recordings=(1,), withheld={2: Ground.THIRD_PARTY}) == (1,)
    hear(house, reference)
    check_closes_by_decision(house, reference)


def revoked(house: House, reference: str) -> None:
    revoke_grants(house.practice, signed_in(house, "dora"), reference, reason=REASON)


def changed(house: House, reference: str) -> None:
    why = Answers(reason="She asks for it once more, in other words")
    amend_particulars(house.practice, signed_in(house, "sam"), reference, why)


def lapsed(house: House, _: str) -> None:
    pass_days(house, 15)
    expire_lapsed(house.practice, logged_in(house, "sam"))


@pytest.mark.parametrize("taken_back", [revoked, changed, lapsed])
def test_what_was_granted_and_taken_back_unheard_is_not_decided(
    house: House, taken_back: Callable[[House, str], None]
) -> None:
    reference = a_request(with_three(house), purpose=Purpose.SUBJECT_ACCESS, recordings=(1, 2, 3))
    assert decided(house, reference) == (1, 2, 3)
    taken_back(house, reference)
    assert decided(house, reference, recordings=(1,), withheld={2: Ground.THIRD_PARTY}) == (1,)
    hear(house, reference)
    check_closes_by_decision(house, reference)


def test_what_was_heard_before_it_was_taken_back_is_not_decided(house: House) -> None:
    reference = a_request(with_three(house), purpose=Purpose.SUBJECT_ACCESS, recordings=(1, 2, 3))
    assert decided(house, reference, withheld={1: Ground.THIRD_PARTY}) == (2, 3)
    hear(house, reference, 3)
    revoked(house, reference)
    assert decided(house, reference, recordings=(2,), withheld={1: Ground.THIRD_PARTY}) == (2,)
    hear(house, reference, 2)
    check_closes_by_decision(house, reference)


def test_what_was_granted_and_not_given_keeps_it_open(house: House) -> None:
    reference = a_request(with_three(house), purpose=Purpose.SUBJECT_ACCESS, recordings=(1, 2, 3))
    third_parties_checked(house, "sam", reference)
    decided(house, reference, recordings=(1,), withheld={2: Ground.THIRD_PARTY})
    release(house, reference)
    assert decided(house, reference, recordings=(3,)) == (3,)
    sam = signed_in(house, "sam")
    with pytest.raises(Refused, match=UNANSWERED):
        close_request(house.practice, sam, reference)
    with pytest.raises(Refused, match="may not decide"):
        close_request(house.practice, sam, reference, reason=REASON)
    hear(house, reference, 3)
    with pytest.raises(Refused, match="recordings did not go out: 3, so that nothing says how"):
        close_request(house.practice, sam, reference)
    release(house, reference)
    with pytest.raises(Refused, match="no letter was sent"):
        close_request(house.practice, sam, reference)


def test_of_one_that_went_out_in_part_the_rest_is_asked_for_again_when_more_comes_in(
    house: House,
) -> None:
    reference = a_request(with_three(house), purpose=Purpose.SUBJECT_ACCESS, recordings=(1, 2, 3))
    third_parties_checked(house, "sam", reference)
    decided(house, reference, recordings=(1,))
    release(house, reference)
    take_in(house, a_call(house.folder / "spool", 7))
    with pytest.raises(Refused, match="leaves out recordings that match it: 4 ") as refused:
        decided(house, reference, recordings=(2, 3))
    assert "a package went out under it: ask someone else" in str(refused.value.hint)


@pytest.mark.parametrize("ground", [Ground.UNFOUNDED, Ground.DAMAGED])
def test_one_part_that_is_refused_is_answered_by_that(house: House, ground: Ground) -> None:
    first, second = in_two_parts(house)
    assert decided(house, first) == (1, 2)
    deny_request(house.practice, signed_in(house, "dora"), second, reason=REASON, ground=ground)


def test_what_somebody_else_asks_for_is_left_out(house: House) -> None:
    with_three(house)
    first = a_request(house, purpose=Purpose.SUBJECT_ACCESS, recordings=(1, 2))
    another = further_of(Purpose.SUBJECT_ACCESS, subject="Ken Marsh")
    a_request(house, purpose=Purpose.SUBJECT_ACCESS, recordings=(3,), further=another)
    with pytest.raises(Refused, match="leaves out recordings that match it: 3 "):
        decided(house, first)


def test_what_comes_in_after_the_approval_is_not_released_without(house: House) -> None:
    reference = a_request(with_three(house), purpose=Purpose.SUBJECT_ACCESS, recordings=())
    whole(house, reference)
    third_parties_checked(house, "sam", reference)
    decided(house, reference)
    house.at += timedelta(minutes=1)
    take_in(house, a_call(house.folder / "spool", 7))
    with pytest.raises(Refused, match=f"calls that may match {reference} came in after"):
        release(house, reference)
    a_request(house, "max")  # whoever may search looks, whatever they came for
    with pytest.raises(Refused, match=f"calls that match {reference} came in after"):
        release(house, reference)
    whole(house, reference)
    third_parties_checked(house, "sam", reference)
    decided(house, reference)
    assert {file.recording for file in release(house, reference).manifest.files} == {*range(1, 5)}


def test_what_a_closed_part_gave_nobody_is_asked_for_by_the_next(house: House) -> None:
    first = a_request(with_three(house), purpose=Purpose.SUBJECT_ACCESS, recordings=())
    whole(house, first)
    third_parties_checked(house, "sam", first)
    decided(house, first, recordings=(1,))
    release(house, first)
    close_request(house.practice, signed_in(house, "dora"), first, reason=REASON)
    second = a_request(house, purpose=Purpose.SUBJECT_ACCESS, recordings=())
    found = whole(house, second)
    assert (found.elsewhere, sorted(found.added)) == (1, [2, 3])


def test_once_a_package_went_out_nobody_is_told_to_gather_again(house: House) -> None:
    reference = a_request(with_three(house), purpose=Purpose.SUBJECT_ACCESS, recordings=())
    whole(house, reference)
    third_parties_checked(house, "sam", reference)
    decided(house, reference)
    release(house, reference)
    house.at += timedelta(minutes=1)
    take_in(house, a_call(house.folder / "spool", 7))
    told = type_in(house, "sam", "request", "show", reference).out
    assert "that match: make a request of their own for them" in told
    assert "callrec request gather" not in told
    close_request(house.practice, signed_in(house, "dora"), reference, reason=REASON)
    assert "that match" not in type_in(house, "sam", "request", "show", reference).out


@pytest.fixture
def of_two(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A request names two recordings at most, and three match."""
    for module in (decide, gather, model):
        monkeypatch.setattr(module, "MAX_REQUEST_RECORDINGS", 2)
    return with_three(house)


def typed(house: House, *words: str) -> str:
    unknown = [f"--{each}=unknown" for each in ("date", "time", "extension", "party", "identity")]
    asked = ("--subject", "Siân O'Neill", "--received", "today", "--received-how", "written")
    why = ("--reason", "She asks for all the calls that there are of her", "--number", A_CALLER)
    answer = type_in(house, "max", *CREATE, *unknown, *asked, *why, *words)
    assert answer.status == 0, answer
    return answer.out + answer.err


def test_as_many_are_attached_as_a_request_names_and_it_says_that_there_are_more(
    of_two: House,
) -> None:
    house = of_two
    reference = a_request(house, purpose=Purpose.SUBJECT_ACCESS, recordings=())
    gathered = whole(house, reference)
    assert [row.id for row in opened(house, reference).recordings] == [3, 2]
    assert (len(gathered.found), gathered.too_many) == (3, 1)
    with pytest.raises(Refused, match="leaves out recordings that match it: 1 "):
        decided(house, reference)


def test_who_attaches_all_that_match_is_told_how_many_more_there_are(of_two: House) -> None:
    reference = a_request(of_two, purpose=Purpose.SUBJECT_ACCESS, recordings=())
    assert MORE in type_in(of_two, "max", "request", "gather", reference).err


def test_where_nothing_is_left_out_there_is_nothing_to_attach(house: House) -> None:
    reference = a_request(with_three(house), recordings=(1, 2, 3))
    whole(house, reference)
    with pytest.raises(NotFound, match="no other recording matches the request"):
        whole(house, reference)


def test_who_may_not_search_does_not_attach_what_matches(house: House) -> None:
    reference = a_request(with_three(house), purpose=Purpose.SUBJECT_ACCESS, recordings=())
    with pytest.raises(Refused, match="may not search"):
        whole(house, reference, "sam")


def test_one_that_is_made_with_all_that_matches_says_how_many_more_there_are(
    of_two: House,
) -> None:
    said = typed(of_two, "--attach-matching")
    assert "Recordings asked for: 2." in said
    assert MORE in said


def test_the_same_request_made_again_takes_those_that_no_earlier_part_asks_for(
    of_two: House,
) -> None:
    typed(of_two, "--attach-matching")
    with pytest.raises(Refused, match="leaves out recordings that match it: 1 ") as refused:
        decided(of_two, "R-1")
    assert "make the same request again" in str(refused.value.hint)
    said = typed(of_two, "--attach-matching")
    assert ("Recordings asked for: 1." in said, "more match" in said) == (True, False)
    assert [row.id for row in opened(of_two, "R-2").recordings] == [1]
    assert decided(of_two, "R-1") == (3, 2)
    assert decided(of_two, "R-2") == (1,)
