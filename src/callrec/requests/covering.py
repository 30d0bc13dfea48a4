"""Which holds cover a recording, and how lists show it with that.

They are those that name it and those of its time (holds.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Select, select

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
) -> Mapping[int, Sequence[HoldFacts]]:
    """The holds that cover these recordings; what is not held is not in it."""
    naming = holds_naming(connection, recordings)
    covering = _covering(connection, naming, partial(_in_stated_time, practice, actor, connection))
    table = tables.recording.c
    query: Select[Any] = select(table.id, table.started_at, table.duration_ms)
    query = query.where(table.id.in_(recordings))
    rows = {row.id: row for row in connection.execute(query)}
    return {number: holds for number in recordings if (holds := covering(rows[number]))}


def shown_holds(
    practice: Practice, actor: Actor, connection: Connection, recordings: Collection[int]
) -> Mapping[int, Sequence[HoldFacts]]:
    """The same as the actor may learn of them: no hold of a request that is hidden from them."""
    covering = holds_covering(practice, actor, connection, recordings)
    if not covering:
        return covering
    from callrec.requests.open import references_hidden_from  # noqa: PLC0415  # few are held

    hidden = references_hidden_from(practice, actor, connection)
    seen = {
        number: [each for each in holds if each.request not in hidden]
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


def hold_finder(
    practice: Practice, actor: Actor | None, connection: Connection
) -> Callable[[Row[Any]], Sequence[HoldFacts]]:
    """What gives the holds that cover a recording by its row, however many are asked about.

    A hold whose request the actor cannot open covers all of them: too much, never too little.
    """

    def in_time_of(hold: Row[Any]) -> Callable[[Row[Any]], bool]:
        if actor is not None:
            with suppress(Locked, Refused):
                return _in_stated_time(practice, actor, connection, hold)
        return lambda _: True

    return _covering(connection, holds_naming(connection), in_time_of)


def _covering(
    connection: Connection,
    naming: Sequence[Row[Any]],
    in_time_of: Callable[[Row[Any]], Callable[[Row[Any]], bool]],
) -> Callable[[Row[Any]], Sequence[HoldFacts]]:
    named: defaultdict[int, list[str]] = defaultdict(list)
    facts: dict[str, HoldFacts] = {}
    for row in naming:
        named[row.recording].append(row.id)
        facts[row.id] = facts.get(row.id) or hold_facts(row)
    in_time = []
    for row in holds_in_state(connection, HoldState.UNMATCHED, HoldState.EVERYTHING):
        facts[row.id] = hold_facts(row)
        in_time.append((row.id, in_time_of(row)))

    def covering(recording: Row[Any]) -> Sequence[HoldFacts]:
        of_its_time = (hold for hold, covers in in_time if covers(recording))
        return [facts[hold] for hold in dict.fromkeys((*named.get(recording.id, ()), *of_its_time))]

    return covering


def _in_stated_time(
    practice: Practice, actor: Actor, connection: Connection, hold: Row[Any]
) -> Callable[[Row[Any]], bool]:
    """Whether a recording was in the time that a hold's request states."""
    from callrec.requests.open import read_request  # noqa: PLC0415  # few holds have no match

    request = read_request(practice, actor, connection, f"R-{hold.request_number}")
    stated, zone = stated_call_times(request.particulars), practice.settings.time_zone
    return lambda row: any(matches(each, _clear_facts(row), zone) for each in stated)


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
