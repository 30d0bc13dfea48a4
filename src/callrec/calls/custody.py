"""Open what is sealed of a recording, and check who sealed it.

Whatever lies under a batch key could have been put there by anybody who can write the database, so
it counts only if the ``batch`` statement of a person allowed to ingest lists it, and a leaf carries
that statement (docs/formats/keys.md, 3; docs/formats/recording.md).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import repeat
from operator import attrgetter, itemgetter
from types import NoneType
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import Connection, Row, func, select

from callrec.catalogue import tables
from callrec.catalogue.destruction import count_destroyed, stub_of
from callrec.catalogue.tables import to_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, encode, parse, parse_instant
from callrec.crypto.context import context
from callrec.crypto.statement import entries_in
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Tampered
from callrec.policy.retention import RecordingState
from callrec.policy.role import Power, VaultKey
from callrec.practice import Actor, Practice, check_unchanged, vault_key
from callrec.record.statements import attested_statement, first_of_restated, first_stated, listed_in
from callrec.telephone.call import (
    CALL_FIELDS,
    HOUR_MEMBERS,
    TIME_MEMBERS,
    Direction,
    System,
    TimeConfidence,
)
from callrec.telephone.recorder import is_word

NONCE_BYTES = 32

PADDED_TO = 256
"""Metadata are sealed at multiples of this, in bytes, or their length would tell that of a name."""

REENCRYPTED: Final = "reencrypted"
"""The kind of statement that says which sealed file replaced which (`reencrypting`)."""

POWER_TO_STATE: Final[Mapping[str, Power]] = {"batch": Power.INGEST, REENCRYPTED: Power.GOVERN}
"""What kinds of statement a batch may have, and the power that each takes."""

_RESEALED: Final = frozenset({"ciphertext", "provenance", "uid"})
"""All that a revision may say that came with a recording's re-encryption."""

COPIED_COLUMNS = ("direction", "duration_ms", "format", "size_bytes")
"""Clear columns whose copy in the metadata has the same name and form; the start is the fifth."""

_CLEAR: Final = attrgetter("uid", "ciphertext", *COPIED_COLUMNS)
_COPY: Final = itemgetter("uid", "ciphertext", *COPIED_COLUMNS)

_TEXTS: Final = ("findings", "parties", "sides")

_WORDS: Final[Mapping[str, frozenset[StrEnum]]] = {
    "direction": frozenset(Direction),
    "system": frozenset(System),
    "time_confidence": frozenset(TimeConfidence),
}

_ALWAYS_KNOWN: Final = ("ciphertext", "format", "sha256", "uid")

_OF_ITS_TIME: Final = ("started_at", "local_time", "raw_time")

_FORM: Final[Mapping[str, tuple[type, ...]]] = {
    **dict.fromkeys(CALL_FIELDS, (str, NoneType)),  # but for those that follow
    **dict.fromkeys((*_WORDS, *_OF_ITS_TIME, *_ALWAYS_KNOWN), (str,)),
    **dict.fromkeys(("provenance", "shown", *_TEXTS), (list,)),
    **dict.fromkeys(("duration_ms", "size_bytes"), (int,)),
    "record": (dict, NoneType),
    "said": (dict,),
    "utc_offset_minutes": (int, NoneType),
}
"""What metadata has to hold: anybody could seal something else to the catalogue key."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class OpenedRecording:
    """A recording as its sealed metadata says it is."""

    id: int
    uid: str
    ciphertext: str
    """SHA-256 of the sealed file, in hex: its name in the store."""
    state: str
    fields: Mapping[str, Any]
    """The metadata, with the provenance of all revisions (docs/formats/recording.md)."""
    started_at: datetime
    """When the call began, as the metadata says; aware, UTC."""
    revision: int
    """The newest of the metadata."""


class _Listed(NamedTuple):
    """One revision of a recording, as the statement of its batch lists it."""

    before: str
    """SHA-256 of the sealed file that it follows on; of the first, its own."""
    ciphertext: str
    """SHA-256 of the sealed file that it leaves."""
    metadata: str
    """The commitment to what it says."""
    shown: str
    """The commitment to what may be shown of it; empty: nothing may, it is no revision of intake's.
    """
    is_reencryption: bool
    statement: str
    """Digest of the statement that lists it so; empty where it does not list it as intake does."""


class _Revision(NamedTuple):
    """One revision of a recording's metadata, opened."""

    batch: str
    plaintext: bytes
    """nonce[32] || canonical JSON."""
    fields: Mapping[str, Any]

    @property
    def commitment(self) -> str:
        return commitment(self.plaintext[:NONCE_BYTES], self.plaintext[NONCE_BYTES:])


