from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callrec.errors import Refused
from callrec.policy.authority import hint_who_decides
from callrec.policy.clause import Clause
from callrec.policy.clock_events import Awaited
from callrec.policy.further import FurtherParticular
from callrec.policy.hearing import (
    answers_requester,
    check_attended,
    check_each_heard,
    check_is_for_listening,
    check_may_be_granted,
    check_may_listen,
    check_may_release,
    check_second_person,
    check_third_parties,
    had_outside_listeners,
    is_attended,
    never_granted,
)
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestState
from callrec.policy.role import Power, Role, Standing
from callrec.policy.words import in_words
from policy.builders import ANN, BEN, CAT, NOW, TODAY, a_grant, a_person, a_request

ALONE = frozenset({ANN})

SECOND = [purpose for purpose, terms in TERMS.items() if terms.needs_second_person]


@pytest.mark.parametrize("role", [Role.STAFF, Role.MANAGER, Role.PARTNER, Role.DATA_CONTROLLER])
def test_who_may_hear_is_granted(role: Role) -> None:
    check_may_be_granted(a_person(role), a_request(), on=TODAY)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.INTAKE])
def test_who_may_not_hear_is_not_granted(role: Role) -> None:
    with pytest.raises(Refused, match="who is to hear it may not listen to or release") as refused:
        check_may_be_granted(a_person(role), a_request(), on=TODAY)
    assert refused.value.hint.endswith("callrec approve R-17 --for USER")
    with pytest.raises(
        Refused, match=rf"the role {in_words(role)} may not listen to or release recordings"
    ):
        check_may_listen(a_person(role), a_request(), a_grant(), on=TODAY, now=NOW)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PARTNER, Role.DATA_CONTROLLER])
def test_a_disciplinary_recording_goes_to_a_manager(role: Role) -> None:
    check_may_be_granted(a_person(role), a_request(Purpose.DISCIPLINARY), on=TODAY)


@pytest.mark.parametrize("role", [Role.STAFF, Role.AUDITOR, Role.INTAKE])
def test_it_goes_to_nobody_else_who_was_lent_to_hear(role: Role) -> None:
    with pytest.raises(Refused, match="manager only"):
        check_may_be_granted(
            a_person(role, lent=Power.HEAR), a_request(Purpose.DISCIPLINARY), on=TODAY
        )


def test_a_disciplinary_recording_goes_to_no_colleague() -> None:
    with pytest.raises(Refused, match=r"manager only \[policy 2 bullet 6\]") as refused:
        check_may_be_granted(a_person(), a_request(Purpose.DISCIPLINARY), on=TODAY)
    assert refused.value.hint.endswith("callrec approve R-17 --for USER")


def test_a_manager_is_not_his_own_manager() -> None:
    about_ann = a_request(Purpose.DISCIPLINARY, subjects=ALONE)
    with pytest.raises(Refused, match="manager only"):
        check_may_be_granted(a_person(Role.MANAGER), about_ann, on=TODAY)


def test_where_the_practice_names_the_manager_no_other_hears_it() -> None:
    about_ben = a_request(Purpose.DISCIPLINARY, subjects=frozenset({BEN}))
    ann = a_person(Role.MANAGER)
    check_may_be_granted(ann, about_ben, on=TODAY, managers={BEN: ANN})
    check_may_be_granted(ann, about_ben, on=TODAY, managers={CAT: BEN})
    with pytest.raises(Refused, match="manager only"):
        check_may_be_granted(ann, about_ben, on=TODAY, managers={BEN: CAT})


def test_who_is_their_manager_no_more_releases_it_no_more() -> None:
    about_ben = a_request(Purpose.DISCIPLINARY, subjects=frozenset({BEN}))
    ann, grant = a_person(Role.MANAGER), a_grant(decided_by=frozenset({CAT}))
    check_may_release(ann, about_ben, grant, on=TODAY, now=NOW, managers={BEN: ANN})
    with pytest.raises(Refused, match="manager only"):
        check_may_release(ann, about_ben, grant, on=TODAY, now=NOW, managers={BEN: CAT})


CARRIED_OUT = {
    Purpose.ERASURE: r"\[policy 4\(i\)\]",
    Purpose.DISPOSAL: r"\[NHS Records Management Code of Practice 2021\]",
    Purpose.RECTIFICATION: r"\[UK GDPR 16\]",
    Purpose.RESTRICTION: r"\[UK GDPR 18\]",
    Purpose.OBJECTION: r"\[UK GDPR 21\]",
}


@pytest.mark.parametrize(("purpose", "source"), CARRIED_OUT.items(), ids=map(str, CARRIED_OUT))
def test_what_is_to_be_erased_or_disposed_of_is_not_heard(purpose: Purpose, source: str) -> None:
    with pytest.raises(Refused, match=f"carried out, not heard or handed over {source}") as refused:
        check_is_for_listening(a_request(purpose))
    assert "callrec request create" in refused.value.hint


