"""Who looks at what the Data Controller decided alone [policy 4(a), 4(b)].

What stands in for a second person where there is none is shown in every report until somebody else
has accepted it. That it was queried does not end that.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from callrec.errors import Refused
from callrec.policy.authority import check_may
from callrec.policy.clause import Clause
from callrec.policy.reason import check_reason
from callrec.policy.role import Power, powers_of

if TYPE_CHECKING:
    from datetime import date

    from callrec.policy.role import Person, PersonId


class GlassVerdict(StrEnum):
    """What somebody else says of a broken glass."""

    ACCEPTED = "accepted"
    QUERIED = "queried"

    @property
    def act(self) -> str:
        """Of the leaf that records it, so that lists need not open its details."""
        return f"glass.{self}"


def may_review_glass(person: Person, broken_by: PersonId, *, on: date) -> bool:
    """Whether it is for this person to look at: he reads the audit log, and did not break it."""
    return person.id != broken_by and Power.READ_AUDIT in powers_of(person, on)


def check_may_review_glass(person: Person, broken_by: PersonId, *, on: date) -> None:
    """Somebody else looks at it, who may read the audit log [policy 4(b)].

    Raises:
        Refused: the person may not read it, or broke the glass himself.
    """
    check_may(person, Power.READ_AUDIT, on=on)
    if person.id == broken_by:
        raise Refused(
            "whoever broke the glass does not review it",
            clause=Clause.FORMALLY_AUTHORISED,
            hint="ask somebody else who may read the audit log: a partner, or the auditor",
        )


def check_glass_verdict(verdict: GlassVerdict, reason: str | None) -> None:
    """Whoever queries it says what he asks about it.

    Raises:
        Refused: it is queried, and the reason is none.
    """
    if verdict is GlassVerdict.QUERIED:
        check_reason(reason, Clause.FORMALLY_AUTHORISED)
