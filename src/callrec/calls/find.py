"""Find calls by criteria: proposed by the index, decided by what is sealed.

Rows of the index are not signed: anybody who can write the database can take one away. A call that
is opened shows which rows there should be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import Connection, select

from callrec.calls.coming_in import CameIn, is_by_hand
from callrec.calls.custody import OpenedRecording, Opening, check_clear_columns
from callrec.calls.records import parties_named_in
from callrec.catalogue import tables
from callrec.catalogue.index import IndexedCall, calls_missed, candidates
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.policy.retention import RecordingState
from callrec.policy.role import Role, VaultKey
from callrec.policy.search import CallFacts, Criteria, Direction, matches
from callrec.policy.words import mask_name, mask_number
from callrec.practice import Actor, Practice, vault_key
from callrec.telephone.clock import is_misdated
from callrec.telephone.sound.sound import Finding

_NAMED: Final = 50
"""Recordings that one error names."""


def missing_from_search(
    practice: Practice, actor: Actor, connection: Connection, opened: Sequence[OpenedRecording]
) -> list[int]:
    """Those of these recordings that a search for something that is sealed of them would miss."""
    versions = practice.register.versions(VaultKey.INDEX)
    keys = [vault_key(actor, VaultKey.INDEX, version) for version in versions]
    calls = [indexed_call(each) for each in opened]
    return calls_missed(connection, keys, practice.vault, calls)


def check_all_findable(missed: Collection[int]) -> None:
    """Check what `missing_from_search` found of all recordings that were opened."""
    if not missed:
        return
    named = ", ".join(map(str, sorted(missed)[:_NAMED]))
    more = f" and {len(missed) - _NAMED} more" if len(missed) > _NAMED else ""
    raise Tampered(
        f"a search would miss recordings that it should find: {named}{more}",
        hint="keep a copy of the vault, then write the index anew: "
        "callrec practice keys rotate --key index, and callrec practice keys rotate --reseal",
    )


def indexed_call(opened: OpenedRecording) -> IndexedCall:
    """What the index takes from a call as it is sealed."""
    named = parties_named_in(opened.fields)
    return IndexedCall(recording=opened.id, started_at=opened.started_at, **named._asdict())


CALLS_PER_QUERY: Final = 500
"""Candidates that are read with one query."""

DIRECTIONS: Final = {str(direction): direction for direction in Direction}
"""The directions that can be searched for, by the words of metadata."""


@dataclass(frozen=True, slots=True)
class ShownCall:
    """One recording as it is shown; number and parties may be masked."""

    id: int
    uid: str
    started_at: datetime
    """UTC."""
    local_time: str
    """ISO 8601 without an offset, as the telephone system wrote it."""
    time_confidence: str
    duration_s: float
    direction: str
    extension: str | None
    number: str | None
    """None if withheld, or not read."""
    parties: tuple[str, ...]
    format: str
    size_bytes: int
    state: str
    held: bool
    """Whether a hold covers it, so that it is not destroyed."""
    sha256: str
    """Of the original, in hex."""
    volumes: tuple[str, ...]
    """Labels of the volumes that have it, where the vault has not; but for those that are lost."""
    taken_in_at: datetime | None
    """UTC; None, as the next: nobody took it in."""
    taken_in_by: Role | None
    """What the person who took it in was to the practice then."""
    by_hand: bool
    """A person brought it in: it is not where the telephone system's own service found it."""
    matched: bool
    """The telephone system's own call records have this call."""
    findings: tuple[str, ...]
    """What to know of it: silent, truncated, unclosed, damaged, undecoded, misdated, unread."""
    is_unread: bool
    """Whether the outside end is known, but no number could be read from it."""

    @property
    def is_on_volumes_only(self) -> bool:
        """Whether the vault has let go of its file."""
        return self.state == RecordingState.ARCHIVED

    @classmethod
    def of(
        cls,
        opened: OpenedRecording,
        *,
        came_in: CameIn | None,
        masked: bool,
        held: bool,
        volumes: tuple[str, ...] = (),
    ) -> Self:
        """What is shown of an opened recording."""
        fields = opened.fields
        number, parties = fields["number"], fields["parties"]
        if masked:
            number = None if number is None else mask_number(number)
            parties = [mask_name(party) for party in parties]
        shown = {name: fields[name] for name in cls.__slots__ if name in fields} | {
            "id": opened.id,
            "started_at": opened.started_at,
            "duration_s": fields["duration_ms"] / 1000,
            "number": number,
            "is_unread": number is None and bool(outside_end(fields)),
            "parties": tuple(parties),
            "state": opened.state,
            "held": held,
            "volumes": volumes,
            "taken_in_at": came_in and came_in.at,
            "taken_in_by": came_in and came_in.role,
            "by_hand": is_by_hand(came_in),
            "matched": fields["record"] is not None,
            "findings": findings_of(opened, came_in),
        }
        return cls(**shown)


