from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from callrec.errors import Refused
from callrec.policy.authority import (
    check_consulted,
    check_decides_purpose,
    check_in_force,
    check_is_decider,
    check_may,
    check_may_approve,
    check_may_break_glass,
    check_may_countersign,
    check_may_decide,
    check_may_deny_alone,
    check_may_request,
    check_may_set_rules,
    check_may_vouch,
    check_not_own,
    check_not_subject,
    hint_who_decides,
    may_decide,
    who_decides,
)
from callrec.policy.days import short_date
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestState
from callrec.policy.role import POWERS, Person, Power, Role, Standing
from callrec.policy.words import in_words
from policy.builders import ANN, CAT, DAN, REASON, TODAY, a_person, a_request

GENERAL = [p for p, terms in TERMS.items() if terms.decided_with is Power.DECIDE_GENERAL]

RESERVED = [p for p, terms in TERMS.items() if terms.decided_with is Power.DECIDE_RESERVED]

DC, PARTNER, MANAGER = Role.DATA_CONTROLLER, Role.PARTNER, Role.MANAGER

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


# 4(a): access is managed by the Data Controller, or by whom he authorises.


@pytest.mark.parametrize("standing", [Standing.PROVISIONAL, Standing.CLAIMED])
def test_a_person_whose_key_is_not_confirmed_does_not_act(standing: Standing) -> None:
    with pytest.raises(Refused, match=r"key is not confirmed \[policy 4\(a\)\]") as refused:
        check_in_force(a_person(standing=standing))
    assert "callrec user confirm" in refused.value.hint


def test_a_disabled_person_does_not_act() -> None:
    with pytest.raises(Refused, match=r"this person is disabled \[policy 4\(a\)\]"):
        check_in_force(a_person(standing=Standing.DISABLED))


@pytest.mark.parametrize("power", Power)
@pytest.mark.parametrize("role", Role)
def test_a_person_does_what_his_role_brings_and_no_more(role: Role, power: Power) -> None:
    if power in POWERS[role]:
        check_may(a_person(role), power, on=TODAY)
        return
    with pytest.raises(
        Refused, match=rf"the role {in_words(role)} may not .+ \[policy 4\(a\)\]"
    ) as refused:
        check_may(a_person(role), power, on=TODAY)
    assert f"--power {power}" in refused.value.hint


def test_a_delegate_does_what_was_lent_to_him_until_its_day() -> None:
    delegate = a_person(Role.STAFF, lent=Power.SEARCH, until=TODAY)
    check_may(delegate, Power.SEARCH, on=TODAY)
    ended = rf"that power was lent until {short_date(TODAY)} and has ended \[policy 4\(a\)\]"
    with pytest.raises(Refused, match=ended):
        check_may(delegate, Power.SEARCH, on=TOMORROW)


def test_a_disabled_person_is_told_so_and_not_that_his_role_lacks_a_power() -> None:
    with pytest.raises(Refused, match="this person is disabled"):
        check_may(a_person(DC, standing=Standing.DISABLED), Power.SEARCH, on=TODAY)


def test_the_data_controller_vouches() -> None:
    check_may_vouch(a_person(DC))


def test_nobody_lends_on_what_was_lent_to_him() -> None:
    with pytest.raises(Refused, match=r"may not say who may do what \[policy 4\(a\)\]"):
        check_may_vouch(a_person(PARTNER, lent=Power.GOVERN))


def test_a_disabled_data_controller_does_not_vouch() -> None:
    with pytest.raises(Refused, match="disabled"):
        check_may_vouch(a_person(DC, standing=Standing.DISABLED))


@pytest.mark.parametrize("role", Role)
def test_the_data_controller_decides_the_practice_s_settings(role: Role) -> None:
    if role is DC:
        check_may_set_rules(a_person(role))
        return
    with pytest.raises(Refused) as refused:
        check_may_set_rules(a_person(role, lent=Power.GOVERN))
    assert refused.value.message == (
        f"the role {in_words(role)} may not decide the practice's settings [policy 4(a)]"
    )
    assert refused.value.hint == (
        "ask the Data Controller to run callrec practice settings apply FILE"
    )


