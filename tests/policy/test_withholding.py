from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import pytest

from callrec.errors import Refused, Unusable
from callrec.policy.clause import Clause, Law
from callrec.policy.further import NO_AUTHORITY, FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestState
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground
from callrec.policy.rights.withholding import (
    Opinion,
    check_each_decided,
    check_ground,
    check_is_left_out,
    check_left_out,
    check_may_rest_on,
    check_nothing_came_in,
    check_refused_on,
    hint_to_refuse,
    is_decided_expressly,
)
from callrec.policy.words import in_words
from policy.builders import TODAY, a_request
from policy.test_grounds import ONLY_IF, TABLE

TAKE_EFFECT = {Purpose.RECTIFICATION, Purpose.RESTRICTION, Purpose.OBJECTION}

EXPRESSLY = {Purpose.ERASURE, *TAKE_EFFECT}

ASKED = (4, 2, 9)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("ground", Ground)
def test_what_fits_is_taken_and_what_does_not_is_refused(ground: Ground, purpose: Purpose) -> None:
    if (ground, purpose) in TABLE:
        assert check_ground(ground, purpose) is ground
        return
    refusal = rf'"{ground}" is no ground to withhold from a request for {in_words(purpose)} \['
    with pytest.raises(Refused, match=refusal) as refused:
        check_ground(ground, purpose)
    assert refused.value.hint == f"the codes that fit: {', '.join(GROUNDS_FOR[purpose])}"


def test_a_ground_that_does_not_fit_is_refused_under_the_clause_that_decides() -> None:
    with pytest.raises(Refused) as refused:
        check_ground(Ground.CLAIMS, Purpose.SUBJECT_ACCESS)
    assert refused.value.clause is Clause.SUBJECT_ACCESS


def test_an_erasure_is_withheld_under_its_own_law_alone() -> None:
    with pytest.raises(Refused, match=r"\[UK GDPR 17\(3\)\]") as refused:
        check_ground(Ground.THIRD_PARTY, Purpose.ERASURE)
    assert refused.value.clause is Law.ERASURE


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - EXPRESSLY))
def test_who_names_no_ground_has_not_approved(purpose: Purpose) -> None:
    assert check_ground(None, purpose) is Ground.NOT_APPROVED
    assert not is_decided_expressly(purpose)


@pytest.mark.parametrize("purpose", sorted(TAKE_EFFECT))
def test_nor_is_what_takes_effect_denied_without_a_ground_of_its_law(purpose: Purpose) -> None:
    assert is_decided_expressly(purpose)
    with pytest.raises(Refused, match="a ground is needed") as refused:
        check_ground(None, purpose)
    assert refused.value.clause is TERMS[purpose].asked_under


@pytest.mark.parametrize("purpose", sorted(TAKE_EFFECT))
def test_of_what_takes_effect_all_is_granted_or_each_is_named(purpose: Purpose) -> None:
    assert check_each_decided(a_request(purpose), ASKED, granted=(), withheld={}) == {}
    withheld = {9: Ground.NO_RIGHT}
    kept = check_each_decided(a_request(purpose), ASKED, granted=(), withheld=withheld)
    assert kept == withheld
    with pytest.raises(Refused, match="is decided by itself") as refused:
        check_each_decided(a_request(purpose), ASKED, granted=(4,), withheld=withheld)
    assert refused.value.clause is TERMS[purpose].asked_under


def test_an_erasure_is_not_denied_without_a_ground() -> None:
    assert is_decided_expressly(Purpose.ERASURE)
    refusal = r"a ground is needed to withhold from a request for erasure \[UK GDPR 17\(3\)\]"
    with pytest.raises(Refused, match=refusal):
        check_ground(None, Purpose.ERASURE)


# All of a request.

RIGHTS = sorted(purpose for purpose in Purpose if TERMS[purpose].has_statutory_clock)