@dataclass(frozen=True, slots=True)
class SealedMetadata:
    """Metadata under a batch's catalogue-side key, and what the batch statement says of it."""

    sealed: bytes
    commitment: str
    """SHA-256("metadata" || nonce[32] || metadata) in hex."""
    shown: str
    """Of what may be shown of this revision, as the statement commits to it; empty: nothing."""


_SHOWN: Final = ("sha256", "started_at", "system", "time_confidence", "words")


def shown_of(fields: Mapping[str, Any], revision: int, nonce: str) -> dict[str, Any]:
    """What may be shown of one revision to who gets a copy of the recording.

    The batch statement commits to it by itself, so that a release proves what came in, and when the
    call was said to begin, without telling the rest (docs/formats/recording.md, 1).
    """
    told = {name: fields[name] for name in _SHOWN if name in fields}
    matched = fields.get("record") is not None
    return {**told, "matched": matched, "nonce": nonce, "revision": revision}


def with_shown(fields: Mapping[str, Any], revision: int) -> dict[str, Any]:
    """A revision as it is sealed: with what may be shown of it, under a nonce of its own."""
    nonce = primitives.random_bytes(NONCE_BYTES).hex()
    return {**fields, "shown": [shown_of(fields, revision, nonce)]}


def shown_commitment(fields: Mapping[str, Any]) -> str:
    """SHA-256 of canonical JSON of what may be shown of a revision, in hex; empty: nothing may."""
    # What is not in its form, `seal_metadata` does not seal, and `parse` does not read.
    return "".join(primitives.sha256(encode(each)).hex() for each in fields.get("shown", ())[:1])


def seal_metadata(
    fields: Mapping[str, Any], *, key: bytes, vault: str, uid: str, revision: int
) -> SealedMetadata:
    """Seal one revision of a recording's metadata."""
    nonce, body = primitives.random_bytes(NONCE_BYTES), canonical(dict(fields))
    info = context("metadata", vault, uid=uid, revision=revision)
    sealed = primitives.seal(key, nonce + body + bytes(-len(body) % PADDED_TO), info)
    return SealedMetadata(sealed, commitment(nonce, body), shown_commitment(fields))


def seal_data_key(vault: str, batch: str, batch_key: bytes, *, uid: str, data_key: bytes) -> bytes:
    """A recording's data key under the recordings-side key of its batch."""
    info = context("data-key", vault, batch=batch, uid=uid)
    return primitives.seal(batch_key, data_key, info)


def open_data_key(row: Row[Any], vault: str, batch_key: bytes) -> bytes:
    """The data key of a recording's row, which has one.

    Raises:
        Tampered: it does not open.
    """
    info = context("data-key", vault, batch=row.batch, uid=row.uid)
    return primitives.open_sealed(batch_key, row.data_key, info)


def open_batch_key(row: Row[Any], vault: str, side: VaultKey, secret: bytes) -> bytes:
    """One key of a batch's row, with the version of the vault's key that it names.

    Raises:
        Tampered: it does not open.
    """
    sealed, version = getattr(row, f"{side}_key"), getattr(row, f"{side}_version")
    info = context("batch", vault, batch=row.id, key=side, version=version)
    return primitives.hpke_open(secret, sealed, info)