# 4(b): who asks, and who decides.


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {Purpose.DISPOSAL}))
def test_staff_may_ask_for_every_purpose(purpose: Purpose) -> None:
    check_may_request(a_person(Role.STAFF), purpose, on=TODAY)


def test_an_intake_service_asks_for_nothing() -> None:
    with pytest.raises(Refused, match="the role intake may not make a request"):
        check_may_request(a_person(Role.INTAKE), Purpose.COMPLAINT, on=TODAY)


def test_disposal_is_not_asked_for_by_hand() -> None:
    with pytest.raises(Refused, match=r"not made by hand \[policy 4\(h\)\]") as refused:
        check_may_request(a_person(DC), Purpose.DISPOSAL, on=TODAY)
    assert "callrec retention review" in refused.value.hint


@pytest.mark.parametrize("role", [MANAGER, PARTNER, DC])
@pytest.mark.parametrize("purpose", GENERAL)
def test_a_partner_or_manager_decides_the_general_purposes(role: Role, purpose: Purpose) -> None:
    check_may_decide(a_person(role), a_request(purpose), on=TODAY)


@pytest.mark.parametrize("role", sorted(set(Role) - {MANAGER, PARTNER, DC}))
def test_nobody_else_decides_them(role: Role) -> None:
    with pytest.raises(Refused, match=r"may not decide .+ complaint \[policy 4\(b\)\]") as refused:
        check_decides_purpose(a_person(role), a_request(), on=TODAY)
    expected = "ask a partner, a manager or the Data Controller to run callrec approve R-17"
    assert refused.value.hint == expected


@pytest.mark.parametrize("purpose", RESERVED)
def test_the_data_controller_decides_the_reserved_purposes(purpose: Purpose) -> None:
    check_may_approve(a_person(DC), a_request(purpose), on=TODAY)


@pytest.mark.parametrize("role", sorted(set(Role) - {DC}))
@pytest.mark.parametrize("purpose", RESERVED)
def test_nobody_else_decides_those(role: Role, purpose: Purpose) -> None:
    with pytest.raises(
        Refused, match=f"may not decide a request for {in_words(purpose)}"
    ) as refused:
        check_decides_purpose(a_person(role), a_request(purpose), on=TODAY)
    assert refused.value.clause is TERMS[purpose].decided_under
    assert refused.value.hint == "ask the Data Controller to run callrec approve R-17"


@pytest.mark.parametrize(
    ("purpose", "clause"),
    [
        (Purpose.SUBJECT_ACCESS, "4(e)"),
        (Purpose.OUTSIDE_BODY, "4(f)"),
        (Purpose.DISCIPLINARY, "4(g)"),
    ],
)
def test_a_refusal_to_decide_cites_the_purpose_s_own_clause(purpose: Purpose, clause: str) -> None:
    with pytest.raises(Refused) as refused:
        check_may_decide(a_person(MANAGER), a_request(purpose), on=TODAY)
    assert refused.value.message.endswith(f"[policy {clause}]")


def test_a_delegate_decides_what_was_lent_to_him() -> None:
    delegate = a_person(PARTNER, lent=Power.DECIDE_RESERVED)
    check_may_approve(delegate, a_request(Purpose.SUBJECT_ACCESS), on=TODAY)


@pytest.mark.parametrize("purpose", RESERVED)
def test_a_delegate_whose_power_has_ended_decides_nothing_more(purpose: Purpose) -> None:
    delegate = a_person(PARTNER, lent=Power.DECIDE_RESERVED, until=YESTERDAY)
    ended = f"that power was lent until {short_date(YESTERDAY)} and has ended"
    with pytest.raises(Refused, match=ended) as refused:
        check_may_decide(delegate, a_request(purpose), on=TODAY)
    assert refused.value.clause is TERMS[purpose].decided_under


def test_who_was_lent_another_power_is_told_of_his_role() -> None:
    delegate = a_person(PARTNER, lent=Power.INGEST, until=YESTERDAY)
    with pytest.raises(Refused, match="the role partner may not decide"):
        check_may_decide(delegate, a_request(Purpose.ERASURE), on=TODAY)


