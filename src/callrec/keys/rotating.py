"""New vault keys; everything sealed to the old moved to the new, both indexes too.

From then on everything is sealed to the new versions, also by commands that had begun; what was
sealed before stays under the old ones until `reseal` moves it (docs/formats/keys.md, 5). An old
version is never dropped: a copy of the catalogue is read by it.

Resealing goes in small transactions, so that others can work meanwhile and that it can be cut off
anywhere: each row is under the one version or the other, and the next run goes on with those that
are left. What is sealed is HPKE to the key's public half: with the key it can be sealed again to
another version, and nothing else about it changes.

The rows of the index and of duplicate MACs do not name the version that they were written under,
and look-ups try every version. So reindexing begins with the first recording. A catalogue that
lacks the MAC that is remembered is an older copy, or is under another key by now, and everything is
done again. That changes nothing. What an erased recording left behind stays under the old version,
as nothing is left that its MAC could be made from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, select, tuple_

from callrec.audit.log import LogTransaction, read_register
from callrec.audit.remembered import write_json_atomically
from callrec.calls.custody import OpenedRecording, Opening
from callrec.calls.find import indexed_call
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.index import drop_misplaced_tokens, replace_calls
from callrec.catalogue.written import made_anew
from callrec.complaints.log import COMPLAINTS
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.dataclass import dataclass, field, replace
from callrec.errors import Failed, Tampered
from callrec.incidents.log import INCIDENTS
from callrec.intake.known import DuplicateMacs, write_macs
from callrec.login.locks import Share, holders, new_version, shares_given
from callrec.login.together import opened_by_two
from callrec.notes.log import NOTES
from callrec.people.vouching import ShareFaultKind, governing, log_shares, renew_keys, share_faults
from callrec.policy.authority import check_may_vouch
from callrec.policy.rights.subject import SubjectState
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice, attempt, record, signing, today, vault_key, writing
from callrec.record.acts import check_whole_catalogue
from callrec.record.forms import Hex, as_json, recall
from callrec.record.versions import Versioned
from callrec.requests.history import REQUESTS
from callrec.subjects.log import SUBJECTS
from callrec.subjects.register import reindex_subjects

KEYS_MADE: Final = "keys.made"
RESEALING: Final = "keys.resealing"
MOVED: Final = "keys.moved"

ROWS_PER_STEP = 200
"""Rows in one transaction: a fraction of a second for everybody else."""

RECORDINGS_PER_STEP = 500
"""Recordings whose index is written in one transaction."""

_MEMORY: Final = "reindexed.json"

_CALLS: Final = "calls in the index"

_PEOPLE: Final = "people in the index"

_IS_CALL: Final = tables.recording.c.data_key.is_not(None)

_IS_PERSON: Final = tables.subject.c.state != SubjectState.ERASED
"""Of rows: nobody erased what they tell of."""

Place: TypeAlias = tuple[Any, ...]
"""The primary key of a row."""


def rotate_keys(
    practice: Practice, actor: Actor, keys: Collection[VaultKey], *, second: Actor | None = None
) -> Mapping[VaultKey, int]:
    """Begin a new version of vault keys; every share that is not as it should be is put right.

    Returns the new versions.

    Raises:
        Refused: the actor does not govern in their own right, or it takes a ``second`` person.
        Locked: a share is missing that the actor cannot make without the key.
        Failed: people or keys were changed meanwhile; then nothing was done.
    """
    with attempt(practice, actor, KEYS_MADE):
        check_may_vouch(actor.person)
    if VaultKey.RECORDINGS in keys:
        actor = opened_by_two(practice, actor, second, KEYS_MADE)
    fresh, held = new_version(practice.register, keys), holders(practice.register, today(practice))
    with governing(practice, actor) as act:
        _put_right(practice, act, actor)
        renew_keys(practice, act, actor, fresh, held)
    return dict(fresh.keys())


def _put_right(practice: Practice, act: LogTransaction, actor: Actor) -> None:
    """Delete shares that are nobody's, and give those that are lacking."""
    register, share, on = practice.register, tables.share.c, today(practice)
    nobodys = {ShareFaultKind.FORGED, ShareFaultKind.UNSTATED, ShareFaultKind.ONE_TOO_MANY}
    for fault in share_faults(act.connection, register, on):
        if fault.what in nobodys:
            is_it = (share.key == fault.key) & (share.version == fault.version)
            is_it &= share.person == fault.person
            act.connection.execute(tables.share.delete().where(is_it))
    held, lacking = holders(register, on), dict[tuple[VaultKey, int, str], Share]()
    for fault in share_faults(act.connection, register, on):
        place = (fault.key, fault.version)
        is_given = (*place, fault.person) in lacking  # with what another lacked, to all in parts
        if fault.what is ShareFaultKind.LACKING and not is_given:
            secret, kem = {place: vault_key(actor, *place)}, register.public_keys(fault.person).kem
            shares = shares_given(register, secret, held, to=fault.person, kem=kem)
            lacking |= {(share.key, share.version, share.to): share for share in shares}
    if lacking:
        log_shares(practice, act, actor, [*lacking.values()])
    made_anew(act.connection, tables.share.name)


