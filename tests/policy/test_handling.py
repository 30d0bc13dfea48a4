from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callrec.errors import Refused
from callrec.policy.authority import check_is_decider
from callrec.policy.clause import Clause
from callrec.policy.handling import (
    check_closing,
    check_may_change,
    check_may_close,
    check_may_gather,
    check_may_record,
    check_may_record_event,
    check_may_withdraw,
    check_waits_for_answer,
    is_shown_all_requests,
    is_shown_in_full,
    is_shown_recordings,
)
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import ENDED_STATES, USED_STATES, RequestState
from callrec.policy.role import POWERS, SERVICES, Power, Role, Standing
from policy.builders import ANN, BEN, REASON, TODAY, a_person, a_request

DECIDES = sorted({terms.decided_with for terms in TERMS.values()})

DC, PARTNER, MANAGER = Role.DATA_CONTROLLER, Role.PARTNER, Role.MANAGER


# 4(b): who changes, withdraws and closes it.


def test_the_requester_changes_his_request_about_himself_too() -> None:
    own = a_request(Purpose.SUBJECT_ACCESS, requester=ANN, subjects=frozenset({ANN}))
    check_may_change(a_person(Role.STAFF), own, on=TODAY)


def test_whoever_may_search_attaches_for_the_requester() -> None:
    check_may_change(a_person(MANAGER), a_request(), on=TODAY)


def test_nobody_else_changes_a_request() -> None:
    with pytest.raises(Refused, match=r"or may search, changes it \[policy 4\(b\)\]") as refused:
        check_may_change(a_person(Role.STAFF), a_request(), on=TODAY)
    assert refused.value.hint == "see who made it: callrec request show R-17"


def test_whom_a_request_is_about_does_not_change_it_for_the_requester() -> None:
    with pytest.raises(Refused, match="about yourself"):
        check_may_change(a_person(MANAGER), a_request(subjects=frozenset({ANN})), on=TODAY)


def test_a_disabled_requester_changes_nothing() -> None:
    disabled = a_person(standing=Standing.DISABLED)
    with pytest.raises(Refused, match="disabled"):
        check_may_change(disabled, a_request(requester=ANN), on=TODAY)


@pytest.mark.parametrize("role", Role)
def test_who_may_search_gathers_what_matches_a_request_of_theirs_or_of_others(role: Role) -> None:
    access = Purpose.SUBJECT_ACCESS
    mine = a_request(access, requester=ANN, subjects=frozenset({ANN}))
    for request in (mine, a_request(access)):
        if Power.SEARCH in POWERS[role]:
            check_may_gather(a_person(role), request, on=TODAY)
        else:
            with pytest.raises(Refused, match=r"may not search for recordings \[policy 4\(a\)\]"):
                check_may_gather(a_person(role), request, on=TODAY)


def test_nobody_gathers_for_a_request_about_themselves_that_is_not_theirs() -> None:
    about = a_request(Purpose.SUBJECT_ACCESS, subjects=frozenset({ANN}))
    with pytest.raises(Refused, match="about yourself"):
        check_may_gather(a_person(MANAGER), about, on=TODAY)


def test_nobody_gathers_for_what_a_retention_review_proposed() -> None:
    proposed = a_request(Purpose.DISPOSAL, requester=ANN)
    with pytest.raises(Refused, match=r"a request for disposal is not changed by hand"):
        check_may_gather(a_person(MANAGER), proposed, on=TODAY)


def test_the_requester_withdraws() -> None:
    check_may_withdraw(a_person(), a_request(requester=ANN))


def test_nobody_else_withdraws_not_even_who_changed_it() -> None:
    with pytest.raises(Refused, match=r"withdraws it \[policy 4\(b\)\]"):
        check_may_withdraw(a_person(MANAGER), a_request(changed_by=frozenset({ANN})))


def test_a_disabled_requester_does_not_withdraw() -> None:
    with pytest.raises(Refused, match="disabled"):
        check_may_withdraw(a_person(standing=Standing.DISABLED), a_request(requester=ANN))


def test_the_requester_closes_and_so_does_who_decides_the_purpose() -> None:
    check_may_close(a_person(Role.STAFF), a_request(requester=ANN), on=TODAY)
    check_may_close(a_person(MANAGER), a_request(), on=TODAY)


