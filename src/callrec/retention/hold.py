"""Place a hold by hand, and lift one together [policy 4(a), 4(h)]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.catalogue.engine import reading
from callrec.catalogue.holds import find_hold
from callrec.errors import Locked
from callrec.holds.log import log_covers, log_lifted_together, log_placed
from callrec.policy.clause import Clause
from callrec.policy.hold import (
    HoldAct,
    check_can_be_lifted,
    check_may_countersign_lifting,
    check_may_lift_hold,
    check_may_place_hold,
)
from callrec.policy.words import check_reason
from callrec.practice import attempt, signing, today
from callrec.record.acts import check_whole_log
from callrec.requests.ask import find_recordings
from callrec.requests.holding import check_holds, hold_facts
from callrec.requests.open import find_visible_hold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callrec.practice import Actor, Practice


@dataclass(frozen=True, slots=True)
class PlacedHold:
    """A new hold."""

    number: int
    recordings: tuple[int, ...]


def place_hold(
    practice: Practice, actor: Actor, recordings: Sequence[int], *, reason: str
) -> PlacedHold:
    """Hold recordings until two people let them go.

    Raises:
        Refused: the actor neither searches nor decides, or the reason is none.
        NotFound: there is no such recording.
    """
    with (
        attempt(practice, actor, HoldAct.PLACED),
        signing(practice, actor) as act,
    ):
        check_may_place_hold(actor.person, on=today(practice))
        check_reason(reason, Clause.ENCRYPTED_AND_ARCHIVED)
        found = find_recordings(practice, actor, act.connection, recordings)
        hold, number = log_placed(practice, act, actor, reason=reason)
        log_covers(act, actor, hold, (uid for uid, _ in found))
    return PlacedHold(number, tuple(dict.fromkeys(recordings)))


def lift_hold(
    practice: Practice, actor: Actor, number: int, *, reason: str, countersigner: Actor
) -> None:
    """Let go what a hold covers; each of the two has given his password.

    Raises:
        NotFound: there is no such hold.
        Refused: one of them may not, they are one, a request placed it, or it is lifted already.
        Locked: a password is missing.
        Tampered: the log or the rows of holds are not as they were signed.
    """
    _check_identity(actor, countersigner)
    with reading(practice.engine) as connection:
        hold = find_visible_hold(practice, actor, connection, number)
    with (
        attempt(practice, actor, HoldAct.LIFTED, subject=[hold.id]),
        signing(practice, actor, countersigner) as act,
    ):
        check_whole_log(practice, act.connection)
        check_holds(practice, act.connection)
        check_may_lift_hold(actor.person, on=today(practice))
        check_may_countersign_lifting(
            countersigner.person, lifter=actor.person.id, on=today(practice)
        )
        check_can_be_lifted(hold_facts(find_hold(act.connection, number)))
        check_reason(reason, Clause.ENCRYPTED_AND_ARCHIVED)
        log_lifted_together(act, actor, countersigner, hold.id, reason=reason)


def check_hold_exists(practice: Practice, number: int) -> None:
    """Before anything is asked about a hold.

    Raises:
        NotFound: there is no such hold.
    """
    with reading(practice.engine) as connection:
        find_hold(connection, number)


def _check_identity(*signers: Actor) -> None:
    if any(signer.identity is None for signer in signers):
        raise Locked(
            "a hold is lifted with your password",
            hint="type it, or set CALLREC_USER and CALLREC_PASSWORD_FILE",
        )
