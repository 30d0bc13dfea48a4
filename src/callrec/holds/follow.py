"""The hold that a request places: as it is made, changed and ended (docs/formats/holds.md, 3).

Each of these is part of the transaction in which that happens.
"""

from __future__ import annotations

from collections.abc import Iterable

from callrec.audit.log import LogTransaction
from callrec.catalogue.holds import hold_of, holds_in_state, state_of
from callrec.holds.log import (
    log_covers,
    log_covers_everything,
    log_lifted,
    log_placed,
    log_unmatched,
)
from callrec.policy.hold import HoldState
from callrec.policy.particulars import Particulars
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.search import described_by
from callrec.practice import Actor, Practice


def place_with_request(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    *,
    request: str,
    purpose: Purpose,
    particulars: Particulars,
    uids: Iterable[str],
) -> None:
    """Place a hold as a request is made, if its purpose asks for one.

    Whoever asks need not be able to search, so it waits to be matched (`hold_matching`).
    """
    if not TERMS[purpose].places_hold:
        return
    hold, _ = log_placed(practice, act, actor, request=request)
    _cover(act, actor, hold, particulars, tuple(uids))


def change_with_request(
    act: LogTransaction,
    actor: Actor,
    *,
    request: str,
    before: Particulars,
    particulars: Particulars,
    uids: Iterable[str],
) -> None:
    """Let a request's hold follow a change of the request; nothing that is held is let go."""
    hold = hold_of(act.connection, request)
    if hold is None:
        return
    if particulars != before:
        log_unmatched(act, actor, hold.id)
    _cover(act, actor, hold.id, particulars, tuple(uids))


def match_again(act: LogTransaction, actor: Actor, *, earliest: int) -> None:
    """Let what requests hold be matched again, as more is known of recordings that were there."""
    for hold in holds_in_state(act.connection, HoldState.PLACED):
        if hold.request is not None and earliest < hold.placed_at:
            log_unmatched(act, actor, hold.id)


def lift_with_request(act: LogTransaction, actor: Actor, *, request: str) -> None:
    """Lift a request's hold as the request ends."""
    hold = hold_of(act.connection, request)
    if hold is not None:
        log_lifted(act, actor, hold.id, request=request)


def _cover(
    act: LogTransaction, actor: Actor, hold: str, particulars: Particulars, uids: tuple[str, ...]
) -> None:
    nothing_told = not described_by(particulars) and not uids
    if nothing_told and state_of(act.connection, hold) is HoldState.UNMATCHED:
        log_covers_everything(act, actor, hold)
    log_covers(act, actor, hold, uids)
