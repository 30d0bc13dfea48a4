"""Join what came in to the telephone system's call records (docs/call-records.md).

What is new is completed by its record before it is catalogued. Of what the vault had already, whose
metadata whoever takes in cannot open, the record and what its name did not tell become a further
revision, once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from callrec.errors import Failed, Unusable
from callrec.procedures.call_records import as_record
from callrec.procedures.intake_known import Recorded, is_recorded
from callrec.procedures.intake_sealing import WRONG_CHECKSUM, Taken
from callrec.procedures.intake_sources import Quarantined
from callrec.telephone.joining import RecordingFacts, completed
from callrec.telephone.reading import read_call

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Row

    from callrec.procedures.intake_known import Duplicates, Portion
    from callrec.procedures.intake_sealing import Seen
    from callrec.procedures.intake_sources import Source
    from callrec.procedures.records_at_hand import RecordsAtHand
    from callrec.telephone.call import Call
    from callrec.telephone.joining import Joined
    from callrec.telephone.setup import Setup

_CORRECTED: Final = ("callee", "caller", "direction", "extension", "number")


def join_new(portion: Portion, hand: RecordsAtHand) -> list[tuple[Taken, Quarantined]]:
    """Join what is new of a portion, and complete its calls.

    Returns:
        What is new no more: its bytes are not those that its call record tells of.
    """
    together = list(portion.new.values())
    found = hand.joined([_facts_of_new(same) for same in together])
    wrong = []
    for same, joined in zip(together, found, strict=True):
        if joined is None:
            continue
        first = same[0]
        if _is_another(first, joined):
            del portion.new[first.sha256]
            wrong += [(each, Quarantined(each.source.path, WRONG_CHECKSUM)) for each in same]
        else:
            same[0] = replace(first, call=completed(first.call, joined))
            portion.joined[first.sha256] = joined
    return wrong


def join_known(
    connection: Connection,
    duplicates: Duplicates,
    portion: Portion,
    hand: RecordsAtHand,
    setup: Setup,
) -> None:
    """Join recordings that were there, of which a source lies in the spool."""
    known = {row.id: (row, name, call) for row, name, call in _known_calls(portion, setup)}
    found = hand.joined(
        [_facts(call, (name,), row.duration_ms) for row, name, call in known.values()]
    )
    for (row, _, call), joined in zip(known.values(), found, strict=True):
        if joined is None:
            continue
        record = as_record(joined)
        if not is_recorded(connection, duplicates, row.uid, record):
            portion.records[row.id] = Recorded(row, record, _corrections(row, call, joined))


def _known_calls(portion: Portion, setup: Setup) -> Iterator[tuple[Row[Any], str, Call]]:
    sources: list[tuple[Source, Row[Any], Seen | None]] = [
        *((seen.source, row, seen) for seen, row in portion.held),
        *((source, row, None) for source, row in portion.unread),
    ]
    for source, row, seen in sources:
        if row.data_key is None:
            continue  # erased
        if isinstance(seen, Taken):
            yield row, source.path.name, seen.call
            continue
        try:
            yield row, source.path.name, read_call(source.path, setup)
        except (Unusable, Failed):
            continue  # its sidecar was changed since; what it came in with stands


def _facts_of_new(same: Sequence[Taken]) -> RecordingFacts:
    call = same[0].call
    names = dict.fromkeys(seen.source.path.name for seen in same)
    return _facts(call, tuple(names), same[0].sound.duration_ms)


def _facts(call: Call, names: tuple[str, ...], duration_ms: int) -> RecordingFacts:
    return RecordingFacts(
        unique_id=call.unique_id,
        names=names,
        numbers=tuple(end for end in (call.caller, call.callee) if end),
        extension=call.extension,
        started_at=call.started_at,
        duration_ms=duration_ms,
        time_confidence=call.time_confidence,
    )


def _is_another(taken: Taken, joined: Joined) -> bool:
    """Whether the record's MD5, where it tells one, is of other bytes."""
    told = joined.call.legs[joined.leg_index].call.said.get("md5", "")
    return bool(told) and taken.md5 is not None and told.lower() != taken.md5


def _corrections(row: Row[Any], call: Call, joined: Joined) -> dict[str, Any]:
    """What was not known of a recording: as far as its source's name did not tell it.

    Its start stays, for the search index stands by it; the record has its own.
    """
    whole = completed(call, joined)
    corrects: dict[str, Any] = {
        name: getattr(whole, name)
        for name in _CORRECTED
        if getattr(whole, name) != getattr(call, name)
    }
    if row.direction != "unknown":
        corrects.pop("direction", None)
    if whole.parties != call.parties:
        corrects["parties"] = list(whole.parties)
    return corrects
