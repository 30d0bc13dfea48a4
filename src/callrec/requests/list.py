"""List requests: what they are for and where they stand. Nothing sealed is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callrec.catalogue.engine import reading
from callrec.catalogue.times import from_millis
from callrec.login.people import logins
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestState
from callrec.practice import Actor, Practice
from callrec.requests.history import outline_of, read_outlines
from callrec.requests.open import visible_requests
from callrec.requests.standing import read_lapse_facts, state_now


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """A request as lists show it."""

    reference: str
    purpose: Purpose
    state: RequestState
    created_at: datetime
    created_by: str
    """Login."""
    recordings: int
    """How many it asks for."""


def list_requests(
    practice: Practice, actor: Actor, *, state: RequestState | None = None, mine: bool = False
) -> tuple[ListedRequest, ...]:
    """The requests that are shown to the actor, the newest first.

    Args:
        practice: the open vault.
        actor: who asks.
        state: only those that stand there.
        mine: only those that the actor made.

    Raises:
        Tampered: one of which he may not know, perhaps, is not the one that was made.
    """
    called = logins(practice)
    with reading(practice.engine) as connection:
        rows, ends = visible_requests(practice, actor, connection), read_lapse_facts(connection)
        makings = read_outlines(connection)
    listed = [
        ListedRequest(
            reference=f"R-{row.number}",
            purpose=Purpose(row.purpose),
            state=state_now(practice, row, ends),
            created_at=from_millis(row.created_at),
            created_by=called[row.requester],
            recordings=outline_of(makings, row).recordings,
        )
        for row in reversed(rows)
        if not mine or row.requester == actor.person.id
    ]
    return tuple(each for each in listed if state in (None, each.state))
