"""Fill what is not known of a recording from another name of the same sound, if that tells more.

An export under a name of its own may be taken in before the telephone system's file, or a spool
before its template is configured. Only a recording whose way is not known, and that has no call
record, is asked: of any other its name told whose call it is. What was known never changes, so it
takes somebody who can open what is sealed (docs/formats/recording.md, 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callrec.catalogue.times import to_millis
from callrec.errors import Locked, Tampered
from callrec.intake.joining import call_of_source, changed_members, uids_with_grants
from callrec.intake.known import KnownRecording, without_record
from callrec.telephone.call import Call, Direction, System, TimeConfidence, count_untold
from callrec.telephone.filled import filled_from_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from callrec.calls.custody import OpenedRecording, Opening
    from callrec.intake.known import DuplicateMacs, Portion
    from callrec.telephone.written import Setup


def fill_known(
    connection: Connection,
    opening: Opening,
    duplicates: DuplicateMacs,
    portion: Portion,
    setup: Setup,
) -> int:
    """Fill what names of a portion tell of recordings that the vault has.

    Args:
        connection: to the catalogue.
        opening: opens recordings for whoever takes in, over that connection.
        duplicates: the MACs.
        portion: told apart, and joined to call records where there are any.
        setup: how this practice's telephone systems are read.

    Returns:
        Of how many recordings a name may tell more than is known, and nothing was filled: the actor
        cannot open them, one is not as it was sealed, or a grant holds it as it is.
    """
    telling = _telling_more(connection, duplicates, portion, setup)
    if not telling:
        return 0
    held = uids_with_grants(connection, [row.uid for row, _ in telling.values()])
    opening.look_up(row for row, _ in telling.values())
    left = 0
    for number, (row, told) in telling.items():
        known = None if row.uid in held else _known(opening, row)
        if known is None:
            left += 1
            continue
        full = filled_from_name(known, told)
        if fields := changed_members(known, full):
            portion.recorded[number] = KnownRecording(row, fields, full)
    return left


def _telling_more(
    connection: Connection, duplicates: DuplicateMacs, portion: Portion, setup: Setup
) -> Mapping[int, tuple[Row[Any], Call]]:
    """A recording's number -> its row, and the call by the name that tells the most of it."""
    sources = [(row, source) for source, row in portion.unread.items()]
    sources += [(row, seen.source) for seen, row in portion.held]
    asked = {row.id: row for row, _ in sources if row.direction == Direction.UNKNOWN}
    lacking = {row.id for row in without_record(connection, duplicates, asked.values())}
    telling: dict[int, tuple[Row[Any], Call]] = {}
    for row, source in sources:
        if row.id not in lacking or row.id in portion.recorded:
            continue
        told = call_of_source(source, setup)
        if told is None or not _may_tell_more(told, row):
            continue
        if row.id not in telling or count_untold(told) < count_untold(telling[row.id][1]):
            telling[row.id] = row, told
    return telling


def _may_tell_more(told: Call, row: Row[Any]) -> bool:
    """By the clear columns, which are all that an intake service can read."""
    if told.direction is not Direction.UNKNOWN:
        return True
    is_timed = told.time_confidence is not TimeConfidence.FILE_TIME
    return is_timed and to_millis(told.started_at) != row.started_at


def _known(opening: Opening, row: Row[Any]) -> Call | None:
    """The call as it is sealed; None: it cannot be opened, or not be relied on."""
    try:
        return _call_of(opening.checked(row))
    except (Locked, Tampered, ValueError):
        return None  # audit verify tells what is not as it was sealed


def _call_of(opened: OpenedRecording) -> Call:
    fields = opened.fields
    return Call(
        system=System(fields["system"]),
        direction=Direction(fields["direction"]),
        caller=fields["caller"],
        callee=fields["callee"],
        number=fields["number"],
        extension=fields["extension"],
        parties=tuple(fields["parties"]),
        started_at=opened.started_at,
        local_time=fields["local_time"],
        time_confidence=TimeConfidence(fields["time_confidence"]),
        raw_time=fields["raw_time"],
        zone=fields["zone"],
        utc_offset_minutes=fields["utc_offset_minutes"],
        contradiction=fields["contradiction"],
        unique_id=fields["unique_id"],
        sides=(),
        why="",
        said={},
    )
