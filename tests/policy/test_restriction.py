"""What may be done with calls whose use somebody has restricted, purpose by purpose."""

from __future__ import annotations

import pytest

from callrec.errors import Refused
from callrec.policy.clause import Law
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.rights.restriction import LawfulUse, check_not_restricted, lawful_use

USES = {
    Purpose.SUBJECT_ACCESS: LawfulUse.CONSENT,
    Purpose.PORTABILITY: LawfulUse.CONSENT,
    Purpose.MEDICO_LEGAL: LawfulUse.CLAIMS,
    Purpose.DECEASED: LawfulUse.RIGHTS_OF_OTHERS,
    Purpose.OUTSIDE_BODY: LawfulUse.PUBLIC_INTEREST,
    Purpose.REGULATORY: LawfulUse.PUBLIC_INTEREST,
}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_purpose_uses_what_is_restricted_by_an_exception_of_the_law_alone(
    purpose: Purpose,
) -> None:
    assert lawful_use(purpose) is USES.get(purpose)
    if purpose in USES or not TERMS[purpose].is_heard:
        check_not_restricted(purpose, {3: "R-20"})
        return
    with pytest.raises(Refused, match="recording 3 is restricted by R-20: ") as refused:
        check_not_restricted(purpose, {7: "R-21", 3: "R-20"})
    assert refused.value.clause is Law.RESTRICTED_USE
    assert "callrec request close R-20" in refused.value.hint


def test_what_is_restricted_is_left_out_where_something_else_is_left() -> None:
    with pytest.raises(Refused) as refused:
        check_not_restricted(Purpose.COMPLAINT, {3: "R-20"}, has_others=True)
    assert refused.value.hint.startswith("leave it out; the Data Controller")
    with pytest.raises(Refused) as refused:
        check_not_restricted(Purpose.COMPLAINT, {3: "R-20"})
    assert refused.value.hint.startswith("the Data Controller")


@pytest.mark.parametrize("purpose", Purpose)
def test_what_nobody_has_restricted_is_used_by_any(purpose: Purpose) -> None:
    check_not_restricted(purpose, {})
