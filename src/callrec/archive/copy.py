"""Copies of the catalogue: sealed, on volumes for those who may restore; those a migration leaves.

    catalogue/<UTC time>.sealed      Tink streaming under a fresh key, context volume-copy
    catalogue/<UTC time>.keys.json   that key by HPKE to each approver and the kit, context
                                     catalogue-copy; each one's locked seed and newest voucher.
                                     Where it takes two, each approver has a part of it

The copy is made in the vault's folder and sealed on its way out: the drive never holds it in the
clear. The statement that vouches for it holds its SHA-256, so it is written before the statement.

The catalogue is checked whole before it is sealed, and the copy is opened from the drive before it
is stated. Only then does the last copy but one go: the drive keeps two, or one where the one before
must not stay (`older_copy`).

A migration leaves one beside the vault, laid out as a volume without recordings (archive.md, 8), so
that `restore` reads it. It takes no key, so no statement vouches for it: in the place of one, this
operator remembers outside the vault what was written before their eyes. Elsewhere it opens nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Engine, select

from callrec.archive.heads import WrittenRuns, signing_as_archivist
from callrec.audit.checkpoint import decode_base64, encode_base64
from callrec.audit.log import LogTransaction, read_register
from callrec.audit.remembered import write_json_atomically
from callrec.calls.custody import REENCRYPTED
from callrec.calls.trial import try_keys
from callrec.catalogue import tables
from callrec.catalogue.backup import catalogue_copy
from callrec.catalogue.destruction import newest_destruction
from callrec.catalogue.engine import FILE_NAME, is_closed, reading
from callrec.catalogue.sqlite import connect
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.context import context
from callrec.crypto.parts import Part, join, split
from callrec.crypto.streaming import StreamSealer
from callrec.dataclass import asdict, dataclass, replace
from callrec.errors import Failed, Tampered, Unusable
from callrec.login.locks import MACHINES_PLACE, place_of_part
from callrec.policy.role import Role, VaultKey, holds_recordings
from callrec.practice import Actor, Practice, opens_all, today
from callrec.record.statements import carried
from callrec.store.sealing import open_stream, seal_stream
from callrec.system.files import disk_errors, forget_cached, move, remove_file, remove_folder, sync
from callrec.system.rights import make_private_folder
from callrec.volume.drive import drive_errors, open_untrusted, read_small, reads_as, remove
from callrec.volume.volume import (
    CatalogueCopy,
    CopyHashes,
    Volume,
    create_volume,
    stamp,
    time_of_run,
)

FORMAT: Final = 1

MAX_PEOPLE: Final = 64
"""How many people a copy may name. A restore tries all their locks, each for some seconds at its
strongest, and the drive that they come from may have been in anybody's hands."""

_MIGRATION_COPY_FILE: Final = "before-migration.json"

SEALED_COPIES_GLOB: Final = "before-*"
"""What the copies' folders are called; in the place of the star is the schema that is written."""

UNFINISHED_COPY: Final = f".{SEALED_COPIES_GLOB}"
"""What a run was making when it was cut off; of the catalogue in the clear, too."""


VaultCheck: TypeAlias = Callable[[Practice, Connection], None]
"""Raises Tampered where the log or a row is not as it was signed (`registers.verify`)."""


@contextmanager
def stating_copy(
    practice: Practice,
    actor: Actor,
    volume: Volume,
    name: str,
    *,
    work: Path,
    check: VaultCheck,
    check_there: Callable[[], None],
) -> Iterator[tuple[LogTransaction, CopyHashes]]:
    """Put a new copy on a volume, and begin the transaction in which it is stated.

    Nothing is stated that was not checked whole and then opened from the drive. Where something was
    destroyed meanwhile, or people or keys were changed, the copy is written once more: it would
    still hold what is gone, or open to those who were shut out.
    """
    while True:
        with reading(practice.engine) as connection:
            register, destroyed = read_register(connection), newest_destruction(connection)
        now = replace(practice, register=register)
        with catalogue_copy(practice.engine, work) as plain:
            engine = connect(plain, mode="ro")
            try:
                check_catalogue(now, actor, engine, check)
            finally:
                engine.dispose()
            copy = write_copy(now, actor, volume, name, plain)
        check_there()
        with signing_as_archivist(practice, actor) as act:
            if (register, destroyed) == (
                read_register(act.connection),
                newest_destruction(act.connection),
            ):
                yield act, copy
                return


def check_catalogue(practice: Practice, actor: Actor, engine: Engine, check: VaultCheck) -> None:
    """Check a catalogue before it may take a good copy's place: its log, its rows, and its keys.

    The keys are opened on trial by those who have the recordings key open.
    """
    with reading(engine) as connection:
        check(practice, connection)
        if opens_all(practice, actor, VaultKey.RECORDINGS):
            try_keys(connection, practice.vault, actor.shares).check()