@dataclass(slots=True)
class Resealed:
    """What a run did; rows by what they are."""

    moved: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    """What does not open, and was left as it is."""


def count_to_reseal(practice: Practice, keys: Collection[VaultKey]) -> int:
    """How many rows a run would look at; opens nothing."""
    with reading(practice.engine) as connection:
        return _to_reseal(practice, connection, keys).total()


def left_to_reseal(practice: Practice, keys: Collection[VaultKey]) -> Counter[str]:
    """What a run would look at, of all there is: rows by what they are. Opens nothing.

    Raises:
        Tampered: a row is missing, was added or is not as it was signed for: nobody can tell.
        Failed: people or keys were changed meanwhile.
    """
    with reading(practice.engine) as connection:
        check_whole_catalogue(practice, connection)
        return _to_reseal(practice, connection, keys)


def _to_reseal(
    practice: Practice, connection: Connection, keys: Collection[VaultKey]
) -> Counter[str]:
    found = Counter[str]()
    for each in SEALED_COLUMNS:
        if each.key in keys:
            newest = practice.register.newest(each.key).version
            found[each.what] += each.count_older(connection, newest)
    if VaultKey.INDEX in keys and len(practice.register.versions(VaultKey.INDEX)) > 1:
        done = _reindexed_to(practice, connection)
        found[_CALLS] = _count(connection, _IS_CALL, tables.recording.c.id > done.recording)
        found[_PEOPLE] = _count(connection, _IS_PERSON, tables.subject.c.number > done.subject)
    return found


def reseal(
    practice: Practice,
    actor: Actor,
    keys: Collection[VaultKey],
    advance: Callable[[int], None],
    *,
    second: Actor | None = None,
) -> Resealed:
    """Move everything that is sealed to an older version of these keys to the newest.

    ``advance`` is called with how many more rows are done.

    Raises:
        Refused: the actor does not govern in their own right, or it takes a ``second`` person.
        Locked: the actor has not one of the keys.
        Failed: people or keys were changed meanwhile; run it again.
    """
    done = Resealed()
    with attempt(practice, actor, RESEALING):
        check_may_vouch(actor.person)
        rows = count_to_reseal(practice, keys)
        if not rows:
            return done
    if VaultKey.RECORDINGS in keys:
        actor = opened_by_two(practice, actor, second, RESEALING)
    with attempt(practice, actor, RESEALING):
        record(practice, actor, RESEALING, details={"keys": sorted(keys), "rows": rows})
        for sealing in SEALED_COLUMNS:
            if sealing.key in keys:
                place: Place = ()
                while rows_moved := _move_some(practice, actor, sealing, done, after=place):
                    place = sealing.place_of(rows_moved[-1])
                    advance(len(rows_moved))
        if VaultKey.INDEX in keys and count_to_reseal(practice, [VaultKey.INDEX]):
            for what, go_on in ((_CALLS, reindex), (_PEOPLE, _reindex_people)):
                moved, failed = go_on(practice, actor, advance)
                done.moved[what] += moved
                done.failed[what] += failed
        details = {"failed": dict(+done.failed), "moved": dict(+done.moved)}
        record(practice, actor, "keys.resealed", details=details)
    return done


def _move_some(
    practice: Practice, actor: Actor, sealing: SealedColumn, done: Resealed, *, after: Place
) -> Sequence[Row[Any]]:
    """Move rows after a place, in one transaction; returns those that were looked at."""
    newest = practice.register.newest(sealing.key)
    moved = failed = 0
    with writing(practice, actor.signer) as act:
        connection = act.connection
        if read_register(connection) != practice.register:
            raise Failed("people or keys were changed a moment ago", hint="run it again")
        rows = sealing.older(connection, newest.version, after, ROWS_PER_STEP)
        for row in rows:
            try:
                opened = _open(practice, actor, sealing, row)
            except Tampered:
                failed += 1
                continue
            info = sealing.info(practice.vault, row, newest.version)
            sealed = primitives.hpke_seal(newest.public, opened, info)
            sealing.replace(connection, row, newest.version, sealed)
            moved += 1
        if moved and sealing.table is not tables.detail:  # which its own leaves bind
            _sign_for(act, actor, {sealing.what: moved})
    done.moved[sealing.what] += moved
    done.failed[sealing.what] += failed
    return rows


