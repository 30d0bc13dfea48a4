"""What waits for one person: requests to decide, grants to hear. Nothing sealed is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.requests import GRANTED, all_requests
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestState
from callrec.practice import powers
from callrec.procedures.custody import from_millis, to_millis
from callrec.procedures.lapsing import last_grants, state_now, undecided_until
from callrec.procedures.people import logins
from callrec.procedures.request_log import making_of, read_makings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from callrec.practice import Actor, Practice

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Waits(StrEnum):
    """For what something waits."""

    DECIDE = "decide"
    HEAR = "hear"


@dataclass(frozen=True, slots=True)
class InboxItem:
    """Something that waits for the person who asks."""

    reference: str
    waits_to: Waits
    purpose: Purpose
    created_by: str
    """Login of the requester."""
    recordings: int
    lapses_at: datetime | None
    """None where a law's own clock runs."""


def read_inbox(practice: Practice, actor: Actor) -> tuple[InboxItem, ...]:
    """What waits for the actor, soonest to lapse first."""
    with reading(practice.engine) as connection:
        items = [*_to_decide(practice, actor, connection), *_to_hear(practice, actor, connection)]
    return tuple(sorted(items, key=lambda item: (item.lapses_at or _NEVER, item.reference)))


def _to_decide(practice: Practice, actor: Actor, connection: Connection) -> Iterator[InboxItem]:
    """Undecided requests that the actor might decide: not those that he made or changed."""
    held, called = powers(practice, actor), logins(practice)
    makings, lasts = read_makings(connection), last_grants(connection)
    for row in all_requests(connection):
        purpose = Purpose(row.purpose)
        if (
            state_now(practice, row, lasts) is RequestState.SUBMITTED
            and TERMS[purpose].decided_with in held
            and actor.person.id not in making_of(makings, row).makers
        ):
            yield InboxItem(
                reference=f"R-{row.number}",
                waits_to=Waits.DECIDE,
                purpose=purpose,
                created_by=called[row.requester],
                recordings=making_of(makings, row).recordings,
                lapses_at=undecided_until(practice, row),
            )


def _to_hear(practice: Practice, actor: Actor, connection: Connection) -> Iterator[InboxItem]:
    """Requests under which the actor holds grants that have not lapsed."""
    called, grant = logins(practice), tables.grant
    held = connection.execute(
        select(grant.c.request, grant.c.lapses_at).where(
            grant.c.person == actor.person.id,
            grant.c.state == GRANTED,
            grant.c.lapses_at > to_millis(practice.now()),
        )
    ).all()
    for row in all_requests(connection):
        lapses = [each.lapses_at for each in held if each.request == row.id]
        if lapses:
            yield InboxItem(
                reference=f"R-{row.number}",
                waits_to=Waits.HEAR,
                purpose=Purpose(row.purpose),
                created_by=called[row.requester],
                recordings=len(lapses),
                lapses_at=from_millis(min(lapses)),
            )
