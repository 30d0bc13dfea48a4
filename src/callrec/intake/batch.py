"""Put a batch into the catalogue: one transaction, from which on its recordings are in the vault.

Each batch has two random keys. One, sealed to the recordings key, opens the data keys; the other,
sealed to the catalogue key, opens the metadata. The actor holds them while the batch lasts,
and can open none of it afterwards (docs/formats/recording.md, 1).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any, Final, Self

from sqlalchemy import Connection, func, select

from callrec.calls.custody import (
    SealedMetadata,
    encode_name,
    seal_data_key,
    seal_metadata,
    with_shown,
)
from callrec.calls.records import parties_named
from callrec.catalogue import tables
from callrec.catalogue.engine import insert_rows, update_row
from callrec.catalogue.index import IndexedCall, add_calls
from callrec.catalogue.tables import from_millis, to_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import format_instant, parse_instant, whole_milliseconds
from callrec.crypto.context import context
from callrec.crypto.statement import Statement
from callrec.dataclass import dataclass
from callrec.errors import Failed, Tampered
from callrec.holds.log import match_again
from callrec.intake.known import DuplicateMacs, Portion, write_macs
from callrec.intake.sealing import Seen, Taken
from callrec.policy.authority import check_may
from callrec.policy.retention import RecordingState
from callrec.policy.role import Power, VaultKey
from callrec.practice import Actor, Practice, register_now, signing, today, vault_key, writing
from callrec.record.statements import sign_statement_as
from callrec.telephone.call import Call
from callrec.telephone.recorder import word_members


@dataclass(frozen=True, slots=True, repr=False)
class BatchKeys:
    """A batch's id and its two keys, 32 bytes each. Its repr shows nothing."""

    batch: str
    recordings: bytes
    catalogue: bytes

    @classmethod
    def draw(cls) -> Self:
        keys = (primitives.random_bytes(primitives.KEY_BYTES) for _ in range(2))
        return cls(primitives.random_id(), *keys)


@dataclass(frozen=True, slots=True)
class _Revision:
    """One revision of a recording's metadata, sealed, as the statement lists it."""

    uid: str
    number: int
    ciphertext: str
    metadata: SealedMetadata

    def as_item(self) -> dict[str, Any]:
        return {
            "ciphertext": self.ciphertext,
            "metadata": self.metadata.commitment,
            "revision": self.number,
            "shown": self.metadata.shown,
            "uid": self.uid,
        }


_SECOND: Final = 2
"""Revision of what is newly known of a recording of which nothing was known but its source."""


def catalogue_batch(
    practice: Practice, actor: Actor, keys: BatchKeys, portion: Portion, duplicates: DuplicateMacs
) -> dict[str, int]:
    """Catalogue what is new of a portion, with its statement and its leaf: all of it, or nothing.

    Returns the number that each new recording got, by its uid.
    """
    vault, by = practice.vault, actor.person.id
    new = [_first_revision(vault, keys, same) for same in portion.new.values()]
    with writing(practice, actor.signer) as act:
        connection = act.connection
        register = register_now(practice, connection)
        check_may(register.person(by), Power.INGEST, on=today(practice))
        # A key was renewed because somebody should not open what is sealed from then on.
        if register.keys != practice.register.keys:
            raise Failed(
                "the vault's keys were renewed a moment ago, so nothing more was taken in",
                hint="run it again",
            )
        further = _further_revisions(connection, vault, keys, portion)
        items = [revision.as_item() for revision in (*new, *further.values())]
        fields = {"batch": keys.batch, "items": items}
        statement = sign_statement_as(practice, actor, "batch", fields)
        details = {
            "duplicates": portion.duplicates,
            "names": len(portion.named),
            "recorded": len(portion.recorded),
            "recordings": len(portion.new),
        }
        act.leaf("ingest", actor=by, subject=[keys.batch], details=details, statement=statement)
        connection.execute(tables.batch.insert().values(batch_row(practice, keys, statement)))
        numbers = _insert_recordings(connection, vault, keys, portion.recordings)
        revisions = {**{numbers[r.uid]: r for r in new}, **further}
        rows = [(n, r.number, keys.batch, r.metadata.sealed) for n, r in revisions.items()]
        insert_rows(connection, tables.metadata.insert(), rows)
        macs = {*portion.marks.items(), *_macs(duplicates, portion, numbers)}
        write_macs(connection, macs)
        _index(practice, actor, connection, portion, numbers)
        _update_columns(connection, portion)
        if portion.recorded:
            # As it was known before, or as it is known now.
            known = portion.recorded.values()
            starts = [min(r.row.started_at, to_millis(r.call.started_at)) for r in known]
            match_again(act, actor, earliest=min(starts))
    return numbers


