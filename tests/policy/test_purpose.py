from __future__ import annotations

import pytest

from callrec.policy.clause import Clause, Law
from callrec.policy.further import FurtherParticular
from callrec.policy.purpose import RESTRICTING, TERMS, Purpose, Terms
from callrec.policy.role import Power

RESERVED = {
    Purpose.DISCIPLINARY,
    Purpose.SUBJECT_ACCESS,
    Purpose.OUTSIDE_BODY,
    Purpose.DECEASED,
    Purpose.ERASURE,
    Purpose.PORTABILITY,
    Purpose.DISPOSAL,
    Purpose.RECTIFICATION,
    Purpose.RESTRICTION,
    Purpose.OBJECTION,
}

TAKE_EFFECT = {Purpose.RECTIFICATION, Purpose.RESTRICTION, Purpose.OBJECTION}


def those(claim: str) -> set[Purpose]:
    return {purpose for purpose, terms in TERMS.items() if getattr(terms, claim)}


def test_every_purpose_has_its_terms() -> None:
    assert list(TERMS) == list(Purpose)


@pytest.mark.parametrize("terms", TERMS.values(), ids=str)
def test_every_purpose_rests_on_something(terms: Terms) -> None:
    assert terms.sources


def test_every_purpose_of_section_2_serves_some_purpose() -> None:
    cited = {source for terms in TERMS.values() for source in terms.sources}
    assert {clause for clause in Clause if clause.startswith("2 bullet")} <= cited


@pytest.mark.parametrize("purpose", Purpose)
def test_a_purpose_is_decided_by_whom_the_policy_names(purpose: Purpose) -> None:
    reserved = Power.DECIDE_RESERVED if purpose in RESERVED else Power.DECIDE_GENERAL
    assert TERMS[purpose].decided_with is reserved


def test_what_a_partner_or_manager_decides_is_decided_under_4b() -> None:
    for terms in TERMS.values():
        general = terms.decided_with is Power.DECIDE_GENERAL
        assert (terms.decided_under is Clause.FORMALLY_AUTHORISED) == general


def test_only_disposal_is_not_made_by_hand() -> None:
    assert set(Purpose) - those("is_made_by_hand") == {Purpose.DISPOSAL}


def test_only_performance_and_training_are_capped() -> None:
    assert those("is_capped") == {Purpose.PERFORMANCE, Purpose.TRAINING}


OWED_WHOLE = {Purpose.SUBJECT_ACCESS, Purpose.PORTABILITY, Purpose.DECEASED}


def test_complaints_claims_outside_bodies_and_what_is_owed_place_a_hold() -> None:
    others = {Purpose.COMPLAINT, Purpose.MEDICO_LEGAL, Purpose.OUTSIDE_BODY}
    assert those("places_hold") == others | OWED_WHOLE | {Purpose.RESTRICTION}


def test_what_a_law_gives_a_right_to_hear_is_owed_whole() -> None:
    assert those("is_owed_whole") == OWED_WHOLE


def test_only_an_erasure_and_a_disposal_are_carried_out_and_not_heard() -> None:
    assert those("is_destroyed") == {Purpose.ERASURE, Purpose.DISPOSAL}
    assert set(Purpose) - those("is_heard") == those("is_destroyed") | TAKE_EFFECT


def test_a_correction_a_restriction_and_an_objection_take_effect_at_once() -> None:
    assert those("takes_effect") == TAKE_EFFECT
    assert those("restricts") == set(RESTRICTING) == TAKE_EFFECT - {Purpose.RECTIFICATION}


def test_the_law_s_clock_runs_for_the_rights_of_the_living_and_the_dead() -> None:
    assert those("has_statutory_clock") == {
        Purpose.SUBJECT_ACCESS,
        Purpose.ERASURE,
        Purpose.PORTABILITY,
        Purpose.DECEASED,
        *TAKE_EFFECT,
    }


def test_a_second_person_is_needed_where_4e_4f_and_4g_speak() -> None:
    second = {Purpose.SUBJECT_ACCESS, Purpose.OUTSIDE_BODY, Purpose.DISCIPLINARY}
    assert those("needs_second_person") == second


def test_what_a_law_gives_a_right_to_hear_is_checked_for_third_parties() -> None:
    assert those("needs_third_party_check") == OWED_WHOLE


def test_the_edits_of_what_goes_outside_are_decided() -> None:
    assert those("edits_are_decided") == {
        Purpose.SUBJECT_ACCESS,
        Purpose.OUTSIDE_BODY,
        Purpose.DECEASED,
        Purpose.PORTABILITY,
    }


def test_who_comes_from_outside_to_hear_it_is_put_on_record() -> None:
    outside = {Purpose.SUBJECT_ACCESS, Purpose.OUTSIDE_BODY, Purpose.DECEASED}
    assert those("is_attended") == outside


