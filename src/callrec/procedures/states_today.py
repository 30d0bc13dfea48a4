"""Where a request stands today, by the columns and by the day; opens and writes nothing.

A day that is over counts at once, whatever the log says: `lapsing` puts it there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from callrec.catalogue import tables
from callrec.crypto.canonical import parse
from callrec.policy.lapse import has_lapsed, request_lapses_at
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestState
from callrec.procedures.custody import from_millis

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from callrec.practice import Practice

UNDECIDED: Final = frozenset({RequestState.SUBMITTED, RequestState.WAITING})


@dataclass(frozen=True, slots=True)
class Ends:
    """What the lapse of every request is worked out from; read once for a list."""

    last_grants: Mapping[str, datetime]
    """For each request under which there are grants: when the last of them lapses."""
    ordered: frozenset[str]
    """The requests for whose answer a court has named a day."""


def read_ends(connection: Connection) -> Ends:
    """Read it for every request; nothing is opened."""
    grant, dated = tables.grant, tables.clock_event
    lasts = connection.execute(
        select(grant.c.request, func.max(grant.c.lapses_at)).group_by(grant.c.request)
    )
    named = connection.execute(
        select(dated.c.request, dated.c.body)
        .where(func.instr(dated.c.body, b'"event":"received"') > 0)
        .order_by(dated.c.seq)
    )
    # The newest counts: a request that was changed was dated again.
    answer_by = {request: _answer_by(parse(bytes(body))) for request, body in named}
    return Ends(
        last_grants={request: from_millis(last) for request, last in lasts},
        ordered=frozenset(request for request, day in answer_by.items() if day),
    )


def _answer_by(told: Any) -> Any:
    """Nothing, where it is in no form: `request_clock` says so, and nothing lapses later by it."""
    return told.get("answer_by") if isinstance(told, dict) else None


def undecided_until(practice: Practice, row: Row[Any], ends: Ends) -> datetime | None:
    """When a request lapses if nobody decides it; None where a law's or a court's clock runs."""
    return request_lapses_at(
        Purpose(row.purpose),
        from_millis(row.created_at),
        practice.config.requests.lapse_days,
        practice.config.time_zone,
        is_ordered=row.id in ends.ordered,
    )


def state_now(practice: Practice, row: Row[Any], ends: Ends) -> RequestState:
    """Where a request stands by the columns and by the day, for lists; opens and writes nothing."""
    state = RequestState(row.state)
    now = practice.now()
    if state is RequestState.APPROVED and has_lapsed(ends.last_grants.get(row.id), now):
        state = RequestState.SUBMITTED
    if state in UNDECIDED and has_lapsed(undecided_until(practice, row, ends), now):
        state = RequestState.LAPSED
    return state