def commitment(nonce: bytes, metadata: bytes) -> str:
    """SHA-256("metadata" || nonce[32] || metadata) in hex."""
    return primitives.sha256(b"metadata", nonce, metadata).hex()


def find_recording(connection: Connection, number: int) -> Row[Any]:
    """The row of a recording by its number."""
    query = select(tables.recording).where(tables.recording.c.id == number)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(f"there is no recording {number}", hint="callrec search shows the numbers")
    if row.state == RecordingState.DESTROYED:
        raise NotFound(
            f"recording {number} was destroyed under certificate {stub_of(connection, number)}",
            hint="the certificate says under which request, and when",
        )
    return row


def count_recordings(connection: Connection) -> int:
    """How many recordings the vault holds."""
    every = select(func.count()).select_from(tables.recording)
    return connection.execute(every).scalar_one() - count_destroyed(connection)


class Opening:
    """Opens recordings for one person within one command; each batch key is opened once."""

    def __init__(self, practice: Practice, actor: Actor, connection: Connection) -> None:
        self._practice = practice
        self._actor = actor
        self._connection = connection
        self._batches: dict[str, Row[Any]] = {}
        self._first: dict[str, Mapping[tuple[str, int], str]] = {}
        self._restated: Mapping[tuple[str, int], str] | None = None
        self._keys = lru_cache(maxsize=None)(self._open_key)
        self._statements = lru_cache(maxsize=64)(self._read_statement)

    def metadata(self, row: Row[Any]) -> OpenedRecording:
        """What the metadata says, unchecked but for its seal: enough to filter a search."""
        return next(self.each_metadata([row]))

    def each_metadata(self, rows: Sequence[Row[Any]]) -> Iterator[OpenedRecording]:
        """`metadata` of each row in turn; all of it is read at once."""
        for row, revisions in self._revisions(rows):
            yield _with_revisions(row, revisions)

    def sound_metadata(self, rows: Iterable[Row[Any]]) -> list[OpenedRecording]:
        """`metadata` of those rows whose metadata opens."""
        opened = []
        for row in rows:
            with suppress(Tampered):
                opened.append(self.metadata(row))
        return opened

    def checked(self, row: Row[Any]) -> OpenedRecording:
        """What the metadata says, checked in every respect against its batch statements."""
        return next(self.each_checked([row]))

    def each_checked(self, rows: Sequence[Row[Any]]) -> Iterator[OpenedRecording]:
        """`checked` of each row in turn; all of it is read at once."""
        self.look_up(rows)
        for row, revisions in self._revisions(rows):
            opened = _with_revisions(row, revisions)
            self._check_listed(row, revisions)
            check_clear_columns(row, opened.fields)
            yield opened

    def look_up(self, rows: Iterable[Row[Any]]) -> None:
        """Read at once what each statement lists of these, where they are `checked` one by one.

        It takes a reading of all such statements, however many recordings are asked for.
        """
        uids = {row.uid for row in rows} - self._first.keys()
        if uids and self._restated is None:
            first = first_stated(self._connection, uids, POWER_TO_STATE.keys())
            self._first |= dict.fromkeys(uids, first)

    def look_up_all(self) -> None:
        """`look_up` of every recording, of which none is held: for what goes through them all."""
        self._restated = first_of_restated(self._connection, POWER_TO_STATE.keys())

    def _is_first(self, uid: str, revision: int, listed: _Listed) -> bool:
        """Whether no earlier statement lists that revision."""
        if self._restated is None:
            first = self._first[uid].get((uid, revision))
        else:
            first = self._restated.get((uid, revision), listed.statement)
        return bool(listed.statement) and listed.statement == first

    def data_key(self, row: Row[Any]) -> bytes:
        """The recording's data key; takes the recordings key."""
        if row.data_key is None:
            raise Tampered(f"recording {row.id} has lost its key, and was not erased")
        batch_key = self._keys(row.batch, VaultKey.RECORDINGS)
        return open_data_key(row, self._practice.vault, batch_key)

    def is_replaced_file(self, row: Row[Any], name: str) -> bool:
        """Whether this sealed file was the recording's, and was replaced as it should be."""
        table, statement = tables.metadata, tables.statement
        batches = self._connection.execute(
            select(table.c.batch, table.c.revision)
            .join(tables.batch, tables.batch.c.id == table.c.batch)
            .join(statement, statement.c.digest == tables.batch.c.statement)
            .where(table.c.recording == row.id, statement.c.kind == REENCRYPTED)
            .order_by(table.c.revision)
        )
        for batch, revision in batches:
            listed = self._listed(row, batch, revision)
            if listed is not None and listed.before == name:
                name = listed.ciphertext
        return bool(name == row.ciphertext)

    def _check_listed(self, row: Row[Any], revisions: Sequence[_Revision]) -> None:
        """Each revision is listed, first there, and each sealed file replaced the one before it."""
        name = None
        for number, revision in enumerate(revisions, 1):
            listed = self._listed(row, revision.batch, number)
            if (
                listed is None
                or listed.metadata != revision.commitment
                or listed.shown != shown_commitment(revision.fields)
                or listed.is_reencryption == _is_shown(revision.fields, number)
                or listed.before != (name or listed.ciphertext)
                # A re-encryption is of what is there, and says no more.
                or (listed.is_reencryption and (number == 1 or revision.fields.keys() - _RESEALED))
            ):
                raise Tampered(f"recording {row.id} is not as it was sealed")
            if not self._is_first(row.uid, number, listed):
                raise Tampered(f"recording {row.id} was stated once more, as something else")
            name = listed.ciphertext
        if name != row.ciphertext:
            raise Tampered(f"recording {row.id} is not as it was sealed")
        if (row.uid, len(revisions) + 1) in self._first.get(row.uid, ()):
            raise Tampered(f"what was stated of recording {row.id} later is missing")

    def _revisions(
        self, rows: Sequence[Row[Any]]
    ) -> Iterator[tuple[Row[Any], Sequence[_Revision]]]:
        """Each recording with all revisions of its metadata, oldest first; never none."""
        sealed: dict[int, list[Row[Any]]] = {}
        table = tables.metadata
        query = (
            select(table)
            .where(table.c.recording.in_([row.id for row in rows]))
            .order_by(table.c.recording, table.c.revision)
        )
        for revision in self._connection.execute(query).all():
            sealed.setdefault(revision.recording, []).append(revision)
        self._read_batches({r.batch for revisions in sealed.values() for r in revisions})
        for row in rows:
            if row.id not in sealed:
                raise Tampered(f"the metadata of recording {row.id} is missing")
            yield row, [self._opened(row, each) for each in sealed[row.id]]

    def _read_batches(self, ids: set[str]) -> None:
        batch, missing = tables.batch, ids - self._batches.keys()
        if missing:
            rows = self._connection.execute(select(batch).where(batch.c.id.in_(missing)))
            self._batches |= {row.id: row for row in rows}

    def _listed(self, row: Row[Any], batch: str, revision: int) -> _Listed | None:
        """A revision as its batch's statement lists it; None if it does not."""
        try:
            return self._statements(batch).get((row.uid, revision))
        except Tampered as error:
            what = f"recording {row.id} is vouched for by nobody: {error.message}"
            raise Tampered(what) from error

    def _opened(self, row: Row[Any], sealed: Row[Any]) -> _Revision:
        """What one revision says."""
        info = context("metadata", self._practice.vault, uid=row.uid, revision=sealed.revision)
        try:
            key = self._keys(sealed.batch, VaultKey.CATALOGUE)
            # JSON ends in no zero byte. What was sealed before it was padded has none to take off.
            plaintext = primitives.open_sealed(key, sealed.sealed, info).rstrip(b"\0")
            fields = parse(plaintext[NONCE_BYTES:])
        except Tampered as error:
            raise Tampered(f"the metadata of recording {row.id} does not open") from error
        if not _is_in_form(fields):
            raise Tampered(f"the metadata of recording {row.id} is not in its form")
        return _Revision(sealed.batch, plaintext, fields)

    def _open_key(self, batch: str, side: VaultKey) -> bytes:
        self._read_batches({batch})
        row = self._batches.get(batch)
        if row is None:
            raise Tampered("a recording's batch is missing")
        version = getattr(row, f"{side}_version")
        if version not in self._practice.register.versions(side):
            check_unchanged(self._practice, self._connection)
            raise Tampered("a batch names a key that nobody made")
        secret = vault_key(self._actor, side, version)
        return open_batch_key(row, self._practice.vault, side, secret)

    def _read_statement(self, batch: str) -> Mapping[tuple[str, int], _Listed]:
        column = tables.statement
        row = self._connection.execute(
            select(column.c.digest, column.c.kind)
            .join(tables.batch, tables.batch.c.statement == column.c.digest)
            .where(tables.batch.c.id == batch)
        ).first()
        if row is None or row.kind not in POWER_TO_STATE:
            raise Tampered("a batch has no statement")
        may = POWER_TO_STATE[row.kind]
        statement = attested_statement(self._practice, self._connection, row.digest, may=may)
        if statement.kind != row.kind or statement.fields.get("batch") != batch:
            raise Tampered("a batch's statement is another's")
        anew = statement.kind == REENCRYPTED
        before = "was" if anew else "ciphertext"
        members = ("uid", "revision", before, "ciphertext", "metadata")
        entries = entries_in(statement.fields, "items", *members, *([] if anew else ["shown"]))
        digest = dict.fromkeys(listed_in(statement.body), row.digest)
        listed = {
            (uid, revision): _Listed(
                *(was, ciphertext, metadata, "".join(shown), anew), digest.get((uid, revision), "")
            )
            for uid, revision, was, ciphertext, metadata, *shown in entries
        }
        if len(listed) != len(entries):
            raise Tampered("a batch's statement lists a recording twice")
        return listed