def _sign_for(act: LogTransaction, actor: Actor, moved: Mapping[str, int]) -> None:
    """The leaf with which this transaction's rows are signed for."""
    act.leaf(MOVED, actor=actor.person.id, details={"moved": dict(moved)})


def _open(practice: Practice, actor: Actor, sealing: SealedColumn, row: Row[Any]) -> bytes:
    version, sealed = getattr(row, sealing.version), getattr(row, sealing.sealed)
    if version not in practice.register.versions(sealing.key):
        raise Tampered("a row names a key that nobody made")
    secret = vault_key(actor, sealing.key, version)
    info = sealing.info(practice.vault, row, version)
    return primitives.hpke_open(secret, bytes(sealed), info)


@dataclass(frozen=True, slots=True)
class _ReindexedTo:
    """How far it came. It is remembered in the operator's own folder."""

    version: int
    """Of the index key."""
    recording: int = 0
    """Number of the last one that was looked at."""
    calls: int = 0
    """How many up to there were written."""
    mac: Hex = b""
    """One that it wrote, under that key."""
    subject: int = 0
    """Number of the last person on the register who was looked at."""
    people: int = 0
    """How many up to there were written."""


def _count(connection: Connection, *those: ColumnElement[bool]) -> int:
    """How many rows there are of the table that is asked about."""
    return connection.execute(select(func.count()).where(*those)).scalar_one()


def reindex(practice: Practice, actor: Actor, advance: Callable[[int], None]) -> tuple[int, int]:
    """Go on where the last run left off, until every recording is under the newest index key.

    Returns how many were moved, and of how many the metadata does not open.
    """
    moved = failed = 0
    with reading(practice.engine) as connection:
        done = _reindexed_to(practice, connection)
    while True:
        with signing(practice, actor) as act:
            connection, recording = act.connection, tables.recording
            is_next = (_IS_CALL, recording.c.id > done.recording)
            query = select(recording).where(*is_next).order_by(recording.c.id)
            rows = connection.execute(query.limit(RECORDINGS_PER_STEP)).all()
            opened = Opening(practice, actor, connection).sound_metadata(rows)
            written = _write(practice, actor, connection, opened)
            if not rows:
                drop_misplaced_tokens(connection)
            _sign_for(act, actor, {_CALLS: len(opened)})
        if not rows:
            return moved, failed
        calls = done.calls + len(opened)
        mac = max(written, default=done.mac)
        done = replace(done, recording=rows[-1].id, calls=calls, mac=mac)
        write_json_atomically(practice.state_folder / _MEMORY, as_json(done))
        moved += len(opened)
        failed += len(rows) - len(opened)
        advance(len(rows))


def _reindex_people(
    practice: Practice, actor: Actor, advance: Callable[[int], None]
) -> tuple[int, int]:
    """Write the index of people on the register under the newest key; returns moved and failed."""
    moved = failed = 0
    with reading(practice.engine) as connection:
        done = _reindexed_to(practice, connection)
    while True:
        with signing(practice, actor) as act:
            last, written, unopened = reindex_subjects(
                practice, actor, act.connection, after=done.subject, most=ROWS_PER_STEP
            )
            if written:
                _sign_for(act, actor, {_PEOPLE: written})
        if last == done.subject:
            return moved, failed
        advance(written + unopened)
        done = replace(done, subject=last, people=done.people + written)
        write_json_atomically(practice.state_folder / _MEMORY, as_json(done))
        moved, failed = moved + written, failed + unopened


def _write(
    practice: Practice, actor: Actor, connection: Connection, opened: Sequence[OpenedRecording]
) -> Collection[bytes]:
    """Write the index and the MACs of these; returns the MACs under the newest key."""
    newest = practice.register.newest(VaultKey.INDEX).version
    key = vault_key(actor, VaultKey.INDEX, newest)
    calls = [indexed_call(each) for each in opened]
    replace_calls(connection, key, practice.vault, calls)
    duplicates, table = DuplicateMacs.of(practice, actor, marking=False), tables.duplicate
    fresh = set[tuple[bytes, int]]()
    for each in opened:
        macs = duplicates.of_metadata(each.uid, each.fields)
        fresh |= {(under[0], each.id) for under in macs}
        old = [mac for under in macs for mac in under[1:]]
        is_old = (table.c.recording == each.id) & table.c.mac.in_(old)
        connection.execute(table.delete().where(is_old))
    write_macs(connection, fresh)
    return {mac for mac, _ in fresh}


