"""Look at what the Data Controller decided alone: accept it, or ask about it [policy 4(b)]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.catalogue.engine import reading
from callrec.catalogue.requests import all_requests
from callrec.errors import NotFound, Refused, Tampered
from callrec.login.people import logins
from callrec.policy.clause import Clause
from callrec.policy.reviews import GlassVerdict, check_glass_verdict, check_may_review_glass
from callrec.practice import attempt, signing, today
from callrec.requests.glass import broken_glass, review_subject
from callrec.requests.readers import find_visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from callrec.practice import Actor, Practice
    from callrec.requests.glass import BrokenGlass


@dataclass(frozen=True, slots=True)
class ListedGlass:
    """An approval or a denial that was made alone."""

    reference: str
    seq: int
    """Of its leaf."""
    by: str
    """Login."""
    at: datetime
    standing: str
    """``unreviewed``, ``queried`` or ``accepted``."""

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
    seen: frozenset[int] | None = None,
) -> tuple[int, ...]:
    """Say of everything that was decided alone of a request that it is accepted, or is queried.

    Args:
        practice: the open vault.
        actor: who has looked at it.
        reference: ``R-17``.
        verdict: what he says of it.
        reason: what he asks about it.
        seen: the sequences of the decisions that he saw before he confirmed it; None: whichever
            there are by then.

    Returns:
        The sequences of the decisions of which it is said.

    Raises:
        NotFound: there is no such request, or nothing of it was decided alone.
        Refused: the actor may not read the audit log, or made it himself, or the reason is none; or
            the glass was broken once more after he saw it.
        Tampered: the log is not as it was signed.
    """
    with reading(practice.engine) as connection:
        row = find_visible(practice, actor, connection, reference)
    with (
        attempt(practice, actor, verdict.act, subject=[row.id]),
        signing(practice, actor) as act,
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
        seqs = tuple(glass.seq for glass in alone)
        _check_seen(reference, seqs, seen)
        details = {"reason": reason} if reason else None
        subject = [row.id, *map(review_subject, seqs)]
        act.leaf(verdict.act, actor=actor.person.id, subject=subject, details=details)
    return seqs


def glass_under(practice: Practice, reference: str) -> tuple[ListedGlass, ...]:
    """Everything that was decided alone of a request, accepted or not, oldest first."""
    return tuple(glass for glass in _all_glass(practice) if glass.reference == reference)


def outstanding_glass(practice: Practice) -> tuple[ListedGlass, ...]:
    """What was decided alone and is not accepted by somebody else, oldest first; opens nothing."""
    return tuple(glass for glass in _all_glass(practice) if glass.standing != GlassVerdict.ACCEPTED)


def _all_glass(practice: Practice) -> Iterator[ListedGlass]:
    called = logins(practice)
    with reading(practice.engine) as connection:
        numbers = {row.id: row.number for row in all_requests(connection)}
        alone = broken_glass(practice, connection)
    for glass in alone:
        reference = _reference(numbers, glass)
        yield ListedGlass(reference, glass.seq, called[glass.by], glass.at, glass.standing)


def _check_seen(reference: str, seqs: tuple[int, ...], seen: frozenset[int] | None) -> None:
    if seen not in (None, frozenset(seqs)):
        raise Refused(
            "the glass was broken once more after you looked",
            clause=Clause.FORMALLY_AUTHORISED,
            hint=f"see what was decided: callrec request show {reference}; then try again",
        )


def _reference(numbers: Mapping[str, int], glass: BrokenGlass) -> str:
    if glass.request not in numbers:
        raise Tampered(f"the request that leaf {glass.seq} decides is missing")
    return f"R-{numbers[glass.request]}"
