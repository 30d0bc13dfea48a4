"""Which holds cover a recording, and how lists show it with that.

They are those that name it and those of its time (holds.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from callrec.calls.coming_in import came_in
from callrec.calls.custody import OpenedRecording
from callrec.calls.find import ShownCall
from callrec.catalogue import tables
from callrec.catalogue.holds import holds_in_state, holds_naming
from callrec.catalogue.tables import from_millis
from callrec.catalogue.volumes import labels_of
from callrec.errors import Locked, Refused
from callrec.policy.hold import HoldFacts, HoldState, stated_call_times
from callrec.policy.retention import RecordingState
from callrec.policy.search import CallFacts, matches
from callrec.practice import Actor, Practice


def hold_facts(row: Row[Any]) -> HoldFacts:
    """What `policy.hold` decides by, from a hold's row with its request's number and purpose."""
    return HoldFacts(
        reference=f"H-{row.number}",
        state=row.state,
        request=f"R-{row.request_number}" if row.request else "",
        purpose=row.purpose,
    )


def holds_covering(
    practice: Practice, actor: Actor, connection: Connection, recordings: Collection[int]
) -> Mapping[int, tuple[HoldFacts, ...]]:
    """The holds that cover these recordings; what is not held is not in it."""

    def in_time_of(hold: Row[Any]) -> Sequence[Row[Any]]:
        table = tables.recording
        rows = connection.execute(select(table).where(table.c.id.in_(recordings))).all()
        return _in_stated_time(practice, actor, connection, hold, rows)

    naming = holds_naming(connection, recordings)
    return _covering(connection, recordings, naming, in_time_of)


def shown_holds(
    practice: Practice, actor: Actor, connection: Connection, recordings: Collection[int]
) -> Mapping[int, tuple[HoldFacts, ...]]:
    """The same as the actor may learn of them: no hold of a request that is hidden from them."""
    covering = holds_covering(practice, actor, connection, recordings)
    if not covering:
        return covering
    from callrec.requests.open import references_hidden_from  # noqa: PLC0415  # few are held

    hidden = references_hidden_from(practice, actor, connection)
    seen = {
        number: tuple(each for each in holds if each.request not in hidden)
        for number, holds in covering.items()
    }
    return {number: holds for number, holds in seen.items() if holds}


def shown_calls(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    opened: Sequence[OpenedRecording],
    *,
    masked: bool,
) -> tuple[ShownCall, ...]:
    """Recordings as lists show them: which are held, where their files are, how they came in."""
    held = shown_holds(practice, actor, connection, [each.id for each in opened])
    archived = [each.id for each in opened if each.state == RecordingState.ARCHIVED]
    volumes = labels_of(connection, archived)
    brought = came_in(connection, practice.register, [each.uid for each in opened])
    return tuple(
        ShownCall.of(
            each,
            came_in=brought.get(each.uid),
            masked=masked,
            held=each.id in held,
            volumes=volumes.get(each.id, ()),
        )
        for each in opened
    )


def holds_covering_rows(
    practice: Practice, actor: Actor | None, connection: Connection, recordings: Sequence[Row[Any]]
) -> Mapping[int, tuple[HoldFacts, ...]]:
    """As `holds_covering`, of as many recordings as there are, by their rows.

    A hold whose request the actor cannot open covers all of them: too much, never too little.
    """

    def in_time_of(hold: Row[Any]) -> Sequence[Row[Any]]:
        if actor is None:
            return recordings
        try:
            return _in_stated_time(practice, actor, connection, hold, recordings)
        except (Locked, Refused):
            return recordings

    numbers = [row.id for row in recordings]
    return _covering(connection, numbers, holds_naming(connection), in_time_of)


def _covering(
    connection: Connection,
    recordings: Collection[int],
    naming: Sequence[Row[Any]],
    in_time_of: Callable[[Row[Any]], Sequence[Row[Any]]],
) -> Mapping[int, tuple[HoldFacts, ...]]:
    found: dict[int, dict[str, HoldFacts]] = {number: {} for number in recordings}
    for row in naming:
        if row.recording in found:
            found[row.recording][row.id] = hold_facts(row)
    for row in holds_in_state(connection, HoldState.UNMATCHED, HoldState.EVERYTHING):
        for recording in in_time_of(row):
            found[recording.id][row.id] = hold_facts(row)
    return {number: tuple(holds.values()) for number, holds in found.items() if holds}


def _in_stated_time(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    hold: Row[Any],
    recordings: Sequence[Row[Any]],
) -> Sequence[Row[Any]]:
    """Those of the recordings that were in the time that a hold's request states."""
    from callrec.requests.open import read_request  # noqa: PLC0415  # few holds have no match

    request = read_request(practice, actor, connection, f"R-{hold.request_number}")
    stated, zone = stated_call_times(request.particulars), practice.settings.time_zone
    return [
        row for row in recordings if any(matches(each, _clear_facts(row), zone) for each in stated)
    ]


def _clear_facts(row: Row[Any]) -> CallFacts:
    """What a hold matches a call by: when it was. Whose it was lies sealed."""
    return CallFacts(
        number=None,
        extension=None,
        parties=(),
        direction=None,
        started_at=from_millis(row.started_at),
        duration_ms=row.duration_ms,
    )