def test_only_disciplinary_goes_to_the_manager_and_needs_consultation() -> None:
    assert those("goes_to_manager") == those("needs_consultation") == {Purpose.DISCIPLINARY}


def test_only_protecting_the_parties_and_disposal_ask_for_nothing_further() -> None:
    assert set(Purpose) - those("further") == {Purpose.PROTECT_PARTIES, Purpose.DISPOSAL}


RIGHT = (
    FurtherParticular.SUBJECT,
    FurtherParticular.RECEIVED,
    FurtherParticular.IDENTITY,
    FurtherParticular.AUTHORITY,
)

FURTHER: dict[Purpose, tuple[FurtherParticular, ...]] = {
    Purpose.PROTECT_PARTIES: (),
    Purpose.PERFORMANCE: (FurtherParticular.LEARNING,),
    Purpose.TRAINING: (FurtherParticular.LEARNING,),
    Purpose.ABUSIVE_CALL: (FurtherParticular.AFFECTED,),
    Purpose.COMPLAINT: (FurtherParticular.COMPLAINT, FurtherParticular.COMPLAINANT),
    Purpose.MEDICO_LEGAL: (FurtherParticular.CLAIM,),
    Purpose.DISCIPLINARY: (
        FurtherParticular.EMPLOYEE,
        FurtherParticular.ALLEGATION,
        FurtherParticular.AGREEMENT,
        FurtherParticular.CONSULTED,
    ),
    Purpose.REGULATORY: (FurtherParticular.REGULATOR, FurtherParticular.REFERENCE),
    Purpose.SUBJECT_ACCESS: (
        FurtherParticular.SUBJECT,
        FurtherParticular.RECEIVED,
        FurtherParticular.RECEIVED_HOW,
        FurtherParticular.IDENTITY,
        FurtherParticular.AUTHORITY,
        FurtherParticular.HEAR_OR_COPY,
    ),
    Purpose.OUTSIDE_BODY: (
        FurtherParticular.BODY,
        FurtherParticular.OFFICER,
        FurtherParticular.RANK,
        FurtherParticular.CONTACT,
        FurtherParticular.REFERENCE,
        FurtherParticular.RECEIVED,
        FurtherParticular.LEGAL_BASIS,
        FurtherParticular.CONFIDENTIALITY,
        FurtherParticular.ANSWER_BY,
        FurtherParticular.URGENT,
        FurtherParticular.NECESSITY,
        FurtherParticular.PREJUDICE,
        FurtherParticular.SUBJECT_MAY_BE_TOLD,
    ),
    Purpose.DECEASED: (
        FurtherParticular.APPLICANT,
        FurtherParticular.STANDING,
        FurtherParticular.EVIDENCE,
        FurtherParticular.RECEIVED,
        FurtherParticular.IDENTITY,
    ),
    Purpose.ERASURE: RIGHT,
    Purpose.PORTABILITY: RIGHT,
    Purpose.DISPOSAL: (),
    Purpose.RECTIFICATION: (*RIGHT, FurtherParticular.CORRECTION),
    Purpose.RESTRICTION: (*RIGHT, FurtherParticular.WHY_RESTRICTED),
    Purpose.OBJECTION: (*RIGHT, FurtherParticular.SITUATION),
}

ASKED_UNDER = {
    Purpose.PROTECT_PARTIES: Clause.BOTH_PARTIES,
    Purpose.PERFORMANCE: Clause.PERFORMANCE,
    Purpose.TRAINING: Clause.PERFORMANCE,
    Purpose.ABUSIVE_CALL: Clause.ABUSIVE_CALLS,
    Purpose.COMPLAINT: Clause.COMPLAINT,
    Purpose.MEDICO_LEGAL: Clause.MEDICO_LEGAL,
    Purpose.DISCIPLINARY: Clause.DISCIPLINARY,
    Purpose.REGULATORY: Clause.COMPLIANCE,
    Purpose.SUBJECT_ACCESS: Clause.SUBJECT_ACCESS,
    Purpose.OUTSIDE_BODY: Clause.OUTSIDE_BODY,
    Purpose.DECEASED: Law.ACCESS_TO_HEALTH_RECORDS,
    Purpose.ERASURE: Clause.RIGHTS,
    Purpose.PORTABILITY: Clause.RIGHTS,
    Purpose.DISPOSAL: Law.RECORDS_CODE,
    Purpose.RECTIFICATION: Law.RECTIFICATION,
    Purpose.RESTRICTION: Law.RESTRICTION,
    Purpose.OBJECTION: Law.OBJECTION,
}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_purpose_asks_for_what_the_policy_and_the_law_need(purpose: Purpose) -> None:
    assert TERMS[purpose].further == FURTHER[purpose]


@pytest.mark.parametrize("purpose", Purpose)
def test_what_is_wanting_cites_what_the_purpose_rests_on(purpose: Purpose) -> None:
    assert TERMS[purpose].asked_under is ASKED_UNDER[purpose]
