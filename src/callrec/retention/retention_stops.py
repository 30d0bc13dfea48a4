"""What stops a recording that is due from being disposed of [policy 4(h); UK GDPR 18].

A hold, an open request that names it, a restriction, or that it was kept on when it was proposed.
It is read for as many recordings as there are, and opens nothing but requests whose holds nobody
has matched yet.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.catalogue.holds import every_holds_naming
from callrec.crypto.canonical import parse, parse_instant
from callrec.crypto.statement import entries_in
from callrec.policy.clock_rules import same_day_after
from callrec.policy.purpose import Purpose
from callrec.policy.request import ENDED_STATES
from callrec.policy.retention import RecordingState, Stopped, StopReason, months_configured
from callrec.practice import today
from callrec.requests.history import outline_of, read_outlines
from callrec.requests.holding import holds_covering_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from callrec.practice import Actor, Practice

_ROWS_PER_QUERY: Final = 1000
"""Recordings that are asked for with one query."""


def stops_for(
    practice: Practice, actor: Actor | None, connection: Connection, recordings: Sequence[Row[Any]]
) -> Mapping[int, tuple[Stopped, ...]]:
    """What stops each of these recordings, by number; of what nothing stops there is no entry.

    Args:
        practice: the open vault.
        actor: who asks; None: nobody, and a hold that nobody has matched covers everything.
        connection: sees one state of the catalogue throughout.
        recordings: their rows.

    Raises:
        Tampered: a request whose hold is not matched is not as it was made.
    """
    stops: defaultdict[int, set[Stopped]] = defaultdict(set)
    for number, holds in holds_covering_rows(practice, actor, connection, recordings).items():
        stops[number] |= {Stopped(StopReason.HOLD, hold.reference) for hold in holds}
    asked, kept_on = open_requests_naming(connection), _kept_on(practice, connection)
    for row in recordings:
        stops[row.id] |= asked.get(row.uid, set())
        if row.uid in kept_on:
            stops[row.id].add(Stopped(StopReason.KEPT_ON, f"until {kept_on[row.uid]}"))
        if row.state == RecordingState.RESTRICTED:
            stops[row.id].add(Stopped(StopReason.RESTRICTION))
    return {number: tuple(sorted(found)) for number, found in stops.items() if found}


def recordings_with_stops(practice: Practice, connection: Connection) -> frozenset[int]:
    """The recordings that a hold, an open request or a disposal names, by number.

    `stops_for` finds nothing that stops another one, but for a restriction, which is in its row,
    and for holds that cover whatever there is.
    """
    held = {row.recording for row in every_holds_naming(connection)}
    uids = [*open_requests_naming(connection).keys(), *_kept_on(practice, connection)]
    recording = tables.recording.c
    for start in range(0, len(uids), _ROWS_PER_QUERY):
        query = select(recording.id).where(recording.uid.in_(uids[start : start + _ROWS_PER_QUERY]))
        held.update(connection.execute(query).scalars())
    return frozenset(held)


def open_requests_naming(connection: Connection) -> Mapping[str, set[Stopped]]:
    """The requests that have not ended and ask for a recording, by its uid.

    Raises:
        Tampered: the log knows nothing of one.
    """
    request = tables.request.c
    query = select(request.id, request.number, request.purpose).where(
        request.state.not_in(ENDED_STATES)
    )
    makings = read_outlines(connection)
    found: defaultdict[str, set[Stopped]] = defaultdict(set)
    rows: Any = connection.execute(query)
    for row in rows:
        by = StopReason.PROPOSED if row.purpose is Purpose.DISPOSAL else StopReason.REQUEST
        for uid in outline_of(makings, row).uids:
            found[uid].add(Stopped(by, f"R-{row.number}"))
    return found


def _kept_on(practice: Practice, connection: Connection) -> Mapping[str, date]:
    """What the Data Controller withheld from a disposal, by uid: the last day on which it rests.

    A later approval that grants it ends that.

    Raises:
        Tampered: an approval is not in its form.
    """
    months, zone = (
        months_configured(practice.config.retention.appraise_again),
        practice.config.time_zone,
    )
    until: dict[str, date] = {}
    for at, fields in _disposals_approved(connection):
        for (uid,) in entries_in(fields, "items", "uid"):
            until.pop(uid, None)
        last = same_day_after(parse_instant(at).astimezone(zone).date(), months)
        until |= {uid: last for (uid,) in entries_in(fields, "withheld", "uid")}
    return {uid: last for uid, last in until.items() if today(practice) <= last}


def _disposals_approved(connection: Connection) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """When each approval of a disposal was given, and what its statement says; oldest first."""
    request = tables.request.c
    disposals = frozenset(
        connection.execute(select(request.id).where(request.purpose == Purpose.DISPOSAL)).scalars()
    )
    if not disposals:
        return
    leaf, said = tables.leaf, tables.statement
    query = (
        select(leaf.c.seq, leaf.c.body, said.c.body.label("said"))
        .join(said, said.c.digest == leaf.c.statement)
        .where(said.c.kind == "approval")
        .order_by(leaf.c.seq)
    )
    for row in connection.execute(query):
        fields = parse(bytes(row.said))
        if str(fields.get("request")) in disposals:
            yield Leaf.decode(bytes(row.body), row.seq).at, fields
