"""Join recordings to call records; fill in what another name of the same sound tells.

An intake service can read nothing of a recording that is in the vault: it is joined by what its
source says (docs/formats/recording.md, 2.1).

An export under another name may come in before the telephone system's own file, or a spool before
its template is configured. Another name is asked only of a recording whose direction is not known
and that has no call record: any other's name gives the call. What was known never
changes, so filling takes an actor who can open what is sealed (docs/formats/recording.md, 3).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.calls.custody import Opening, encode_name
from callrec.calls.records import as_record
from callrec.catalogue import tables
from callrec.catalogue.tables import from_millis, to_millis
from callrec.dataclass import replace
from callrec.errors import Locked, Tampered
from callrec.intake.known import DuplicateMacs, KnownRecording, Portion, without_record
from callrec.intake.reading import WrongChecksum, call_described, doubts_of, or_quarantined
from callrec.intake.records import AvailableCallRecords
from callrec.intake.sealing import Taken, check_md5
from callrec.intake.sources import MISDATED, Quarantined, Refusal, Source
from callrec.telephone.call import (
    CALL_FIELDS,
    Call,
    Direction,
    System,
    TimeConfidence,
    count_missing,
)
from callrec.telephone.filled import filled_from_name, filled_from_record
from callrec.telephone.joining_facts import Joined, JoinedBy, RecordingFacts
from callrec.telephone.recorder import Word, WordKind, WordOrigin
from callrec.telephone.sound.sound import Finding
from callrec.telephone.written import Setup


def join_new(portion: Portion, records: AvailableCallRecords) -> list[Quarantined]:
    """Give what is new its call record; returns what is not the file that it should be."""
    new = list(portion.new.items())
    facts = [
        joining_facts(same[0].call, [s.source.path for s in same], same[0].sound.duration_ms)
        for _, same in new
    ]
    refused: list[Quarantined] = []
    for (uid, same), joined in zip(new, records.join(facts), strict=True):
        if joined is None:
            continue
        taken = same[0]
        try:
            check_md5(taken.md5, joined.call.legs[joined.leg_index].call)
        except WrongChecksum as problem:
            if joined.joined_by is JoinedBy.NUMBER_AND_TIME:
                continue  # the record is of another call
            portion.refused += portion.new.pop(uid)
            refused += [Quarantined(s.source.path, problem.message, problem.refusal) for s in same]
            continue
        call = filled_from_record(taken.call, joined)
        words = taken.words
        if "md5" in joined.call.legs[joined.leg_index].call.said:
            words += (Word(WordKind.MD5, WordOrigin.CALL_RECORD, taken.md5),)
        filled = replace(taken, call=call, record=as_record(joined), words=words, metadata=None)
        portion.new[uid] = [filled, *same[1:]]
    return refused


def call_held(opening: Opening, row: Row[Any]) -> Call | None:
    """The call of a recording; None: it is not as it was sealed.

    Raises:
        Locked: the actor cannot open it.
    """
    try:
        return Call.from_members(opening.checked(row).fields)
    except (Tampered, ValueError):
        return None  # audit verify tells what is not as it was sealed


UNRECOGNISED: Final = "no known telephone system writes such a name"


def is_unrecognised(call: Call, record: object) -> bool:
    """Whether nothing but the file itself tells of a call; ``record``: its call record, or None."""
    return call.system is System.NONE and record is None


def leave_unrecognised(portion: Portion) -> list[Quarantined]:
    """Leave what nothing tells of: no name, no description, no call record; returns it.

    It would be dated by the file's own time, so as a call of the day on which somebody copied it.
    """
    odd = [each for each in portion.recordings if is_unrecognised(each.call, each.record)]
    return _leave(portion, odd, UNRECOGNISED, Refusal.UNRECOGNISED)


def leave_misdated(portion: Portion, now: datetime) -> list[Quarantined]:
    """Leave what is dated as no call can be, to be asked about; returns it."""
    odd = [each for each in portion.recordings if Finding.MISDATED in doubts_of(each.call, now)]
    return _leave(portion, odd, MISDATED, Refusal.DESCRIPTION)


def _leave(
    portion: Portion, recordings: Iterable[Taken], why: str, refusal: Refusal
) -> list[Quarantined]:
    same = [each for taken in recordings for each in portion.new.pop(taken.uid)]
    portion.refused += same
    return [Quarantined(each.source.path, why, refusal) for each in same]


def join_known(
    connection: Connection,
    duplicates: DuplicateMacs,
    portion: Portion,
    records: AvailableCallRecords,
    setup: Setup,
) -> int:
    """Find the call records of what the vault has without one; returns how many have none still."""
    known = portion.known_sources
    sources = {row.id: source for row, source in known}
    lacking = without_record(connection, duplicates, (row for row, _ in known))
    described = [(row, call_of_source(sources[row.id], setup)) for row in lacking]
    known_calls = [(row, call) for row, call in described if call is not None]
    facts = [
        joining_facts(call, [sources[row.id].path], row.duration_ms) for row, call in known_calls
    ]
    held = uids_with_grants(connection, [row.uid for row in lacking])
    for (row, call), joined in zip(known_calls, records.join(facts), strict=True):
        if joined is not None:
            portion.recorded[row.id] = _recorded(row, call, joined, is_granted=row.uid in held)
    return len(lacking) - len(portion.recorded)


def joining_facts(call: Call, paths: Iterable[Path], duration_ms: int) -> RecordingFacts:
    """What a recording is joined by; a name that is not text joins nothing."""
    names = [encode_name(os.fsencode(path.name)) for path in paths]
    return RecordingFacts.of(call, (name for name in names if isinstance(name, str)), duration_ms)


def call_of_source(source: Source, setup: Setup) -> Call | None:
    """The call that a source's sidecar or name tells of; None: it is not to be understood."""
    call = or_quarantined(source, partial(call_described, source, setup))
    return None if isinstance(call, Quarantined) else call