def _with_revisions(row: Row[Any], revisions: Sequence[_Revision]) -> OpenedRecording:
    """The first revision with the later ones laid over it, the provenance of all together."""
    fields = dict(revisions[0].fields)
    if not _FORM.keys() <= fields.keys():
        raise Tampered(f"the metadata of recording {row.id} says too little")
    try:
        for revision in revisions[1:]:
            fields = apply_revision(fields, revision.fields)
    except Tampered as error:
        raise Tampered(f"the metadata of recording {row.id}: {error.message}") from error
    began, newest = parse_instant(fields["started_at"]), len(revisions)
    return OpenedRecording(row.id, row.uid, row.ciphertext, row.state, fields, began, newest)


def _is_shown(said: Mapping[str, Any], revision: int) -> bool:
    """Whether what may be shown of a revision is what it says."""
    match said.get("shown"):
        case [{"nonce": str(nonce)} as shown]:
            return bool(shown == shown_of(said, revision, nonce))
        case _:
            return False


def _is_in_form(fields: object) -> bool:
    """Whether one revision is an object whose known members are as intake writes them."""
    return (
        isinstance(fields, dict)
        and all(map(isinstance, fields.values(), map(_FORM.get, fields, repeat(object))))
        and all(isinstance(each, str) for name in _TEXTS for each in fields.get(name, ()))
        and all(map(_is_source, fields.get("provenance", ())))
        and isinstance(words := fields.get("words", []), list)
        and all(map(is_word, words))
        and all(fields[name] in words for name, words in _WORDS.items() if name in fields)
        and ("sha256" not in fields or bool(_SHA256.fullmatch(fields["sha256"])))
    )


