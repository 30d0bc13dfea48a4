"""Hold what a request describes, by whoever may search next (docs/formats/holds.md, 3).

Whoever made the request may not be able to search. And recordings that are brought in later may
well be of calls that were before it was made; of those that were there more may become known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from callrec.catalogue.engine import reading
from callrec.catalogue.holds import came_in_since, holds_in_state
from callrec.holds.log import log_covers_everything, log_matched
from callrec.policy.hold import HoldAct, HoldState
from callrec.policy.role import Power, VaultKey
from callrec.policy.search import described_by
from callrec.practice import attempt, powers, record, signing
from callrec.requests.holding import matching_recordings
from callrec.requests.open import read_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row

    from callrec.practice import Actor, Practice

MATCHING: Final = "hold.matching"
"""Act of the leaf that is there before anything is opened."""


def match_open_holds(practice: Practice, actor: Actor) -> None:
    """Match every hold that waits for it, if the actor may search; nothing is shown to him.

    Raises:
        Tampered: a request or a recording is not as it was sealed.
    """
    if not _may_look(practice, actor):
        return
    with reading(practice.engine) as connection:
        waiting = tuple(_waiting(connection))
    for hold in waiting:
        _match(practice, actor, hold)


def _match(practice: Practice, actor: Actor, hold: Row[Any]) -> None:
    subject = [hold.id, hold.request]
    record(practice, actor, MATCHING, subject=subject)
    with (
        attempt(practice, actor, HoldAct.MATCHED, subject=subject),
        signing(practice, actor) as act,
    ):
        # Somebody else may have matched or lifted it meanwhile.
        if hold.id not in {row.id for row in _waiting(act.connection)}:
            return
        reference = f"R-{hold.request_number}"
        request = read_request(practice, actor, act.connection, reference)
        if not described_by(request.particulars) and not request.recordings:
            log_covers_everything(act, actor, hold.id)
            return
        found = matching_recordings(practice, actor, act.connection, request.particulars)
        log_matched(act, actor, hold.id, (row.uid for row in (*request.recordings, *found)))


def _may_look(practice: Practice, actor: Actor) -> bool:
    needed = {
        (key, version)
        for key in (VaultKey.CATALOGUE, VaultKey.INDEX)
        for version in practice.register.versions(key)
    }
    return Power.SEARCH in powers(practice, actor) and needed <= actor.shares.keys()


def _waiting(connection: Connection) -> Iterator[Row[Any]]:
    """Holds that nobody has matched, or not since recordings of earlier calls came in."""
    yield from holds_in_state(connection, HoldState.UNMATCHED)
    for row in holds_in_state(connection, HoldState.PLACED):
        if row.matched_to is not None and came_in_since(
            connection, after=row.matched_to, before=row.placed_at
        ):
            yield row
