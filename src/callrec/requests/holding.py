"""Which holds cover a recording, and that nothing held is destroyed [policy 4(h); DPA 2018 s.173].

A hold covers what it names. One that nobody has matched yet covers whatever began in the time that
its request tells; one whose request describes no call covers every recording.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.calls.find import CALLS_PER_QUERY, find_calls
from callrec.catalogue import tables
from callrec.catalogue.holds import (
    every_holds_naming,
    hold_of,
    holds_in_state,
    holds_naming,
    uids_held,
)
from callrec.catalogue.times import from_millis
from callrec.errors import Locked, Refused
from callrec.login.people import logins
from callrec.policy.hold import HoldFacts, HoldState, check_nothing_held, stated_call_times
from callrec.policy.search import CallFacts, described_by, matches

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from callrec.calls.custody import OpenedRecording
    from callrec.policy.particulars import Particulars
    from callrec.practice import Actor, Practice
    from callrec.requests.model import OpenRequest


def hold_facts(row: Row[Any]) -> HoldFacts:
    """What the rules ask, of a row with the number and purpose of its request."""
    return HoldFacts(
        reference=f"H-{row.number}",
        state=row.state,
        request=f"R-{row.request_number}" if row.request else "",
        purpose=row.purpose,
    )


def holds_covering(
    practice: Practice, actor: Actor, connection: Connection, recordings: Collection[int]
) -> Mapping[int, tuple[HoldFacts, ...]]:
    """The holds that cover these recordings; what is not held is not in it.

    Args:
        practice: the open vault.
        actor: can open requests, as whoever may search can.
        connection: to the catalogue.
        recordings: their numbers.

    Raises:
        Refused: a hold waits to be matched, and its request is not the actor's to read.
        Tampered: such a request is not as it was made.
    """
    found: dict[int, dict[str, HoldFacts]] = {number: {} for number in recordings}
    for row in holds_naming(connection, recordings):
        found[row.recording][row.id] = hold_facts(row)
    for row in holds_in_state(connection, HoldState.UNMATCHED, HoldState.EVERYTHING):
        for number in _in_its_time(practice, actor, connection, row, recordings):
            found[number][row.id] = hold_facts(row)
    return {number: tuple(holds.values()) for number, holds in found.items() if holds}


def holds_covering_rows(
    practice: Practice, actor: Actor | None, connection: Connection, recordings: Sequence[Row[Any]]
) -> Mapping[int, tuple[HoldFacts, ...]]:
    """As `holds_covering`, of as many recordings as there are, by their rows.

    A hold whose request the actor cannot open covers all of them: too much, never too little.

    Args:
        practice: the open vault.
        actor: who asks; None: nobody, who opens nothing.
        connection: to the catalogue.
        recordings: their rows.

    Raises:
        Tampered: such a request is not as it was made.
    """
    found: dict[int, dict[str, HoldFacts]] = {row.id: {} for row in recordings}
    for row in every_holds_naming(connection):
        if row.recording in found:
            found[row.recording][row.id] = hold_facts(row)
    for row in holds_in_state(connection, HoldState.UNMATCHED, HoldState.EVERYTHING):
        for recording in _then(practice, actor, connection, row, recordings):
            found[recording.id][row.id] = hold_facts(row)
    return {number: tuple(holds.values()) for number, holds in found.items() if holds}


def check_may_be_destroyed(
    practice: Practice, actor: Actor, connection: Connection, recordings: Collection[int]
) -> None:
    """Check that none of these recordings is held by anything.

    The log must have been found sound before, as by `acts.check_log`.

    Raises:
        Refused: one is.
        Tampered: the rows of holds are not what the log says.
    """
    from callrec.requests.hold_log import check_holds  # noqa: PLC0415  # as in _request_of

    check_holds(practice, connection)
    over = holds_covering(practice, actor, connection, recordings)
    check_nothing_held(hold for holds in over.values() for hold in holds)


def _in_its_time(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    hold: Row[Any],
    recordings: Collection[int],
) -> Collection[int]:
    """Those of the recordings that were in the time that a hold's request tells."""
    request = _request_of(practice, actor, connection, hold)
    rows = _rows(connection, recordings)
    return [row.id for row in _told_by(practice, request, rows)]