def _is_source(source: object) -> bool:
    """Whether this names a file that a recording came in as."""
    match source:
        case {"name": str() | {"base64url": str()} as name}:
            with suppress(ValueError):
                return bool(decode_name(name))
        case _:
            pass
    return False


def is_complete_metadata(fields: object) -> bool:
    """Whether these are metadata in their form, and nothing is wanting."""
    return _is_in_form(fields) and _FORM.keys() <= cast("dict[str, Any]", fields).keys()


def check_clear_columns(row: Row[Any], fields: Mapping[str, Any]) -> None:
    """Check the clear columns against their sealed copy."""
    began = to_millis(parse_instant(fields["started_at"]))
    if _CLEAR(row) != _COPY(fields) or row.started_at != began:
        raise Tampered(f"a column of recording {row.id} is not what was sealed with it")


def encode_name(name: bytes) -> str | dict[str, str]:
    """A name from outside, byte for byte: text where it is UTF-8, base64url where it is not."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return {"base64url": base64.urlsafe_b64encode(name).decode()}


def decode_name(name: str | Mapping[str, str]) -> bytes:
    """The bytes of a name that `encode_name` wrote."""
    return name.encode() if isinstance(name, str) else base64.urlsafe_b64decode(name["base64url"])


def replaced_files(connection: Connection) -> frozenset[tuple[str, str]]:
    """Every sealed file that was ever replaced: uid of its recording, and its name."""
    statement = tables.statement.c
    bodies = connection.execute(
        select(statement.body).where(statement.kind == REENCRYPTED)
    ).scalars()
    return frozenset(
        (uid, was) for body in bodies for uid, was in entries_in(parse(body), "items", "uid", "was")
    )


_ADDED: Final = frozenset({"parties", "provenance", "shown"})

_HELD_AGAINST_THE_ROW: Final = frozenset({"ciphertext"})
"""The file that it leaves: only a re-encryption changes it, and the newest is the row's."""