@pytest.mark.parametrize("purpose", CARRIED_OUT, ids=str)
def test_nor_is_it_released(purpose: Purpose) -> None:
    person, grant = a_person(Role.DATA_CONTROLLER), a_grant()
    with pytest.raises(Refused, match="is carried out"):
        check_may_release(person, a_request(purpose), grant, on=TODAY, now=NOW)


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - set(CARRIED_OUT)), ids=str)
def test_every_other_purpose_is_heard(purpose: Purpose) -> None:
    check_is_for_listening(a_request(purpose))


def test_whom_it_was_granted_hears_it() -> None:
    check_may_listen(a_person(), a_request(), a_grant(), on=TODAY, now=NOW)


def test_nobody_hears_what_was_granted_to_somebody_else() -> None:
    with pytest.raises(Refused, match=r"granted to somebody else \[policy 4\(a\)\]") as refused:
        check_may_listen(
            a_person(Role.DATA_CONTROLLER), a_request(), a_grant(to=BEN), on=TODAY, now=NOW
        )
    assert refused.value.hint == "callrec request show R-17 says to whom"


def test_nobody_hears_what_has_lapsed() -> None:
    grant = a_grant()
    check_may_listen(
        a_person(), a_request(), grant, on=TODAY, now=grant.lapses_at - timedelta(milliseconds=1)
    )
    with pytest.raises(Refused, match=r"the grant has lapsed \[policy 4\(a\)\]"):
        check_may_listen(a_person(), a_request(), grant, on=TODAY, now=grant.lapses_at)


def test_who_was_disabled_meanwhile_does_not_hear() -> None:
    with pytest.raises(Refused, match="disabled"):
        check_may_listen(
            a_person(standing=Standing.DISABLED), a_request(), a_grant(), on=TODAY, now=NOW
        )


@pytest.mark.parametrize("purpose", SECOND)
def test_who_alone_approved_it_does_not_release_it(purpose: Purpose) -> None:
    grant = a_grant(decided_by=ALONE)
    with pytest.raises(Refused, match="the person who alone approved") as refused:
        check_second_person(a_person(Role.DATA_CONTROLLER), a_request(purpose), grant)
    assert refused.value.clause is TERMS[purpose].decided_under
    assert "--countersign USER" in refused.value.hint


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - set(SECOND)))
def test_for_other_purposes_one_person_is_enough(purpose: Purpose) -> None:
    check_second_person(a_person(Role.PARTNER), a_request(purpose), a_grant(decided_by=ALONE))


ENOUGH = {
    "somebody else approved": {"decided_by": frozenset({CAT})},
    "somebody countersigned": {"decided_by": frozenset({ANN, CAT})},
    "the glass was broken": {"decided_by": ALONE, "broke_glass": True},
}


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({Awaited.IDENTITY}, "proof of identity has not come"),
        ({Awaited.AUTHORITY}, "proof of authority has not come"),
        ({Awaited.IDENTITY, Awaited.AUTHORITY}, "proof of authority has not come"),
    ],
)
def test_nobody_is_given_a_recording_before_it_is_known_who_he_is(
    missing: set[Awaited], said: str
) -> None:
    request = a_request(
        Purpose.SUBJECT_ACCESS, unproven=frozenset(missing), third_parties_checked=True
    )
    with pytest.raises(Refused, match=said) as refusal:
        check_may_release(a_person(), request, a_grant(), on=TODAY, now=NOW)
    assert refusal.value.clause is Clause.SUBJECT_ACCESS
    assert f"event R-17 {min(missing)} --on DATE" in refusal.value.hint


CHECKED = (Purpose.SUBJECT_ACCESS, Purpose.PORTABILITY, Purpose.DECEASED)


@pytest.mark.parametrize("purpose", CHECKED)
def test_it_is_released_once_somebody_has_thought_of_third_parties(purpose: Purpose) -> None:
    with pytest.raises(Refused, match="checked these recordings for third parties") as refusal:
        check_third_parties(a_request(purpose))
    assert refusal.value.clause is TERMS[purpose].decided_under
    check_third_parties(a_request(purpose, third_parties_checked=True))


def test_that_takes_a_hearing_of_each_or_a_reason_for_each() -> None:
    request, why = a_request(Purpose.SUBJECT_ACCESS), "There is nothing but music in it"
    check_each_heard(request, (1, 2), heard=(2,), not_heard={1: why, 3: why})
    with pytest.raises(Refused, match="nobody has listened under R-17 to 1, 3 ") as refusal:
        check_each_heard(request, (1, 2, 3), heard=(2,), not_heard={})
    assert "callrec listen R-17 1" in refusal.value.hint
    with pytest.raises(Refused, match=r"not a sentence \[policy 4\(e\)\]"):
        check_each_heard(request, (1,), heard=(), not_heard={1: "music"})


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {*CHECKED}))
def test_no_other_purpose_needs_that_check(purpose: Purpose) -> None:
    check_third_parties(a_request(purpose))


