"""Where a request stands today, by the columns and by the day; opens and writes nothing.

A day that is over counts at once, whatever the log says: `lapse` puts it there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.catalogue.tables import from_millis
from callrec.crypto.canonical import parse, parse_instant
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.policy.purpose import Purpose
from callrec.policy.request import (
    ENDING_ACTS,
    UNDECIDED,
    RequestAct,
    RequestState,
    has_lapsed,
    request_lapses_at,
    undecided_since,
)
from callrec.practice import Practice
from callrec.record.acts import done_leaves, read_unverified_statement
from callrec.requests.model import event_of

_NOT_HEARD: Final = UNDECIDED | {RequestState.APPROVED}


@dataclass(frozen=True, slots=True)
class LapseFacts:
    """What the lapse of every request is worked out from; read once for a list."""

    last_grants: Mapping[str, datetime]
    """For each request under which there are grants: when the last of them lapses."""
    ordered: frozenset[str]
    """The requests for whose answer a court has named a day."""
    since: Mapping[str, datetime]
    """For each undecided request that was approved before: when that ended last."""


def read_lapse_facts(connection: Connection) -> LapseFacts:
    """Read it for every request; nothing is opened."""
    grant, dated = tables.grant, tables.clock_event
    lasts = select(grant.c.request, func.max(grant.c.lapses_at)).group_by(grant.c.request)
    named = connection.execute(
        select(dated.c.request, dated.c.body)
        .where(func.instr(dated.c.body, b'"event":"received"') > 0)
        .order_by(dated.c.seq)
    )
    answer_by = {}
    for request, body in named:  # the newest counts: a request that was changed was dated again
        receipt = parse(bytes(body))
        # Where it is in no form, `clock` reports it, and nothing lapses later by it.
        answer_by[request] = receipt.get("answer_by") if isinstance(receipt, dict) else None
    return LapseFacts(
        last_grants={id_: from_millis(last) for id_, last in connection.execute(lasts)},
        ordered=frozenset(request for request, day in answer_by.items() if day),
        since=_read_since(connection),
    )


def undecided_since_by(connection: Connection, leaves: Sequence[Leaf]) -> datetime:
    """Since when nobody has decided a request: `undecided_since`, by what the log commits to."""
    lapses = {
        leaf.seq: _lapses_at(connection, leaf) for leaf in leaves if leaf.act == RequestAct.APPROVED
    }
    return undecided_since((event_of(leaf), lapses.get(leaf.seq)) for leaf in leaves)


def _read_since(connection: Connection) -> Mapping[str, datetime]:
    request = tables.request.c
    undecided = select(request.id).where(request.state.in_(sorted(_NOT_HEARD)))
    known = set(connection.execute(undecided).scalars())
    if not known:
        return {}
    found: dict[str, list[Leaf]] = {}
    acts = [RequestAct.CREATED, RequestAct.APPROVED, *sorted(ENDING_ACTS)]
    for leaf in done_leaves(connection, acts):
        if leaf.subject[0] in known:
            found.setdefault(leaf.subject[0], []).append(leaf)
    return {
        id_: undecided_since_by(connection, leaves)
        for id_, leaves in found.items()
        if any(leaf.act == RequestAct.APPROVED for leaf in leaves)
    }


def _lapses_at(connection: Connection, approved: Leaf) -> datetime | None:
    """As the approval's statement says that its leaf carries; None where it is in no form.

    People who open the request are shown that, and nobody else is stopped.
    """
    with suppress(Tampered, KeyError):
        return parse_instant(read_unverified_statement(connection, approved)["lapses"])
    return None


def undecided_until(practice: Practice, row: Row[Any], ends: LapseFacts) -> datetime | None:
    """When a request lapses if nobody decides it; None where a law's or a court's clock runs."""
    since = ends.since.get(row.id, from_millis(row.created_at))
    return lapses_at(practice, Purpose(row.purpose), since, is_ordered=row.id in ends.ordered)


def lapses_at(
    practice: Practice, purpose: Purpose, since: datetime, *, is_ordered: bool = False
) -> datetime | None:
    """The same of one that nobody has decided since a time, as the practice sets it."""
    days, zone = practice.settings.requests.lapse_days, practice.settings.time_zone
    return request_lapses_at(purpose, since, days, zone, is_ordered=is_ordered)


def state_now(practice: Practice, row: Row[Any], ends: LapseFacts) -> RequestState:
    """Where a request stands by the columns and by the day, for lists; opens and writes nothing."""
    state = RequestState(row.state)
    now = practice.now()
    if state is RequestState.APPROVED and has_lapsed(ends.last_grants.get(row.id), now):
        state = RequestState.SUBMITTED
    if state in UNDECIDED and has_lapsed(undecided_until(practice, row, ends), now):
        state = RequestState.LAPSED
    return state
