"""Look at what the Data Controller decided alone: accept it, or ask about it [policy 4(b)]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.catalogue.engine import reading
from callrec.catalogue.requests import all_requests, find_request
from callrec.errors import NotFound, Tampered
from callrec.policy.glass import GlassVerdict, check_glass_verdict, check_may_review_glass
from callrec.practice import attempt, today, writing
from callrec.procedures.glass import broken_glass
from callrec.procedures.people import logins

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from callrec.practice import Actor, Practice
    from callrec.procedures.glass import BrokenGlass


@dataclass(frozen=True, slots=True)
class OpenGlass:
    """A request that was decided alone, and that nobody else has accepted."""

    reference: str
    by: str
    """Login."""
    at: datetime
    standing: str
    """``unreviewed``, or ``queried``."""

    @property
    def warning(self) -> str:
        told = "was queried" if self.standing == GlassVerdict.QUERIED else "nobody has reviewed it"
        return (
            f"{self.by} decided {self.reference} alone, and {told}:"
            f" run callrec audit review-glass {self.reference}"
        )


def review_glass(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    verdict: GlassVerdict,
    reason: str | None = None,
) -> None:
    """Say of every approval of a request that was made alone that it is accepted, or is queried.

    Raises:
        NotFound: there is no such request, or nothing of it was decided alone.
        Refused: the actor may not read the audit log, or made it himself, or the reason is none.
        Tampered: the log is not as it was signed.
    """
    with reading(practice.engine) as connection:
        row = find_request(connection, reference)
    with (
        attempt(practice, actor, verdict.act, subject=[row.id]),
        writing(practice, actor.signer) as act,
    ):
        alone = [g for g in broken_glass(practice, act.connection) if g.request == row.id]
        if not alone:
            raise NotFound(
                f"the glass was not broken for {reference}",
                hint="callrec status says what was decided alone",
            )
        for glass in alone:
            check_may_review_glass(actor.person, glass.by, on=today(practice))
        check_glass_verdict(verdict, reason)
        details = {"reason": reason} if reason else None
        act.leaf(verdict.act, actor=actor.person.id, subject=[row.id], details=details)


def open_glass(practice: Practice) -> tuple[OpenGlass, ...]:
    """What was decided alone and is not accepted by somebody else, oldest first; opens nothing."""
    called = logins(practice)
    with reading(practice.engine) as connection:
        numbers = {row.id: row.number for row in all_requests(connection)}
        alone = broken_glass(practice, connection)
    return tuple(
        OpenGlass(_reference(numbers, glass), called[glass.by], glass.at, glass.standing)
        for glass in alone
        if not glass.is_accepted
    )


def _reference(numbers: Mapping[str, int], glass: BrokenGlass) -> str:
    if glass.request not in numbers:
        raise Tampered(f"the request that leaf {glass.seq} approves is missing")
    return f"R-{numbers[glass.request]}"
