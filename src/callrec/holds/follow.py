"""The hold that a request places: as it is made, changed and ended (docs/formats/holds.md, 3).

Each of these is part of the transaction in which that happens.
"""

from __future__ import annotations

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
from callrec.policy.purpose import TERMS
from callrec.policy.search import described_by
from callrec.practice import Actor, Practice
from callrec.requests.model import OpenRequest, RequestBody


def place_with_request(
    practice: Practice, act: LogTransaction, actor: Actor, *, request: str, body: RequestBody
) -> None:
    """Place a hold as a request is made, if its purpose asks for one.

    Whoever asks need not be able to search, so it waits to be matched (`hold_matching`).
    """
    if not TERMS[body.purpose].places_hold:
        return
    hold, _ = log_placed(practice, act, actor, request=request)
    _cover(act, actor, hold, body)


def change_with_request(
    act: LogTransaction, actor: Actor, *, request: OpenRequest, body: RequestBody
) -> None:
    """Let a request's hold follow a change of the request; nothing that is held is let go."""
    hold = hold_of(act.connection, request.id)
    if hold is None:
        return
    if body.particulars != request.particulars:
        log_unmatched(act, actor, hold.id)
    _cover(act, actor, hold.id, body)


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


def _cover(act: LogTransaction, actor: Actor, hold: str, body: RequestBody) -> None:
    nothing_told = not described_by(body.particulars) and not body.recordings
    if nothing_told and state_of(act.connection, hold) is HoldState.UNMATCHED:
        log_covers_everything(act, actor, hold)
    log_covers(act, actor, hold, (uid for uid, _ in body.recordings))