@pytest.mark.parametrize("purpose", sorted(set(RIGHTS) - EXPRESSLY))
@pytest.mark.parametrize("ground", [None, Ground.NOT_APPROVED])
def test_what_a_law_gives_a_right_to_is_not_refused_as_not_approved(
    ground: Ground | None, purpose: Purpose
) -> None:
    with pytest.raises(Refused, match="is not refused because nobody approves it") as refused:
        check_refused_on(ground, a_request(purpose), [1])
    assert "not-approved" not in refused.value.hint
    assert check_refused_on(Ground.THIRD_PARTY, a_request(purpose), [1]) is Ground.THIRD_PARTY


def test_what_no_law_gives_a_right_to_is_refused_without_a_ground() -> None:
    assert check_refused_on(None, a_request(), [1]) is Ground.NOT_APPROVED


@pytest.mark.parametrize("purpose", RIGHTS)
def test_of_whom_nothing_is_held_he_is_answered_so(purpose: Purpose) -> None:
    assert check_refused_on(Ground.NOT_HELD, a_request(purpose), []) is Ground.NOT_HELD
    with pytest.raises(Refused, match="so that something is held") as refused:
        check_refused_on(Ground.NOT_HELD, a_request(purpose), [1])
    assert refused.value.hint.endswith("callrec request detach R-17 ID...")


def test_no_recording_is_withheld_as_not_held() -> None:
    with pytest.raises(Unusable, match="as if it were not held"):
        check_each_decided(a_request(ACCESS), ASKED, granted=(), withheld={4: Ground.NOT_HELD})


# Each recording.


ACCESS, ERASURE = Purpose.SUBJECT_ACCESS, Purpose.ERASURE


def test_who_names_none_grants_them_all() -> None:
    assert check_each_decided(a_request(ACCESS), ASKED, granted=(), withheld={}) == {}


def test_what_is_not_named_among_the_granted_is_not_approved() -> None:
    kept = check_each_decided(a_request(ACCESS), ASKED, granted=(2,), withheld={})
    assert list(kept.items()) == [(4, Ground.NOT_APPROVED), (9, Ground.NOT_APPROVED)]


def test_what_is_withheld_keeps_its_ground_and_the_rest_is_granted() -> None:
    withheld = {9: Ground.THIRD_PARTY}
    assert check_each_decided(a_request(ACCESS), ASKED, granted=(), withheld=withheld) == withheld


def test_granted_withheld_and_left_over_stand_beside_each_other() -> None:
    kept = check_each_decided(a_request(ACCESS), ASKED, granted=(2,), withheld={9: Ground.CRIME})
    assert kept == {4: Ground.NOT_APPROVED, 9: Ground.CRIME}


def test_nothing_is_both_granted_and_withheld() -> None:
    with pytest.raises(Unusable, match="both granted and withheld"):
        check_each_decided(a_request(ACCESS), ASKED, granted=(2,), withheld={2: Ground.CRIME})


def test_a_recording_is_not_withheld_on_a_ground_that_does_not_fit() -> None:
    with pytest.raises(Refused, match='"claims" is no ground'):
        check_each_decided(a_request(ACCESS), ASKED, granted=(), withheld={2: Ground.CLAIMS})


def test_who_withholds_all_denies() -> None:
    withheld = dict.fromkeys(ASKED, Ground.THIRD_PARTY)
    with pytest.raises(Refused, match=r"is to deny the request \[policy 4\(e\)\]") as refused:
        check_each_decided(a_request(ACCESS), ASKED, granted=(), withheld=withheld)
    assert refused.value.clause is TERMS[ACCESS].decided_under
    assert refused.value.hint == "callrec deny R-17 --reason TEXT --code CODE"