def write_copy(
    practice: Practice, actor: Actor | None, volume: Volume, name: str, plain: Path
) -> CopyHashes:
    """Put a copy of the catalogue on a volume, beside what is there, and open it from there.

    What opens is compared with the catalogue itself: what was found of that holds for the copy.
    """
    time, key = time_of_run(name), primitives.random_bytes(primitives.KEY_BYTES)
    associated = context("volume-copy", practice.vault, volume=volume.volume, time=time)
    sealer = StreamSealer(key, associated)
    spare, keys = _sealed_keys(practice, key, volume.volume, time)
    with plain.open("rb", buffering=0) as source:
        copy = volume.write_copy(time, lambda target: seal_stream(source, target, sealer), keys)
    if actor is not None:
        key = _key_on_drive(practice, actor, volume.copy_of(time), spare) or key
    with drive_errors(), plain.open("rb") as source:
        with open_untrusted(volume.copy_of(time).sealed) as sealed:
            forget_cached(sealed.fileno())
            same = all(source.read(len(p)) == p for p in open_stream(sealed, key, associated))
        if not same or source.read(1):
            raise Failed("the copy of the catalogue on the drive is not what was written there")
    return copy


def _key_on_drive(
    practice: Practice, actor: Actor, copy: CatalogueCopy, spare: Part | None
) -> bytes | None:
    """A copy's key as its writer opens it from the drive; None: it is not sealed to them.

    Of a key in parts they open theirs; it gives the key with the ``spare`` one, sealed to nobody.
    """
    keys, person = parse(read_small(copy.keys)), actor.person.id
    for each in keys["keys"]:
        if each["to"] == person and actor.identity is not None:
            of = {"volume": keys["volume"], "time": keys["time"], "to": person}
            kind = "catalogue-part" if spare else "catalogue-copy"
            sealed, info = decode_base64(each["sealed"]), context(kind, practice.vault, **of)
            opened = primitives.hpke_open(actor.identity.kem, sealed, info)
            return (
                join(Part(place_of_part(practice.register, person), opened), spare)
                if spare
                else opened
            )
    return None


def older_copy(connection: Connection, volume: Volume, written: WrittenRuns, name: str) -> str:
    """By what time the copy is called that stays beside a run's own; empty: none may.

    It is the newest that reads back as it was stated. None stays that opens what was destroyed or
    sealed anew since, or opens to others than the new one, or by a password that was changed.
    """
    newest, time = max(_changes(connection), default=-1), time_of_run(name)
    for run in sorted(written.values(), key=lambda each: each.seq, reverse=True):
        there = volume.copy_of(run.time)
        if run.time == time or run.unsound or not (there.sealed.exists() and there.keys.exists()):
            continue
        known = run.seq + 1 if run.common is None else run.common
        if newest >= known:
            return ""
        if reads_as(there.keys, run.keys) and reads_as(there.sealed, run.catalogue):
            opens = _who_opens(volume, run.time) == _who_opens(volume, time)
            return run.time if opens else ""
    return ""


def _changes(connection: Connection) -> Iterator[int]:
    """Sequences of the leaves since which an older copy opens what nobody is to open any more."""
    destroyed = newest_destruction(connection)
    if destroyed is not None:
        yield destroyed
    yield from (row.seq for row in carried(connection, REENCRYPTED))


def _who_opens(volume: Volume, time: str) -> tuple[object, object]:
    keys = parse(read_small(volume.copy_of(time).keys))
    to = sorted(each["to"] for each in keys["keys"])
    return (keys["people"], keys.get("needed")), to


def _sealed_keys(
    practice: Practice, key: bytes, volume: str, time: str
) -> tuple[Part | None, bytes]:
    """The copy's key for everybody who holds the recordings key today, and for the kit.

    Where that is in parts, so is this; with it comes one part more, which is sealed to nobody.
    """
    register, day = practice.register, today(practice)
    people = [voucher.person for voucher in register.people()]
    # In this order their locks are tried: who resumes the log stands first.
    people.sort(key=lambda person: (person.role is not Role.DATA_CONTROLLER, person.id))
    approvers = [str(person.id) for person in people if holds_recordings(person, day)]
    if len(approvers) > MAX_PEOPLE:
        raise Unusable(
            f"{len(approvers)} people hold the recordings key, and a drive names {MAX_PEOPLE}",
            hint="take the power to approve from some: callrec user role, or user disable",
        )
    in_parts = [to for to in approvers if register.is_in_parts(VaultKey.RECORDINGS, to)]
    places = {to: place_of_part(register, to) for to in in_parts}
    line = {part.place: part for part in split(key, [*places.values(), MACHINES_PLACE])}
    keys = []
    for to in sorted([*approvers, register.founders.kit]):
        kind, what = "catalogue-copy", key
        if to in places:
            kind, what = "catalogue-part", line[places[to]].value
        info = context(kind, practice.vault, volume=volume, time=time, to=to)
        sealed = primitives.hpke_seal(register.public_keys(to).kem, what, info)
        keys.append({"sealed": encode_base64(sealed), "to": to})
    with reading(practice.engine) as connection:
        named = [_person(connection, practice, each) for each in approvers]
    members = {"format": FORMAT, "keys": keys, "people": named, "time": time, "volume": volume}
    needed = {"needed": 2} if in_parts else {}
    spare = line[MACHINES_PLACE] if in_parts else None
    return spare, canonical({**members, **needed, "vault": practice.vault})