def _reindexed_to(practice: Practice, connection: Connection) -> _ReindexedTo:
    """How far it came for the key that is newest now, in this catalogue."""
    newest = practice.register.newest(VaultKey.INDEX).version
    done = recall(_ReindexedTo, practice.state_folder / _MEMORY)
    if done is None or done.version != newest:
        return _ReindexedTo(newest)  # then everything is done again
    table = tables.duplicate.c
    if done.mac and not connection.execute(select(table.mac).where(table.mac == done.mac)).first():
        return _ReindexedTo(newest)
    # What did not open, or was hidden until the others were done, is passed over only once.
    if _count(connection, _IS_CALL, tables.recording.c.id <= done.recording) > done.calls:
        done = replace(done, recording=0, calls=0)
    if _count(connection, _IS_PERSON, tables.subject.c.number <= done.subject) > done.people:
        done = replace(done, subject=0, people=0)
    return done


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column of the catalogue that is sealed to a vault key."""

    what: str
    """Plural, as it is shown: ``requests``."""
    table: Table
    key: VaultKey
    info: Callable[[str, Row[Any], int], bytes]
    """Vault, row and version of the vault key -> the HPKE information."""
    version: str = "key_version"
    sealed: str = "sealed"
    holder: str = ""
    """Where a table holds what is sealed to several: which of its rows are meant."""

    def count_older(self, connection: Connection, newest: int) -> int:
        """How many rows are not sealed to the newest version."""
        return _count(connection, *self._is_older(newest))

    def older(
        self, connection: Connection, newest: int, after: Place, most: int
    ) -> Sequence[Row[Any]]:
        """Rows not sealed to the newest version, by primary key, after ``after``; after () all."""
        place = self.table.primary_key.columns
        query: Select[Any] = select(self.table).where(*self._is_older(newest)).order_by(*place)
        if after:
            query = query.where(tuple_(*place) > after)
        return connection.execute(query.limit(most)).all()

    def place_of(self, row: Row[Any]) -> Place:
        """A row's primary key: `older` goes on after it, and `replace` finds the row by it."""
        return tuple(getattr(row, column.name) for column in self.table.primary_key.columns)

    def replace(self, connection: Connection, row: Row[Any], newest: int, sealed: bytes) -> None:
        """Put what was sealed again in a row's place."""
        place = zip(self.table.primary_key.columns, self.place_of(row), strict=True)
        update = self.table.update().where(*(column == value for column, value in place))
        connection.execute(update.values({self.version: newest, self.sealed: sealed}))

    def _is_older(self, newest: int) -> Sequence[ColumnElement[bool]]:
        older = self.table.c[self.version] != newest
        return (older, self.table.c.holder == self.holder) if self.holder else (older,)


def _batch(key: VaultKey) -> SealedColumn:
    def info(vault: str, row: Row[Any], version: int) -> bytes:
        return context("batch", vault, batch=row.id, key=key, version=version)

    return SealedColumn("batches", tables.batch, key, info, f"{key}_version", f"{key}_key")


def _versions(what: str, kind: Versioned[Any]) -> Iterator[SealedColumn]:
    name = kind.table.name

    def info(vault: str, row: Row[Any], _: int) -> bytes:
        return context(name, vault, version=row.version, **{name: getattr(row, name)})

    for key in kind.holders:
        yield SealedColumn(what, kind.keys, key, info, holder=key)


SEALED_COLUMNS: Final = (
    _batch(VaultKey.RECORDINGS),
    _batch(VaultKey.CATALOGUE),
    SealedColumn(
        *("people", tables.person, VaultKey.CATALOGUE),
        lambda vault, row, version: context("person", vault, person=row.id, version=version),
        *("name_version", "name_sealed"),
    ),
    *_versions("requests", REQUESTS),
    SealedColumn(
        *("holds", tables.hold, VaultKey.CATALOGUE),
        lambda vault, row, _: context("hold", vault, hold=row.id),
    ),
    *_versions("incidents", INCIDENTS),
    *_versions("complaints", COMPLAINTS),
    *_versions("register entries", SUBJECTS),
    *_versions("notes on recordings", NOTES),
    SealedColumn(
        *("volumes", tables.volume, VaultKey.CATALOGUE),
        lambda vault, row, _: context("kept", vault, volume=row.id),
        *("kept_version", "kept_sealed"),
    ),
    SealedColumn(
        *("details", tables.detail, VaultKey.AUDIT),
        lambda vault, row, _: context("detail", vault, seq=row.seq),
    ),
)
"""Every place where something is sealed to a vault key; a test compares it with the tables."""
