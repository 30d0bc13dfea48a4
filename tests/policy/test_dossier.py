from __future__ import annotations

from datetime import timedelta

import pytest

from callrec.errors import Refused
from callrec.policy.purpose import Purpose
from callrec.policy.reviews import check_may_read_dossier
from callrec.policy.role import Power, Role, Standing
from policy.builders import ANN, BEN, CAT, TODAY, a_person, a_request

READS_THE_LOG = {Role.DATA_CONTROLLER, Role.PARTNER, Role.AUDITOR}


def may_read(role: Role, purpose: Purpose) -> bool:
    try:
        check_may_read_dossier(a_person(role), a_request(purpose), on=TODAY)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("role", Role)
def test_who_decides_a_general_purpose_or_reads_the_log_reads_its_dossier(role: Role) -> None:
    expected = role in READS_THE_LOG | {Role.MANAGER}
    assert may_read(role, Purpose.COMPLAINT) is expected


@pytest.mark.parametrize("role", Role)
def test_a_manager_does_not_read_the_dossier_of_what_he_does_not_decide(role: Role) -> None:
    assert may_read(role, Purpose.SUBJECT_ACCESS) is (role in READS_THE_LOG)


def test_a_refusal_cites_the_clause() -> None:
    with pytest.raises(Refused) as refused:
        check_may_read_dossier(a_person(Role.STAFF), a_request(), on=TODAY)
    assert refused.value.message == (
        "a dossier is read by who made the request, who decides it and who reads the audit log"
        " [policy 4(a)]"
    )
    assert refused.value.hint == "callrec request list --mine shows yours"


def test_a_power_that_is_lent_is_enough_till_its_last_day() -> None:
    lent = a_person(Role.STAFF, lent=Power.DECIDE_RESERVED)
    request = a_request(Purpose.SUBJECT_ACCESS)
    check_may_read_dossier(lent, request, on=TODAY)
    with pytest.raises(Refused):
        check_may_read_dossier(lent, request, on=TODAY + timedelta(days=1))


@pytest.mark.parametrize("made", [{"requester": ANN}, {"changed_by": frozenset({ANN, CAT})}])
def test_who_made_or_changed_it_reads_it_though_it_be_about_himself(
    made: dict[str, object],
) -> None:
    request = a_request(Purpose.DISCIPLINARY, subjects=frozenset({ANN}), **made)
    check_may_read_dossier(a_person(Role.STAFF), request, on=TODAY)


@pytest.mark.parametrize("role", [Role.PARTNER, Role.AUDITOR, Role.DATA_CONTROLLER])
def test_nobody_reads_the_dossier_of_a_request_about_himself(role: Role) -> None:
    request = a_request(Purpose.DISCIPLINARY, subjects=frozenset({ANN, BEN}))
    with pytest.raises(Refused, match=r"about yourself \[policy 4\(a\)\]") as refused:
        check_may_read_dossier(a_person(role), request, on=TODAY)
    assert refused.value.hint == "what one may know of it comes by a subject access request"


def test_nobody_reads_one_whose_key_is_not_in_force() -> None:
    gone = a_person(Role.STAFF, standing=Standing.DISABLED)
    with pytest.raises(Refused, match="disabled"):
        check_may_read_dossier(gone, a_request(requester=ANN), on=TODAY)