def _then(
    practice: Practice,
    actor: Actor | None,
    connection: Connection,
    hold: Row[Any],
    recordings: Sequence[Row[Any]],
) -> Sequence[Row[Any]]:
    if actor is None:
        return recordings
    try:
        request = _request_of(practice, actor, connection, hold)
    except (Locked, Refused):
        return recordings
    return _told_by(practice, request, recordings)


def _request_of(
    practice: Practice, actor: Actor, connection: Connection, hold: Row[Any]
) -> OpenRequest:
    # Most searches meet no hold that waits to be matched, and opening a request loads much.
    from callrec.requests.open import read_request  # noqa: PLC0415

    return read_request(practice, actor, connection, f"R-{hold.request_number}")


def _told_by(
    practice: Practice, request: OpenRequest, recordings: Sequence[Row[Any]]
) -> Sequence[Row[Any]]:
    time, zone = stated_call_times(request.particulars), practice.config.time_zone
    return [row for row in recordings if matches(time, _clear_facts(row), zone)]


def _rows(connection: Connection, recordings: Collection[int]) -> Sequence[Row[Any]]:
    recording = tables.recording
    return connection.execute(select(recording).where(recording.c.id.in_(recordings))).all()


def _clear_facts(row: Row[Any]) -> CallFacts:
    """When a call was; whose, is sealed."""
    return CallFacts(
        number=None,
        extension=None,
        parties=(),
        direction=None,
        started_at=from_millis(row.started_at),
        duration_ms=row.duration_ms,
    )


@dataclass(frozen=True, slots=True)
class ListedHold:
    """A hold as lists show it."""

    number: int
    request: str | None
    """Reference of the request that placed it."""
    state: HoldState
    placed_at: datetime
    placed_by: str
    """Login."""
    recordings: int
    """How many it names."""


def hold_of_request(practice: Practice, connection: Connection, request: str) -> ListedHold | None:
    """The hold that a request placed, lifted or not; None if its purpose places none."""
    row = hold_of(connection, request)
    if row is None:
        return None
    recordings = len(uids_held(connection, row.id))
    return listed_hold(row, logins(practice)[row.placed_by], recordings)


def listed_hold(row: Row[Any], placed_by: str, recordings: int) -> ListedHold:
    return ListedHold(
        number=row.number,
        request=f"R-{row.request_number}" if row.request else None,
        state=row.state,
        placed_at=from_millis(row.placed_at),
        placed_by=placed_by,
        recordings=recordings,
    )


def matching_recordings(
    practice: Practice, actor: Actor, connection: Connection, particulars: Particulars
) -> tuple[Row[Any], ...]:
    """The rows of the recordings that fit what a request says, the newest first.

    Calls are opened for it: the caller has written the leaf before.

    Args:
        practice: the open vault.
        actor: holds the catalogue and the index key, as whoever may search does.
        connection: to the catalogue.
        particulars: what the request says; where that describes no call, nothing fits.

    Raises:
        Locked: the actor does not have these keys.
        Tampered: a recording is not as it was sealed.
    """
    matching = rows_matching(practice, actor, connection, particulars)
    ids = sorted(matching, key=lambda id_: (matching[id_].started_at, id_), reverse=True)
    rows: dict[int, Row[Any]] = {}
    for start in range(0, len(ids), CALLS_PER_QUERY):
        some = tables.recording.c.id.in_(ids[start : start + CALLS_PER_QUERY])
        rows |= {row.id: row for row in connection.execute(select(tables.recording).where(some))}
    return tuple(rows[id_] for id_ in ids)


def rows_matching(
    practice: Practice, actor: Actor, connection: Connection, particulars: Particulars
) -> Mapping[int, OpenedRecording]:
    return {
        opened.id: opened
        for criteria in described_by(particulars)
        for opened in find_calls(practice, actor, connection, criteria)
    }