def test_a_release_needs_the_check_for_third_parties() -> None:
    with pytest.raises(Refused, match="third parties"):
        check_may_release(
            a_person(), a_request(Purpose.SUBJECT_ACCESS), a_grant(), on=TODAY, now=NOW
        )


@pytest.mark.parametrize("facts", ENOUGH.values(), ids=ENOUGH)
def test_a_release_needs_no_more_than_a_second_person(facts: dict[str, Any]) -> None:
    request = a_request(Purpose.SUBJECT_ACCESS, third_parties_checked=True)
    check_may_release(a_person(Role.DATA_CONTROLLER), request, a_grant(**facts), on=TODAY, now=NOW)


def test_a_release_asks_every_rule() -> None:
    def release(role: Role, purpose: Purpose, **facts: Any) -> None:
        check_may_release(a_person(role), a_request(purpose), a_grant(**facts), on=TODAY, now=NOW)

    with pytest.raises(Refused, match="somebody else"):
        release(Role.PARTNER, Purpose.COMPLAINT, to=BEN)
    with pytest.raises(Refused, match="manager only"):
        release(Role.STAFF, Purpose.DISCIPLINARY)
    with pytest.raises(Refused, match="the person who alone approved"):
        release(Role.DATA_CONTROLLER, Purpose.OUTSIDE_BODY, decided_by=ALONE)


ATTENDED = {Purpose.SUBJECT_ACCESS, Purpose.OUTSIDE_BODY, Purpose.DECEASED}


@pytest.mark.parametrize("purpose", Purpose)
def test_who_is_there_is_said_where_somebody_from_outside_may_be(purpose: Purpose) -> None:
    request = a_request(purpose)
    assert is_attended(request.purpose, {}) is (purpose in ATTENDED)
    check_attended(request, {}, ["nobody"])
    if purpose in ATTENDED:
        with pytest.raises(Refused, match="you have not said who else is listening") as refused:
            check_attended(request, {}, [])
        assert refused.value.clause is TERMS[purpose].decided_under
    else:
        check_attended(request, {}, [])


def test_who_has_a_copy_of_his_calls_does_not_come_to_hear_them() -> None:
    request = a_request(Purpose.SUBJECT_ACCESS)
    assert is_attended(request.purpose, {FurtherParticular.HEAR_OR_COPY: "hear"})
    assert not is_attended(request.purpose, {FurtherParticular.HEAR_OR_COPY: "copy"})
    check_attended(request, {FurtherParticular.HEAR_OR_COPY: "copy"}, [])


def test_somebody_came_unless_the_staff_say_that_nobody_did() -> None:
    assert had_outside_listeners(["nobody", "the patient"])
    assert not had_outside_listeners([" Nobody"])
    assert not had_outside_listeners([])


def test_a_hearing_answers_who_asked_to_hear_and_was_there() -> None:
    hears: dict[str, str] = {FurtherParticular.HEAR_OR_COPY: "hear"}
    purpose = Purpose.SUBJECT_ACCESS
    assert answers_requester(purpose, hears, ["nobody", "the patient"])
    assert not answers_requester(purpose, hears, ["Nobody "])
    assert not answers_requester(purpose, hears, [])
    assert not answers_requester(purpose, {FurtherParticular.HEAR_OR_COPY: "copy"}, ["the patient"])


WITHOUT_A_GRANT = {
    "somebody else has one": (
        RequestState.APPROVED,
        True,
        "this was granted to somebody else",
        "callrec request show R-17 says to whom",
    ),
    "nobody has decided": (
        RequestState.SUBMITTED,
        False,
        "nobody has decided this request yet",
        hint_who_decides(a_request(state=RequestState.SUBMITTED)),
    ),
    "it was denied": (
        RequestState.DENIED,
        False,
        "nothing is granted to you under this request",
        "callrec request show R-17 says what happened",
    ),
}


@pytest.mark.parametrize("case", WITHOUT_A_GRANT)
def test_who_has_no_grant_is_told_why_and_what_to_look_at(case: str) -> None:
    state, is_to_others, why, hint = WITHOUT_A_GRANT[case]
    refusal = never_granted(a_request(state=state), is_to_others=is_to_others)
    assert refusal.message == f"{why} [policy 4(a)]"
    assert refusal.hint == hint


def test_what_is_restricted_is_heard_for_what_the_law_excepts_alone() -> None:
    restricted = a_grant(recording=7, restricted_by="R-21")
    with pytest.raises(Refused, match=r"^recording 7 is restricted by R-21.* \[UK GDPR 18\(2\)\]"):
        check_may_listen(a_person(), a_request(), restricted, on=TODAY, now=NOW)
    excepted = a_request(Purpose.SUBJECT_ACCESS)
    check_may_listen(a_person(), excepted, restricted, on=TODAY, now=NOW)