_FILLED: Final = (frozenset(CALL_FIELDS) - TIME_MEMBERS - _ADDED) | {"record"}

_CONFIDENCES_OPEN: Final = (TimeConfidence.LOCAL_AMBIGUOUS, TimeConfidence.NONEXISTENT)


def apply_revision(known: Mapping[str, Any], revision: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a recording with a further revision (docs/formats/recording.md, 3).

    What joined it to a call record may not have been able to read what was known, so what such a
    revision says otherwise of the call is passed over.

    Law: what was known stands, but for a time that was not, or an hour that is proven.
    """
    otherwise = {name for name in revision if not _may_change(known, revision, name)}
    if not otherwise <= (_FILLED | TIME_MEMBERS if "record" in revision else set()):
        raise Tampered("a later revision says otherwise what was known")
    new = {name: value for name, value in revision.items() if name not in otherwise}
    parties = dict.fromkeys((*known["parties"], *revision.get("parties", ())))
    lists = {name: [*known[name], *revision.get(name, ())] for name in ("provenance", "shown")}
    return {**known, **new, "parties": [*parties], **lists}


def _may_change(known: Mapping[str, Any], revision: Mapping[str, Any], name: str) -> bool:
    was = known.get(name)
    if revision[name] == was or name in _ADDED | _HELD_AGAINST_THE_ROW | _settled(known, revision):
        return True
    if name == "contradiction":
        return was is None or str(revision[name]).startswith(str(was))
    return name in _FILLED and was in (None, Direction.UNKNOWN)


def _settled(known: Mapping[str, Any], revision: Mapping[str, Any]) -> frozenset[str]:
    """Which members of the time are not known yet."""
    if known["time_confidence"] == TimeConfidence.FILE_TIME:
        return TIME_MEMBERS
    if known["time_confidence"] not in _CONFIDENCES_OPEN:
        return frozenset()
    started_at = parse_instant(revision.get("started_at", known["started_at"]))
    moved = abs(started_at - parse_instant(known["started_at"]))
    by_hours = moved < timedelta(days=1) and not moved % timedelta(hours=1)
    return HOUR_MEMBERS if by_hours else frozenset()