def write_marks(practice: Practice, actor: Actor, marks: Mapping[bytes, int]) -> None:
    """Let the catalogue know sources that stand where they were read, with a leaf that says so."""
    with signing(practice, actor) as act:
        write_macs(act.connection, marks.items())
        act.leaf("ingest.marked", actor=actor.person.id, details={"sources": len(marks)})


def seal_metadata_of(vault: str, keys: BatchKeys, taken: Taken) -> None:
    """Seal what is catalogued of it already, as it will be if it is the only one of its sound.

    What follows from it alone can be done where it is sealed: that takes no catalogue.
    """
    taken.metadata = _first_metadata(vault, keys, [taken])
    taken.sealed_key = _sealed_key(vault, keys, taken)


def _first_revision(vault: str, keys: BatchKeys, same: list[Taken]) -> _Revision:
    """The first revision of a recording; ``same`` are all the sources that have its sound."""
    taken = same[0]
    metadata = (taken.metadata if len(same) == 1 else None) or _first_metadata(vault, keys, same)
    return _Revision(taken.uid, 1, taken.sealed.sha256_ciphertext, metadata)


def _first_metadata(vault: str, keys: BatchKeys, same: list[Taken]) -> SealedMetadata:
    words = word_members(word for taken in same for word in taken.words)
    said = {"words": words} if words else {}
    fields = with_shown({**_fields(same[0]), **said, "provenance": _provenance(same)}, 1)
    return seal_metadata(fields, key=keys.catalogue, vault=vault, uid=same[0].uid, revision=1)


def _sealed_key(vault: str, keys: BatchKeys, taken: Taken) -> bytes:
    return seal_data_key(vault, keys.batch, keys.recordings, uid=taken.uid, data_key=taken.data_key)


def _further_revisions(
    connection: Connection, vault: str, keys: BatchKeys, portion: Portion
) -> dict[int, _Revision]:
    """Of recordings already held, by number: names, and what these or call records tell."""
    further: dict[int, _Revision] = {}
    recording, metadata = tables.recording.c, tables.metadata.c
    for number in sorted(portion.named.keys() | portion.recorded.keys()):
        record = portion.recorded[number].fields if number in portion.recorded else {}
        query = select(recording.uid, recording.ciphertext).where(recording.id == number)
        uid, ciphertext = connection.execute(query).one()
        newest = select(func.max(metadata.revision)).where(metadata.recording == number)
        latest = connection.execute(newest).scalar()
        if latest is None:
            raise Tampered(f"the metadata of recording {number} is missing")
        provenance = _provenance(portion.named.get(number, ()))
        revision = latest + 1
        fields = with_shown({**record, "provenance": provenance, "uid": uid}, revision)
        sealed = seal_metadata(fields, key=keys.catalogue, vault=vault, uid=uid, revision=revision)
        further[number] = _Revision(uid, revision, ciphertext, sealed)
    return further


def _fields(taken: Taken) -> dict[str, Any]:
    sound, sealed = taken.sound, taken.sealed
    return taken.call.as_members() | {
        "channels": sound.channels,
        "ciphertext": sealed.sha256_ciphertext,
        "codec": sound.codec,
        "duration_ms": sound.duration_ms,
        "findings": sorted(sound.findings),
        "format": sound.format,
        "record": taken.record,
        "sample_rate": sound.sample_rate,
        "sha256": sealed.sha256_original,
        "size_bytes": sealed.size_bytes,
        "uid": taken.uid,
    }


def _provenance(same: Iterable[Seen]) -> list[dict[str, Any]]:
    by_name = {os.fsencode(seen.source.path): seen for seen in same}
    return [
        {
            "modified_at": format_instant(seen.modified_at),
            "modified_ns": str(seen.mark.modified_ns),
            "name": encode_name(name),
        }
        for name, seen in by_name.items()
    ]