@pytest.mark.parametrize(
    ("granted", "withheld"),
    [((), {}), ((4, 2), {}), ((), {2: Ground.CLAIMS}), ((4,), {2: Ground.CLAIMS})],
)
def test_an_erasure_leaves_nothing_undecided(
    granted: tuple[int, ...], withheld: dict[int, Ground]
) -> None:
    with pytest.raises(Refused, match=r"is decided by itself \[UK GDPR 17\(3\)\]") as refused:
        check_each_decided(a_request(ERASURE), ASKED, granted=granted, withheld=withheld)
    assert "--withhold ID=CODE" in refused.value.hint


def test_an_erasure_is_decided_recording_by_recording() -> None:
    kept = check_each_decided(
        a_request(ERASURE), ASKED, granted=(4, 9), withheld={2: Ground.CLAIMS}
    )
    assert kept == {2: Ground.CLAIMS}
    assert check_each_decided(a_request(ERASURE), ASKED, granted=ASKED, withheld={}) == {}


# What a decision rests on besides.

OPINION = Opinion("Dr Alice Jones, GP", date(2024, 1, 2))
CLAIMS_IT, OWNS_IT = {"standing": "claimant"}, {"standing": "personal-representative"}


def rests_on(
    ground: Ground,
    purpose: Purpose = ACCESS,
    opinion: Opinion | None = None,
    further: Mapping[str, str] = MappingProxyType({"authority": "a deputy's order was seen"}),
) -> None:
    check_may_rest_on({ground}, a_request(purpose), further, opinion, on=TODAY)


@pytest.mark.parametrize("purpose", [ACCESS, Purpose.DECEASED])
def test_serious_harm_is_for_a_health_professional_to_say(purpose: Purpose) -> None:
    rests_on(Ground.SERIOUS_HARM, purpose, OPINION)
    for none in (None, Opinion(" . ", TODAY)):
        with pytest.raises(Refused, match="a health professional must say") as refused:
            rests_on(Ground.SERIOUS_HARM, purpose, none)
        assert refused.value.clause is GROUNDS_FOR[purpose][Ground.SERIOUS_HARM].source
        assert "--opinion-of NAME --opinion-on DATE" in refused.value.hint


@pytest.mark.parametrize("on", [date(2024, 1, 4), date(2023, 7, 5)])
def test_an_opinion_counts_for_six_months_that_end_with_the_day_of_the_decision(on: date) -> None:
    rests_on(Ground.SERIOUS_HARM, opinion=Opinion("Dr Jones", on))


@pytest.mark.parametrize("on", [date(2023, 7, 4), date(2022, 1, 4)])
def test_an_older_opinion_does_not_count(on: date) -> None:
    with pytest.raises(Refused, match="is 6 months old or older"):
        rests_on(Ground.SERIOUS_HARM, opinion=Opinion("Dr Jones", on))


def test_an_opinion_is_of_no_day_to_come() -> None:
    with pytest.raises(Refused, match="of a day to come"):
        rests_on(Ground.SERIOUS_HARM, opinion=Opinion("Dr Jones", date(2024, 1, 5)))


def test_an_opinion_is_for_serious_harm_and_nothing_else() -> None:
    with pytest.raises(Unusable, match="an opinion is for what is withheld because of serious"):
        rests_on(Ground.PRIVILEGE, opinion=OPINION)
    with pytest.raises(Unusable, match="an opinion is for"):  # of a staff request none is needed
        rests_on(Ground.SERIOUS_HARM, Purpose.COMPLAINT, OPINION)
    rests_on(Ground.SERIOUS_HARM, Purpose.COMPLAINT)


def test_an_opinion_is_kept_as_people_read_it() -> None:
    assert Opinion(" Dr  Alice Jones ", date(2026, 11, 2)).said == "Dr Alice Jones, 2 November 2026"


@pytest.mark.parametrize("purpose", [ACCESS, Purpose.PORTABILITY])
def test_a_patient_s_expectations_are_no_answer_to_the_patient(purpose: Purpose) -> None:
    for authority in ("a deputy's order was seen", "unknown"):
        rests_on(Ground.EXPECTATIONS, purpose, further={"authority": authority})
    with pytest.raises(Refused, match="the patient asks in person") as refused:
        rests_on(Ground.EXPECTATIONS, purpose, further={"authority": "none"})
    assert refused.value.clause is Law.EXPECTATIONS


