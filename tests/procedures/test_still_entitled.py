"""What is taken from somebody while his command waits is not used by it any more.

His leaf would stand in the log for ever as one by somebody who might not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callrec.errors import Failed, Refused
from callrec.policy.purpose import Purpose
from callrec.policy.role import Role
from callrec.procedures.audit_verify import Verdict
from callrec.procedures.changing_roles import change_role, disable_person
from callrec.procedures.deny import deny_request
from callrec.procedures.end_request import withdraw_request
from callrec.procedures.request import create_request
from procedures.asking import ANOTHER_REASON, a_request, said, signed_in, state_of
from procedures.holding import verified
from procedures.incidents import an_incident

if TYPE_CHECKING:
    from practices import House


def test_whoever_was_shut_out_meanwhile_asks_for_nothing(stocked: House) -> None:
    sam = signed_in(stocked, "sam")
    disable_person(stocked.practice, stocked.actor("dora"), login="sam")
    with pytest.raises(Failed, match="changed a moment ago"):
        create_request(
            stocked.practice, sam, purpose=Purpose.COMPLAINT, said=said(Purpose.COMPLAINT)
        )
    assert verified(stocked).verdict is Verdict.INTACT


def test_nor_does_he_take_back_what_he_asked_for(stocked: House) -> None:
    reference, sam = a_request(stocked), signed_in(stocked, "sam")
    disable_person(stocked.practice, stocked.actor("dora"), login="sam")
    with pytest.raises(Failed, match="changed a moment ago"):
        withdraw_request(stocked.practice, sam, reference)
    assert state_of(stocked, reference) == "submitted"
    assert verified(stocked).verdict is Verdict.INTACT


@pytest.mark.parametrize("role", [None, Role.STAFF], ids=["shut out", "no manager any more"])
def test_nobody_reports_to_whom_was_a_manager_when_the_command_began(
    stocked: House, role: Role | None
) -> None:
    dora = stocked.actor("dora")
    if role is None:
        disable_person(stocked.practice, dora, login="mia")
    else:
        change_role(stocked.practice, dora, login="mia", role=role)
    with pytest.raises(Refused):
        an_incident(stocked)
    assert verified(stocked).verdict is Verdict.INTACT


def test_nor_does_a_role_decide_that_somebody_has_no_more(stocked: House) -> None:
    reference, max_ = a_request(stocked), signed_in(stocked, "max")
    change_role(stocked.practice, stocked.actor("dora"), login="max", role=Role.STAFF)
    with pytest.raises(Failed):
        deny_request(stocked.practice, max_, reference, reason=ANOTHER_REASON)
    assert verified(stocked).verdict is Verdict.INTACT