def _person(connection: Connection, practice: Practice, person: str) -> dict[str, Any]:
    """What a bare machine needs to let a person's password open the copy."""
    column, statement = tables.person.c, tables.statement
    locked = connection.execute(select(column.locked).where(column.id == person)).scalar()
    digest = practice.register.vouchers[person][-1].digest
    body, signature = connection.execute(
        select(statement.c.body, statement.c.signature).where(statement.c.digest == digest)
    ).one()
    return {
        "locked": parse(locked) if locked else None,
        "person": person,
        "voucher": {"body": encode_base64(body), "signature": encode_base64(signature)},
    }


@dataclass(frozen=True, slots=True)
class MigrationCopy:
    """What was written, by the id that its folder has as a volume; SHA-256 in lower-case hex."""

    volume: str
    sealed: str
    keys: str


def keep_sealed(practice: Practice, to: Path) -> None:
    """Seal the catalogue as it stands into a folder, in place of what an earlier run left there.

    It appears whole and durable, or not at all, and is remembered before it does.
    """
    beside = to.with_name(f".{to.name}")
    remove_folder(beside, ignore_errors=True)
    try:
        make_private_folder(beside)
        id_, work = primitives.random_id(), practice.folder / f".{to.name}-plain"
        volume = create_volume(beside, volume=id_, vault=practice.vault, label=to.name)
        with catalogue_copy(practice.engine, work) as plain:
            copy = write_copy(practice, None, volume, f"{stamp(practice.now())}-1", plain)
        made = MigrationCopy(volume.volume, copy.sealed, copy.keys)
        write_json_atomically(practice.state_folder / _MIGRATION_COPY_FILE, asdict(made))
        remove_folder(to, ignore_errors=True)
        move(beside, to)
        sync(to.parent)
    except OSError as error:
        raise Failed(
            f"the catalogue could not be copied: {error.strerror}",
            hint="make room on the vault's disk: the copy takes twice the catalogue's size there",
        ) from error
    finally:
        remove_folder(beside, ignore_errors=True)


def last_migration_copy(folder: Path) -> MigrationCopy | None:
    """The copy that this operator last saw a migration make; None: they saw none."""
    try:
        return MigrationCopy(**json.loads((folder / _MIGRATION_COPY_FILE).read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        wrong = f"what is remembered of a migration cannot be read: {error.strerror}"
        raise Failed(wrong) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise Tampered("what is remembered of a migration is damaged") from error


def kept_copies(vault: Path) -> tuple[Path, ...]:
    """Copies of the catalogue that migrations left in the vault's folder, or that it was itself."""
    left = list(vault.glob(f"{FILE_NAME}*"))
    if vault / FILE_NAME in left:
        engine = connect(vault / FILE_NAME, mode="ro")
        with reading(engine) as connection:
            left = left if is_closed(connection) else []
        engine.dispose()
    return tuple(sorted([*left, *vault.glob(SEALED_COPIES_GLOB)]))


def drop_kept_copies(vault: Path) -> None:
    """Remove them, with all that they tell, and what of them was not finished."""
    for copy in (*kept_copies(vault), *vault.glob(UNFINISHED_COPY)):
        try:
            remove_file(copy) if copy.is_file() else remove_folder(copy)
        except OSError as error:
            raise Failed(
                f"{copy.name}, which a migration left, cannot be removed: {error.strerror}",
                hint="see who may write in the vault's folder, and run the command again",
            ) from error


def rebuild_folder(vault_folder: Path, vault: str) -> Path:
    """Where a restore unpacks before it renames; ``vault`` is its id."""
    return vault_folder.with_name(f".{vault_folder.name}.{vault}")


def drill_folder(vault_folder: Path) -> Path:
    """Where a drill restores to, instead of the vault's place."""
    return vault_folder.with_name(f".{vault_folder.name}.drill")


def drop_unpacked(vault_folder: Path, vault: str) -> None:
    """Remove what a killed restore or drill left there, durably; a drill at work fails of it."""
    drill = drill_folder(vault_folder)
    with disk_errors():
        for place in (drill, rebuild_folder(drill, vault), rebuild_folder(vault_folder, vault)):
            if place.exists():
                remove(place)
                sync(place.parent)
