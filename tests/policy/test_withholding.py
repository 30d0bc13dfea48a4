from __future__ import annotations

import pytest

from callrec.errors import Refused, Unusable
from callrec.policy.clause import Clause, Law
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.withholding import (
    GROUNDS_FOR,
    Ground,
    check_each_decided,
    check_ground,
    check_refused_on,
    is_decided_expressly,
)
from callrec.policy.words import in_words
from policy.builders import a_request

# One row a ground: the purposes that it fits, and what it rests on there.
TABLE = {
    ("not-approved", "protect-parties"): "4(b)",
    ("not-approved", "performance"): "4(b)",
    ("not-approved", "training"): "4(b)",
    ("not-approved", "abusive-call"): "4(b)",
    ("not-approved", "complaint"): "4(b)",
    ("not-approved", "medico-legal"): "4(b)",
    ("not-approved", "disciplinary"): "4(b)",
    ("not-approved", "regulatory"): "4(b)",
    ("not-approved", "outside-body"): "4(b)",
    ("not-approved", "subject-access"): "4(b)",
    ("not-approved", "portability"): "4(b)",
    ("not-approved", "deceased"): "4(b)",
    ("not-approved", "disposal"): "NHS Records Management Code of Practice",
    ("not-relevant", "protect-parties"): "1",
    ("not-relevant", "performance"): "1",
    ("not-relevant", "training"): "1",
    ("not-relevant", "abusive-call"): "1",
    ("not-relevant", "complaint"): "1",
    ("not-relevant", "medico-legal"): "1",
    ("not-relevant", "disciplinary"): "1",
    ("not-relevant", "regulatory"): "1",
    ("not-relevant", "outside-body"): "1",
    ("not-relevant", "subject-access"): "1",
    ("not-relevant", "portability"): "1",
    ("not-relevant", "deceased"): "1",
    ("not-held", "subject-access"): "4(e)",
    ("not-held", "portability"): "4(i)",
    ("not-held", "deceased"): "Access to Health Records Act 1990",
    ("not-held", "erasure"): "4(i)",
    ("third-party", "subject-access"): "DPA 2018 Sch 2 Pt 3 para 16",
    ("third-party", "portability"): "UK GDPR 20(4)",
    ("third-party", "deceased"): "Access to Health Records Act 1990 s.5(1)",
    ("serious-harm", "subject-access"): "DPA 2018 Sch 3 Pt 2 para 2",
    ("serious-harm", "deceased"): "Access to Health Records Act 1990 s.5(1)",
    ("privilege", "subject-access"): "DPA 2018 Sch 2 Pt 4 para 19",
    ("privilege", "outside-body"): "DPA 2018 Sch 2 Pt 4 para 19",
    ("crime", "subject-access"): "DPA 2018 Sch 2 Pt 1 para 2",
    ("crime", "portability"): "DPA 2018 Sch 2 Pt 1 para 2",
    ("expectations", "subject-access"): "DPA 2018 Sch 3 Pt 2 para 4",
    ("expectations", "portability"): "DPA 2018 Sch 3 Pt 2 para 4",
    ("expectations", "deceased"): "Access to Health Records Act 1990 s.5(3)",
    ("expression", "erasure"): "UK GDPR 17(3)(a)",
    ("legal-obligation", "erasure"): "UK GDPR 17(3)(b)",
    ("public-health", "erasure"): "UK GDPR 17(3)(c)",
    ("health-care", "erasure"): "UK GDPR 17(3)(c) with 9(2)(h)",
    ("archiving", "erasure"): "UK GDPR 17(3)(d)",
    ("claims", "erasure"): "UK GDPR 17(3)(e)",
}


def test_a_ground_fits_the_purposes_that_its_source_names_and_no_others() -> None:
    ours = {
        (str(g), str(p)): str(s) for p, grounds in GROUNDS_FOR.items() for g, s in grounds.items()
    }
    assert ours == TABLE


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_has_a_ground_to_withhold_on(purpose: Purpose) -> None:
    assert GROUNDS_FOR[purpose]


def test_every_ground_fits_some_purpose_and_says_what_it_means() -> None:
    assert {ground for grounds in GROUNDS_FOR.values() for ground in grounds} == set(Ground)
    assert all(" " in ground.meaning for ground in Ground)


def test_a_recipient_is_told_of_every_ground_but_crime() -> None:
    assert {ground for ground in Ground if not ground.is_disclosed} == {Ground.CRIME}


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


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {Purpose.ERASURE}))
def test_who_names_no_ground_has_not_approved(purpose: Purpose) -> None:
    assert check_ground(None, purpose) is Ground.NOT_APPROVED
    assert not is_decided_expressly(purpose)


def test_an_erasure_is_not_denied_without_a_ground() -> None:
    assert is_decided_expressly(Purpose.ERASURE)
    refusal = r"a ground is needed to withhold from a request for erasure \[UK GDPR 17\(3\)\]"
    with pytest.raises(Refused, match=refusal):
        check_ground(None, Purpose.ERASURE)


# All of a request.

RIGHTS = sorted(purpose for purpose in Purpose if TERMS[purpose].has_statutory_clock)


@pytest.mark.parametrize("purpose", sorted(set(RIGHTS) - {Purpose.ERASURE}))
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

ASKED = (4, 2, 9)

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