def test_a_person_not_in_force_decides_nothing() -> None:
    with pytest.raises(Refused, match="not confirmed"):
        check_may_decide(a_person(DC, standing=Standing.CLAIMED), a_request(), on=TODAY)


def test_nobody_decides_his_own_request() -> None:
    own = a_request(requester=ANN)
    with pytest.raises(Refused, match=r"that you made or changed \[policy 4\(b\)\]") as refused:
        check_not_own(a_person(PARTNER), own)
    assert (
        "another partner, manager or Data Controller to run callrec approve R-17"
        in refused.value.hint
    )
    with pytest.raises(Refused, match="that you made or changed"):
        check_may_decide(a_person(PARTNER), own, on=TODAY)


def test_nobody_decides_a_request_that_he_changed() -> None:
    with pytest.raises(Refused, match="that you made or changed"):
        check_not_own(a_person(PARTNER), a_request(changed_by=frozenset({ANN})))


MADE_BY_HIMSELF = {"made": {"requester": ANN}, "a namesake's": {"namesakes": frozenset({ANN})}}


@pytest.mark.parametrize("facts", MADE_BY_HIMSELF.values(), ids=MADE_BY_HIMSELF)
def test_the_hint_is_what_he_was_to_do_instead(facts: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        check_not_own(a_person(PARTNER), a_request(**facts), "have it reviewed")
    assert refused.value.hint == "have it reviewed"


def test_nobody_decides_a_request_about_himself() -> None:
    about_ann = a_request(subjects=frozenset({ANN}))
    with pytest.raises(Refused, match=r"about yourself \[policy 4\(b\)\]"):
        check_not_subject(a_person(PARTNER), about_ann)
    with pytest.raises(Refused, match="about yourself"):
        check_may_decide(a_person(PARTNER), about_ann, on=TODAY)


DECIDES: dict[str, tuple[Person, dict[str, Any], bool]] = {
    "who decides its purpose": (a_person(MANAGER), {}, True),
    "who does not": (a_person(Role.STAFF), {}, False),
    "who made it": (a_person(MANAGER), {"requester": ANN}, False),
    "whom it is about": (a_person(MANAGER), {"subjects": frozenset({ANN})}, False),
    "to whom it is lent until today": (a_person(lent=Power.DECIDE_GENERAL), {}, True),
}


@pytest.mark.parametrize(("person", "facts", "may"), DECIDES.values(), ids=DECIDES)
def test_whether_somebody_decides_it(
    person: Person,
    facts: dict[str, Any],
    may: bool,  # noqa: FBT001
) -> None:
    assert may_decide(person, a_request(**facts), on=TODAY) is may


ASKED = {
    (Purpose.COMPLAINT, Role.STAFF): "a partner, a manager or the Data Controller",
    (Purpose.COMPLAINT, MANAGER): "another partner, manager or Data Controller",
    (Purpose.ERASURE, MANAGER): "the Data Controller",
    (Purpose.ERASURE, DC): "another Data Controller",
}


@pytest.mark.parametrize(("made", "asked"), ASKED.items())
def test_who_made_a_request_is_told_who_decides_it(made: tuple[Purpose, Role], asked: str) -> None:
    assert who_decides(made[0], a_person(made[1])) == asked


# Where nobody else can decide it, the Data Controller denies what he made himself.


def test_the_data_controller_alone_denies_his_own_request() -> None:
    check_may_deny_alone(a_person(DC), a_request(Purpose.ERASURE, requester=ANN), on=TODAY)
    with pytest.raises(Refused, match="only the Data Controller") as refused:
        check_may_deny_alone(a_person(PARTNER), a_request(requester=ANN), on=TODAY)
    assert refused.value.hint == (
        "ask a partner, a manager or the Data Controller to run callrec deny R-17"
    )


def test_a_data_controller_who_holds_less_denies_what_is_lent_to_him_to_decide() -> None:
    own = a_request(Purpose.ERASURE, requester=ANN)
    lent = replace(a_person(DC, lent=Power.DECIDE_RESERVED), powers=frozenset({Power.GOVERN}))
    check_may_deny_alone(lent, own, on=TODAY)
    with pytest.raises(Refused, match="has ended") as refused:
        check_may_deny_alone(lent, own, on=TOMORROW)
    assert refused.value.hint == "ask the Data Controller to run callrec deny R-17"


@pytest.mark.parametrize(
    ("state", "said", "command"),
    [
        (RequestState.SUBMITTED, {}, "approve"),
        (RequestState.SUBMITTED, {"command": "revoke"}, "approve"),
        (RequestState.SUBMITTED, {"command": "deny"}, "deny"),
        (RequestState.APPROVED, {}, "approve"),
        (RequestState.APPROVED, {"command": "revoke"}, "revoke"),
    ],
)
def test_what_is_not_granted_is_decided_before_anything_else(
    state: RequestState, said: dict[str, str], command: str
) -> None:
    request = a_request(Purpose.ERASURE, state=state)
    hint = f"ask the Data Controller to run callrec {command} R-17"
    assert hint_who_decides(request, **said) == hint
    with pytest.raises(Refused) as refused:
        check_decides_purpose(a_person(), request, on=TODAY, **said)
    assert refused.value.hint == hint


@pytest.mark.parametrize("command", ["approve", "deny", "revoke", "request close"])
def test_what_is_in_effect_is_closed_and_nothing_else(command: str) -> None:
    stands = a_request(Purpose.OBJECTION, state=RequestState.IN_EFFECT)
    assert hint_who_decides(stands, command) == (
        "ask the Data Controller to run callrec request close R-17"
    )


# 4(g): whom the Data Controller authorised consults him before approval is granted.


DELEGATE = a_person(PARTNER, lent=Power.DECIDE_RESERVED)


def test_a_delegate_consults_before_he_approves() -> None:
    disciplinary = a_request(Purpose.DISCIPLINARY)
    with pytest.raises(Refused, match=r"consulted before .+ \[policy 4\(g\)\]") as refused:
        check_may_approve(DELEGATE, disciplinary, on=TODAY)
    assert "--consulted DATE" in refused.value.hint


@pytest.mark.parametrize("consulted_on", [YESTERDAY, TOMORROW])
def test_he_consults_neither_before_there_was_a_request_nor_in_days_to_come(
    consulted_on: date,
) -> None:
    made_today = a_request(Purpose.DISCIPLINARY, made_on=TODAY)
    said = r"between the request and their approval \[policy 4\(g\)\]"
    with pytest.raises(Refused, match=said):
        check_may_approve(DELEGATE, made_today, on=TODAY, consulted_on=consulted_on)


@pytest.mark.parametrize("consulted_on", [YESTERDAY, TODAY])
def test_a_delegate_who_has_consulted_approves(consulted_on: date) -> None:
    made_yesterday = a_request(Purpose.DISCIPLINARY, made_on=YESTERDAY)
    check_may_approve(DELEGATE, made_yesterday, on=TODAY, consulted_on=consulted_on)


def test_nobody_approves_what_nobody_opened() -> None:
    unopened = a_request(Purpose.DISCIPLINARY, made_on=None)
    with pytest.raises(Refused, match="consulted before"):
        check_may_approve(DELEGATE, unopened, on=TODAY, consulted_on=TODAY)


@pytest.mark.parametrize("purpose", sorted(set(RESERVED) - {Purpose.DISCIPLINARY}))
def test_for_other_purposes_a_delegate_need_not_say_when_he_consulted(purpose: Purpose) -> None:
    check_may_approve(DELEGATE, a_request(purpose), on=TODAY)


def test_nobody_approves_his_own_request() -> None:
    with pytest.raises(Refused, match="that you made or changed"):
        check_may_approve(a_person(PARTNER), a_request(requester=ANN), on=TODAY)


def test_a_delegate_denies_without_consulting() -> None:
    delegate = a_person(PARTNER, lent=Power.DECIDE_RESERVED)
    check_may_decide(delegate, a_request(Purpose.DISCIPLINARY), on=TODAY)


def test_the_data_controller_need_not_consult_himself() -> None:
    check_consulted(a_person(DC), a_request(Purpose.DISCIPLINARY), on=TODAY, consulted_on=None)


# Where a practice has one approver.


def countersign(person_role: Role, request: Purpose = Purpose.SUBJECT_ACCESS, **facts: Any) -> None:
    check_may_countersign(
        a_person(person_role), a_request(request, **facts), decider=CAT, grantee=DAN, on=TODAY
    )


@pytest.mark.parametrize("role", [MANAGER, PARTNER, DC])
@pytest.mark.parametrize("purpose", [Purpose.SUBJECT_ACCESS, Purpose.COMPLAINT])
def test_a_manager_at_the_least_countersigns(role: Role, purpose: Purpose) -> None:
    countersign(role, purpose)


@pytest.mark.parametrize("role", [Role.STAFF, Role.AUDITOR, Role.INTAKE])
def test_nobody_less_countersigns(role: Role) -> None:
    with pytest.raises(
        Refused, match=rf"role {in_words(role)} may not countersign \[policy 4\(b\)\]"
    ):
        countersign(role)


def test_the_requester_does_not_countersign() -> None:
    with pytest.raises(Refused, match="that you made or changed"):
        countersign(MANAGER, requester=ANN)


def test_the_subject_does_not_countersign() -> None:
    with pytest.raises(Refused, match="about yourself"):
        countersign(MANAGER, subjects=frozenset({ANN}))


@pytest.mark.parametrize("same", ["decider", "grantee"])
def test_neither_the_decider_nor_the_releaser_countersigns(same: str) -> None:
    concerned = {"decider": CAT, "grantee": DAN, same: ANN}
    with pytest.raises(Refused, match=r"do not countersign \[policy 4\(b\)\]"):
        check_may_countersign(a_person(MANAGER), a_request(), on=TODAY, **concerned)


def test_who_is_not_in_force_does_not_countersign() -> None:
    with pytest.raises(Refused, match="disabled"):
        check_may_countersign(
            a_person(MANAGER, standing=Standing.DISABLED),
            a_request(),
            decider=CAT,
            grantee=DAN,
            on=TODAY,
        )


def test_the_data_controller_breaks_the_glass_for_their_own_request_and_not_about_them() -> None:
    own = a_request(Purpose.OUTSIDE_BODY, requester=ANN)
    check_may_break_glass(a_person(DC), own, reason=REASON, on=TODAY)
    about = a_request(Purpose.OUTSIDE_BODY, subjects=frozenset({ANN}))
    with pytest.raises(Refused, match="about yourself"):
        check_may_break_glass(a_person(DC), about, reason=REASON, on=TODAY)


def test_nobody_else_breaks_the_glass() -> None:
    delegate = a_person(PARTNER, lent=Power.DECIDE_RESERVED)
    request = a_request(Purpose.OUTSIDE_BODY)
    with pytest.raises(Refused, match=r"only the Data Controller .+ \[policy 4\(a\)\]"):
        check_may_break_glass(delegate, request, reason=REASON, on=TODAY)


@pytest.mark.parametrize("reason", [None, "urgent"])
def test_the_glass_is_not_broken_without_a_reason(reason: str | None) -> None:
    with pytest.raises(Refused, match="reason"):
        check_may_break_glass(a_person(DC), a_request(), reason=reason, on=TODAY)


def test_a_disabled_data_controller_does_not_break_the_glass() -> None:
    controller = a_person(DC, standing=Standing.DISABLED)
    with pytest.raises(Refused, match="disabled"):
        check_may_break_glass(controller, a_request(), reason=REASON, on=TODAY)


# What ends an approval.


def test_whoever_decides_a_purpose_revokes_his_own_too() -> None:
    check_is_decider(a_person(MANAGER), a_request(requester=ANN), on=TODAY)


def test_nobody_else_revokes() -> None:
    with pytest.raises(Refused, match="may not decide"):
        check_is_decider(a_person(MANAGER), a_request(Purpose.ERASURE), on=TODAY)


def test_nobody_revokes_a_request_about_himself() -> None:
    with pytest.raises(Refused, match="about yourself"):
        check_is_decider(a_person(MANAGER), a_request(subjects=frozenset({ANN})), on=TODAY)