def uids_with_grants(connection: Connection, uids: Sequence[str]) -> frozenset[str]:
    """Those of the recordings for which somebody holds a grant."""
    column = tables.grant.c.uid
    return frozenset(connection.execute(select(column).where(column.in_(uids))).scalars())


def _recorded(row: Row[Any], call: Call, joined: Joined, *, is_granted: bool) -> KnownRecording:
    record = {"record": as_record(joined)}
    is_unchanged = (row.direction, row.started_at) == (call.direction, to_millis(call.started_at))
    # A recording that came in under another name may be known better than by this one; and a grant
    # holds the clear columns as they were.
    if is_granted or not is_unchanged:
        return KnownRecording(row, record, replace(call, started_at=from_millis(row.started_at)))
    full = filled_from_record(call, joined)
    return KnownRecording(row, {**record, **changed_members(call, full)}, full)


def changed_members(before: Call, full: Call) -> dict[str, Any]:
    """The members of the metadata that are others now."""
    members = full.as_members()
    changed = [name for name in CALL_FIELDS if getattr(full, name) != getattr(before, name)]
    return {name: members[name] for name in changed}


def fill_known(
    connection: Connection,
    opening: Opening,
    duplicates: DuplicateMacs,
    portion: Portion,
    setup: Setup,
) -> int:
    """Fill what names of a portion tell of recordings that the vault has.

    Returns of how many recordings a name may tell more than is known, and nothing was filled: the
    actor cannot open them, one is not as it was sealed, or a grant holds it as it is.
    """
    calls = _calls_that_add(connection, duplicates, portion, setup)
    if not calls:
        return 0
    held = uids_with_grants(connection, [row.uid for row, _ in calls.values()])
    opening.look_up(row for row, _ in calls.values())
    left = 0
    for number, (row, call) in calls.items():
        known = None
        if row.uid not in held and row.data_key is not None:
            with suppress(Locked):
                known = call_held(opening, row)
        if known is None:
            left += 1
            continue
        full = filled_from_name(known, call)
        if fields := changed_members(known, full):
            portion.recorded[number] = KnownRecording(row, fields, full)
    return left


def _calls_that_add(
    connection: Connection, duplicates: DuplicateMacs, portion: Portion, setup: Setup
) -> Mapping[int, tuple[Row[Any], Call]]:
    """A recording's number -> its row, and the call by the name that tells the most of it."""
    known = portion.known_sources
    asked = {row.id: row for row, _ in known if row.direction == Direction.UNKNOWN}
    lacking = {row.id for row in without_record(connection, duplicates, asked.values())}
    calls = {n: added for n, added in portion.adding.items() if n not in portion.recorded}
    for row, source in known:
        if row.id not in lacking or row.id in portion.recorded:
            continue
        call = call_of_source(source, setup)
        if call is None or not _may_add(call, row):
            continue
        if row.id not in calls or count_missing(call) < count_missing(calls[row.id][1]):
            calls[row.id] = row, call
    return calls


def _may_add(call: Call, row: Row[Any]) -> bool:
    """By the clear columns, which are all that an intake service can read."""
    is_timed = call.time_confidence is not TimeConfidence.FILE_TIME
    is_other_start = is_timed and to_millis(call.started_at) != row.started_at
    return call.direction is not Direction.UNKNOWN or is_other_start
