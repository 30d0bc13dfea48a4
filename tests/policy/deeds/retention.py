"""What people try with what is due: kept on without a reason, destroyed too early."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from callrec.policy.handling import check_may_change
from callrec.policy.purpose import Purpose
from callrec.policy.retention import (
    Appraised,
    Category,
    check_kept_on_for_a_reason,
    check_nothing_lost,
    check_still_due,
    check_was_not_used,
)
from callrec.policy.role import Role
from policy.builders import BEN, TODAY, a_person, a_request

ROUTINE = Category("routine", "3 years", "the practice's choice")

DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    "somebody changes what a retention review proposed": lambda: check_may_change(
        a_person(Role.MANAGER, id=BEN), a_request(Purpose.DISPOSAL), on=TODAY
    ),
    "something is destroyed that has a longer time now": lambda: check_still_due(
        [Appraised(1, TODAY, ROUTINE)], on=TODAY
    ),
    "what came in by mistake was asked for since": lambda: check_was_not_used({7: "R-2"}),
    "what came in by mistake has no file any more": lambda: check_nothing_lost([7, 9]),
    "something that is due is kept on, and nobody says why": lambda: check_kept_on_for_a_reason(
        Purpose.DISPOSAL, withheld=1, note=" "
    ),
}