def test_nobody_else_closes() -> None:
    with pytest.raises(Refused, match="may not decide"):
        check_may_close(a_person(Role.STAFF), a_request(), on=TODAY)


def test_nobody_closes_a_request_about_himself_that_he_did_not_make() -> None:
    with pytest.raises(Refused, match="about yourself"):
        check_may_close(a_person(MANAGER), a_request(subjects=frozenset({ANN})), on=TODAY)


def test_what_somebody_waits_for_is_closed_for_a_reason_unless_package_and_letter_went_out() -> (
    None
):
    dated = a_request(Purpose.SUBJECT_ACCESS, state=RequestState.RELEASED)
    check_closing(dated, "", was_delivered=True, was_told=True)
    check_closing(dated, REASON, was_delivered=False, was_told=False)
    check_closing(a_request(Purpose.COMPLAINT), "", was_delivered=False, was_told=False)


@pytest.mark.parametrize("happened", [True, False])
def test_a_reason_for_closing_it_is_one(*, happened: bool) -> None:
    with pytest.raises(Refused) as refused:
        check_closing(a_request(Purpose.COMPLAINT), "x", was_delivered=happened, was_told=happened)
    assert refused.value.clause is Clause.FORMALLY_AUTHORISED


@pytest.mark.parametrize("state", RequestState)
def test_what_was_only_heard_is_changed_where_somebody_waits_for_an_answer(
    state: RequestState,
) -> None:
    check_waits_for_answer(a_request(Purpose.SUBJECT_ACCESS, state=state))
    if state not in USED_STATES:
        check_waits_for_answer(a_request(Purpose.COMPLAINT, state=state))


def test_a_disabled_requester_does_not_close() -> None:
    with pytest.raises(Refused, match="disabled"):
        check_may_close(a_person(standing=Standing.DISABLED), a_request(requester=ANN), on=TODAY)


# 4(e), 4(f): the day by which it is answered.


def test_who_made_changed_or_decides_a_request_dates_what_its_clock_counts_by() -> None:
    access = Purpose.SUBJECT_ACCESS
    check_may_record_event(a_person(), a_request(access, requester=ANN), on=TODAY)
    check_may_record_event(
        a_person(MANAGER), a_request(access, changed_by=frozenset({ANN})), on=TODAY
    )
    check_may_record_event(a_person(DC), a_request(access), on=TODAY)


def test_nobody_else_dates_it() -> None:
    with pytest.raises(Refused, match="may not decide"):
        check_may_record_event(a_person(MANAGER), a_request(Purpose.SUBJECT_ACCESS), on=TODAY)


def test_nobody_dates_a_request_about_himself_that_he_did_not_make() -> None:
    about = a_request(Purpose.SUBJECT_ACCESS, subjects=frozenset({ANN}))
    with pytest.raises(Refused, match="about yourself"):
        check_may_record_event(a_person(DC), about, on=TODAY)


def test_a_disabled_requester_dates_nothing() -> None:
    with pytest.raises(Refused, match="disabled"):
        check_may_record_event(
            a_person(standing=Standing.DISABLED), a_request(requester=ANN), on=TODAY
        )


def test_only_who_decides_a_request_takes_more_time_for_it() -> None:
    check_is_decider(a_person(DC), a_request(Purpose.SUBJECT_ACCESS, requester=ANN), on=TODAY)
    with pytest.raises(Refused, match="may not decide"):
        check_is_decider(a_person(), a_request(Purpose.SUBJECT_ACCESS, requester=ANN), on=TODAY)


def test_nobody_takes_more_time_for_a_request_about_himself() -> None:
    about = a_request(Purpose.SUBJECT_ACCESS, subjects=frozenset({ANN}))
    with pytest.raises(Refused, match="about yourself"):
        check_is_decider(a_person(DC), about, on=TODAY)


# 4(a): who says who has it.


def test_who_released_a_package_says_what_became_of_it_even_if_it_is_about_himself() -> None:
    about = a_request(Purpose.SUBJECT_ACCESS, subjects=frozenset({ANN}))
    check_may_record(a_person(Role.STAFF), about, released_by=ANN, on=TODAY)