def findings_of(opened: OpenedRecording, came_in: CameIn | None) -> tuple[str, ...]:
    """What was found of a recording as it came in, but for what a later revision has settled."""
    settled = {Finding.UNREAD} if opened.fields["number"] is not None else set[Finding]()
    if came_in is not None and not is_misdated(opened.started_at, came_in.at):
        settled.add(Finding.MISDATED)
    return tuple(each for each in opened.fields["findings"] if each not in settled)


def find_calls_of(
    practice: Practice, actor: Actor, connection: Connection, criteria: Iterable[Criteria]
) -> list[OpenedRecording]:
    """Open each call that the index proposes, once; those that meet one of several criteria.

    The newest first. Its caller has written the leaf before.
    """
    versions = practice.register.versions(VaultKey.INDEX)
    keys = [vault_key(actor, VaultKey.INDEX, version) for version in versions]
    zone = practice.settings.time_zone
    proposed: dict[int, list[Criteria]] = {}
    for each in criteria:
        for number in candidates(connection, keys, practice.vault, each, zone):
            proposed.setdefault(number, []).append(each)
    opening, table, numbers = Opening(practice, actor, connection), tables.recording, [*proposed]
    found = []
    for start in range(0, len(numbers), CALLS_PER_QUERY):
        ids = numbers[start : start + CALLS_PER_QUERY]
        rows = connection.execute(select(table).where(table.c.id.in_(ids))).all()
        for row, opened in zip(rows, opening.each_metadata(rows), strict=True):
            check_clear_columns(row, opened.fields)
            call = call_facts(opened)
            if any(matches(each, call, zone) for each in proposed[row.id]):
                found.append(opened)
    return sorted(found, key=lambda opened: (opened.started_at, opened.id), reverse=True)


def call_facts(opened: OpenedRecording) -> CallFacts:
    """What a call is found by."""
    fields, named = opened.fields, parties_named_in(opened.fields)
    caller = fields["number"] or named.numbers or outside_end(fields)
    return CallFacts(
        number=fields["number"],
        extension=fields["extension"],
        parties=named.parties,
        further_numbers=named.numbers,
        further_extensions=named.extensions,
        is_withheld=not caller and may_be_withheld(fields),
        direction=DIRECTIONS.get(fields["direction"]),
        started_at=opened.started_at,
        duration_ms=fields["duration_ms"],
    )


def may_be_withheld(fields: Mapping[str, Any]) -> bool:
    """Whether somebody who is not shown called, or may have, where no way is known."""
    is_unshown = fields["caller"] is None and bool(fields["callee"] or fields["extension"])
    is_unknown = fields["direction"] not in DIRECTIONS and is_unshown
    return is_unknown or fields["direction"] == Direction.INBOUND


def outside_end(fields: Mapping[str, Any]) -> str | None:
    """The outside party's end as the system wrote it; None where it is not known which it is."""
    end = {"inbound": "caller", "outbound": "callee"}.get(fields["direction"])
    return end and fields.get(end)