def test_a_claimant_alone_is_limited_to_what_matters_for_the_claim() -> None:
    rests_on(Ground.NOT_RELEVANT, Purpose.DECEASED, further=CLAIMS_IT)
    with pytest.raises(Refused, match="only what a claimant asks for is limited") as refused:
        rests_on(Ground.NOT_RELEVANT, Purpose.DECEASED, further=OWNS_IT)
    assert refused.value.clause is Law.NOT_OF_A_CLAIM
    assert "no-right" in refused.value.hint


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("ground", Ground)
def test_any_other_ground_needs_nothing_more(ground: Ground, purpose: Purpose) -> None:
    if (ground, purpose) not in ONLY_IF:
        rests_on(ground, purpose, further={"authority": "none"})


def test_what_came_in_since_is_compared_before_a_release() -> None:
    request = a_request(Purpose.SUBJECT_ACCESS)
    check_nothing_came_in(request, is_matched=True, matched=0)
    with pytest.raises(Refused, match=r"^calls that may match R-17 came in after") as before:
        check_nothing_came_in(request, is_matched=False, matched=0)
    assert "callrec request gather R-17" in before.value.hint
    given = replace(request, state=RequestState.RELEASED)
    with pytest.raises(Refused, match="came in after") as after:
        check_nothing_came_in(given, is_matched=True, matched=1)
    assert "gather" not in after.value.hint
    assert "make the same request again for the rest" in after.value.hint


def test_what_a_gathering_leaves_out_needs_what_a_refusal_needs() -> None:
    request, theirs = a_request(Purpose.SUBJECT_ACCESS), FurtherParticular.AUTHORITY
    check_left_out(Ground.EXPECTATIONS, request, {theirs: "a solicitor's letter"}, on=TODAY)
    with pytest.raises(Refused, match="the patient asks in person"):
        check_left_out(Ground.EXPECTATIONS, request, {theirs: NO_AUTHORITY}, on=TODAY)


def test_a_ground_that_is_told_comes_before_those_that_are_not() -> None:
    deny = "deny it on the ground on which they are left out: callrec deny R-17 --code"
    assert hint_to_refuse("R-17", {Ground.CRIME}) == f"{deny} crime --reason TEXT"
    assert hint_to_refuse("R-17", {Ground.CRIME, Ground.THIRD_PARTY, Ground.PRIVILEGE}) == (
        f"{deny} privilege --reason TEXT (also left out: third-party, crime)"
    )


LEFT_OUT: dict[str, tuple[Ground, set[Ground], bool]] = {
    "the ground on which it is": (Ground.THIRD_PARTY, {Ground.THIRD_PARTY, Ground.CRIME}, True),
    "one that is not told, beside one that is": (
        *(Ground.CRIME, {Ground.THIRD_PARTY, Ground.CRIME}),
        False,
    ),
    "one that is not told, alone": (Ground.CRIME, {Ground.CRIME}, True),
    "another": (Ground.PRIVILEGE, {Ground.THIRD_PARTY}, False),
    "that the whole is unfounded": (Ground.UNFOUNDED, {Ground.THIRD_PARTY}, True),
    "any, as nothing is left out": (Ground.NOT_HELD, set(), True),
}


@pytest.mark.parametrize(("ground", "left_out", "fits"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_is_all_left_out_is_refused_on(
    ground: Ground,
    left_out: set[Ground],
    fits: bool,  # noqa: FBT001
) -> None:
    request = a_request(Purpose.SUBJECT_ACCESS)
    if fits:
        check_is_left_out(ground, request, left_out)
        return
    with pytest.raises(Refused, match="what was found is not left out on the ground"):
        check_is_left_out(ground, request, left_out)