def test_so_does_who_handles_the_request() -> None:
    made = a_request(Purpose.SUBJECT_ACCESS, requester=ANN)
    check_may_record(a_person(Role.STAFF), made, released_by=BEN, on=TODAY)
    check_may_record(a_person(DC), a_request(Purpose.SUBJECT_ACCESS), released_by=BEN, on=TODAY)


def test_so_does_who_was_lent_to_decide_it_until_that_day() -> None:
    lent = a_person(lent=Power.DECIDE_RESERVED, until=TODAY)
    check_may_record(lent, a_request(Purpose.ERASURE), released_by=BEN, on=TODAY)
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(Refused, match="has ended"):
        check_may_record(lent, a_request(Purpose.ERASURE), released_by=BEN, on=tomorrow)


def test_nobody_else_says_who_has_it() -> None:
    with pytest.raises(Refused, match="may not decide"):
        check_may_record(a_person(MANAGER), a_request(Purpose.ERASURE), released_by=BEN, on=TODAY)


def test_whoever_released_it_and_was_disabled_says_nothing() -> None:
    disabled = a_person(standing=Standing.DISABLED)
    with pytest.raises(Refused, match="disabled"):
        check_may_record(disabled, a_request(), released_by=ANN, on=TODAY)


# 4(c): what a search shows.


def test_a_search_under_a_reason_alone_shows_masks() -> None:
    assert not is_shown_in_full(a_person(DC), None, on=TODAY)


def test_who_decides_a_request_sees_it_in_full() -> None:
    assert is_shown_in_full(a_person(MANAGER), a_request(), on=TODAY)


def test_who_does_not_decide_its_purpose_sees_masks() -> None:
    assert not is_shown_in_full(a_person(MANAGER), a_request(Purpose.SUBJECT_ACCESS), on=TODAY)


CONCERNED = {
    "made it": {"requester": ANN},
    "changed it": {"changed_by": frozenset({ANN})},
    "is its subject": {"subjects": frozenset({ANN})},
}


@pytest.mark.parametrize("facts", CONCERNED.values(), ids=CONCERNED)
def test_who_may_not_decide_it_because_he_is_concerned_sees_masks(facts: dict[str, Any]) -> None:
    assert not is_shown_in_full(a_person(MANAGER), a_request(**facts), on=TODAY)


def test_whom_it_was_granted_sees_his_own_request_in_full() -> None:
    granted = a_request(requester=ANN, granted_to=frozenset({ANN}))
    assert is_shown_in_full(a_person(MANAGER), granted, on=TODAY)


@pytest.mark.parametrize("role", Role)
def test_lists_show_all_requests_to_who_has_a_part_in_those_of_others(role: Role) -> None:
    has_a_part = role not in {Role.STAFF, *SERVICES}
    assert is_shown_all_requests(a_person(role), on=TODAY) == has_a_part


@pytest.mark.parametrize("power", [Power.SEARCH, Power.READ_AUDIT, Power.GOVERN, *DECIDES], ids=str)
def test_so_they_do_to_whom_such_a_part_is_lent_until_that_day(power: Power) -> None:
    lent = a_person(Role.STAFF, lent=power)
    assert is_shown_all_requests(lent, on=TODAY)
    assert not is_shown_all_requests(lent, on=TODAY + timedelta(days=1))


@pytest.mark.parametrize("purpose", Purpose)
def test_what_its_recordings_are_is_for_who_searches_or_decides_it(purpose: Purpose) -> None:
    assert is_shown_recordings(a_person(MANAGER), purpose, on=TODAY)
    deciding = a_person(Role.STAFF, lent=TERMS[purpose].decided_with)
    assert is_shown_recordings(deciding, purpose, on=TODAY)
    assert not is_shown_recordings(a_person(Role.STAFF), purpose, on=TODAY)


@pytest.mark.parametrize("state", RequestState)
def test_a_request_that_has_ended_shows_masks_to_everybody(state: RequestState) -> None:
    request = a_request(state=state, requester=BEN, granted_to=frozenset({ANN}))
    assert is_shown_in_full(a_person(DC), request, on=TODAY) == (state not in ENDED_STATES)