def batch_row(practice: Practice, keys: BatchKeys, statement: Statement) -> dict[str, Any]:
    """The row of a batch, its keys sealed to the newest vault keys."""
    row: dict[str, Any] = {"id": keys.batch, "statement": statement.digest}
    for side, secret in (
        (VaultKey.RECORDINGS, keys.recordings),
        (VaultKey.CATALOGUE, keys.catalogue),
    ):
        newest = practice.register.newest(side)
        info = context("batch", practice.vault, batch=keys.batch, key=side, version=newest.version)
        row[f"{side}_version"] = newest.version
        row[f"{side}_key"] = primitives.hpke_seal(newest.public, secret, info)
    return row


def _insert_recordings(
    connection: Connection, vault: str, keys: BatchKeys, recordings: list[Taken]
) -> dict[str, int]:
    """Their rows; returns the number that each uid got."""
    if not recordings:
        return {}
    rows = [_recording_row(vault, keys, taken) for taken in recordings]
    table = tables.recording  # in which nobody else writes meanwhile
    newest = connection.execute(select(func.max(table.c.id))).scalar() or 0
    numbered = [(newest + n, *row.values()) for n, row in enumerate(rows, 1)]
    insert_rows(connection, table.insert(), numbered, columns=["id", *rows[0]])
    return {row["uid"]: newest + n for n, row in enumerate(rows, 1)}


def _recording_row(vault: str, keys: BatchKeys, taken: Taken) -> dict[str, Any]:
    """In the order of the table's columns."""
    return {
        "uid": taken.uid,
        "batch": keys.batch,
        "data_key": taken.sealed_key or _sealed_key(vault, keys, taken),
        "ciphertext": taken.sealed.sha256_ciphertext,
        # As the text is that is sealed, since the two are compared.
        "started_at": to_millis(whole_milliseconds(taken.call.started_at)),
        "duration_ms": taken.sound.duration_ms,
        "direction": str(taken.call.direction),
        "size_bytes": taken.sealed.size_bytes,
        "format": taken.sound.format,
        "state": str(RecordingState.LIVE),
    }


def _macs(
    duplicates: DuplicateMacs, portion: Portion, numbers: Mapping[str, int]
) -> Iterator[tuple[bytes, int]]:
    told = portion.told
    for same in portion.new.values():
        for taken in same:
            # As its source tells it, and as its call record does.
            calls = {id(call): call for call in (told.get(taken.source, taken.call), taken.call)}
            macs = duplicates.to_write(taken, calls.values(), is_new=True)
            yield from zip(macs, repeat(numbers[same[0].uid]))
    for number, seen in portion.named.items():
        for each in seen:
            calls_told = [told[each.source]] if each.source in told else []
            yield from zip(duplicates.to_write(each, calls_told, is_new=False), repeat(number))
    by_uid = {**numbers, **{each.row.uid: n for n, each in portion.recorded.items()}}
    yield from ((duplicates.record(uid)[0], by_uid[uid]) for uid in portion.joined)


def _index(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    portion: Portion,
    numbers: Mapping[str, int],
) -> None:
    newest = practice.register.newest(VaultKey.INDEX).version
    key = vault_key(actor, VaultKey.INDEX, newest)
    calls = [_indexed(numbers[t.uid], t.call, {"record": t.record}) for t in portion.recordings]
    add_calls(connection, key, practice.vault, calls)
    if not portion.recorded:
        return
    recorded = portion.recorded.items()
    known = [_indexed(n, each.call, each.fields) for n, each in recorded]
    before = {n: from_millis(each.row.started_at) for n, each in recorded}
    metadata = tables.metadata.c
    told_once = select(metadata.recording).where(metadata.recording.in_(before))
    told_once = told_once.group_by(metadata.recording).having(
        func.max(metadata.revision) == _SECOND
    )
    anew = connection.execute(told_once).scalars().all()
    add_calls(connection, key, practice.vault, known, before=before, anew=anew)


def _indexed(recording: int, call: Call, fields: Mapping[str, Any]) -> IndexedCall:
    named = parties_named(call.numbers, call.extension, call.parties, fields)
    return IndexedCall(recording=recording, started_at=call.started_at, **named._asdict())


def _update_columns(connection: Connection, portion: Portion) -> None:
    """Let the clear columns say what is sealed now."""
    for number, each in portion.recorded.items():
        values: dict[str, Any] = {}
        if "direction" in each.fields:
            values["direction"] = each.call.direction
        if "started_at" in each.fields:
            values["started_at"] = to_millis(parse_instant(each.fields["started_at"]))
        if values:
            update_row(connection, tables.recording, number, **values)
