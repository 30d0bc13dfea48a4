"""Resume the log after a restore: say what of it is lost, and what the volumes hold beyond it.

What lies on attached volumes beside their bags says what was written, by whom, and at which head. A
volume's copy of the catalogue is made before the statement that names its hash, so the entry of
that very run is always beyond it. A person who governs names the lost heads; and each run on an
attached volume whose entry is lost is stated again under its name, with the proof beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from callrec.archive.fetch import names_in_manifest
from callrec.archive.heads import (
    KnownHeads,
    WrittenRun,
    known_heads,
    lay_proof,
    read_head,
    read_unverified,
    runs_written_to,
    save_written,
    state_run,
)
from callrec.audit import tree
from callrec.audit.checkpoint import decode_base64
from callrec.audit.log import Head, LogTransaction, node_reader, stored_head, stored_size
from callrec.audit.register import Voucher, read_newer_voucher
from callrec.audit.remembered import forget_seen_head, load_seen_head, save_seen_head
from callrec.audit.resumed import (
    RESUMED_ACT,
    RESUMED_STATEMENT,
    lost_at_least,
    read_resumed,
    resumed_fields,
)
from callrec.catalogue import tables
from callrec.catalogue.destruction import entries_known
from callrec.catalogue.engine import batches, reading
from callrec.catalogue.volumes import add_unknown_files, drop_bag, each_volume, save_bag
from callrec.crypto.canonical import format_instant
from callrec.crypto.statement import Statement, read_statement
from callrec.dataclass import dataclass, replace
from callrec.errors import Failed, Locked, NotFound, Tampered, Unusable
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, powers, signing
from callrec.record.statements import sign_statement_as
from callrec.restore.copy import RestoredCopy, last_restored_copy, read_copy
from callrec.volume.bag import MANIFEST, hash_of_manifest
from callrec.volume.volume import Volume

UnknownRun: TypeAlias = tuple[Volume, WrittenRun, tuple[str, ...]]
"""A run that the log knows nothing of any more, and the names of the recordings in its bag."""


@dataclass(frozen=True, slots=True)
class VolumeHeads:
    """What the proofs on volumes say."""

    stated: tuple[tuple[Volume, WrittenRun, Head], ...]
    """What was written, as a person entitled stated it, and at which head of the log."""
    claimed: tuple[tuple[Volume, WrittenRun], ...]
    """What proofs say that count for nothing: perhaps by a person whom the log does not know."""
    passed_over: tuple[tuple[str, str], ...]
    """Labels of volumes on which a proof counts for nothing, and why: it cannot be read, or its
    maker was not entitled."""
    failures: Mapping[str, Failed]
    """By its id, what a drive failed with that does not give all its proofs."""


def heads_on(practice: Practice, volumes: Sequence[Volume]) -> VolumeHeads:
    """What lies on the volumes, by whom it was stated, and at which head of the log.

    People whom the log does not know count by the voucher that comes with a copy of the catalogue,
    if its maker governs.
    """
    stated, claimed, passed_over = [], [], []
    failures: dict[str, Failed] = {}
    later = _later(practice, volumes)
    with reading(practice.engine) as connection:
        known = known_heads(practice, connection, later)
        for volume in volumes:
            try:
                names = volume.heads()
            except Failed as problem:
                failures[volume.volume] = problem
                passed_over.append((volume.label, f"its proofs: {problem.message}"))
                continue
            for name in names:
                try:
                    stated.append((volume, *_stated_by(practice, volume, name, known)))
                except (Tampered, NotFound, Failed) as problem:
                    why = f"its proof {name} counts for nothing: {problem.message}"
                    passed_over.append((volume.label, why))
                    if isinstance(problem, Failed):
                        failures[volume.volume] = problem
                    with suppress(Tampered, NotFound, Failed):
                        claimed.append((volume, read_unverified(practice, volume.head_of(name))))
    return VolumeHeads(tuple(stated), tuple(claimed), tuple(passed_over), failures)


def _stated_by(
    practice: Practice, volume: Volume, name: str, known: KnownHeads
) -> tuple[WrittenRun, Head]:
    written, head = read_head(practice, volume.head_of(name), known)
    if written.volume != volume.volume:
        raise Tampered("it is of another drive")
    return written, head


def _later(practice: Practice, volumes: Sequence[Volume]) -> Mapping[str, Voucher]:
    """The newest voucher of each person of whom the volumes know more than the log."""
    newest: dict[str, Voucher] = {}
    with reading(practice.engine) as connection:
        size = stored_size(connection)
    for statement in _vouchers_on(volumes, practice.vault):
        with suppress(Tampered):
            voucher = read_newer_voucher(practice.register, statement, size)
            if voucher is None:
                continue
            before = newest.setdefault(voucher.person.id, voucher)
            if before.serial < voucher.serial:
                newest[voucher.person.id] = voucher
    return newest


def _vouchers_on(volumes: Sequence[Volume], vault: str) -> Iterator[Statement]:
    """As they lie there; nothing of them is known to be true."""
    for volume in volumes:
        for voucher in _listed(volume):
            match voucher:
                case {"body": str(body), "signature": str(signature)}:
                    with suppress(Tampered):
                        yield read_statement(decode_base64(body), decode_base64(signature), vault)
                case _:
                    pass


def _listed(volume: Volume) -> Iterator[Any]:
    with suppress(Failed):
        for copy in volume.copies():
            with suppress(NotFound, Tampered, Unusable, Failed):
                yield from read_copy(volume, copy).vouchers


@dataclass(frozen=True, slots=True)
class Resumption:
    """Whether the log had to be resumed, and was."""

    size: int
    """Entries that the log had."""
    leaves_lost: int
    is_stated: bool
    """Nothing was lost, or a person who governs has stated what was."""
    undone: tuple[tuple[str, str], ...] = ()
    """Labels of volumes on which a run was not stated again, or its proof not laid, and why."""


def resume_log(
    practice: Practice,
    actor: Actor,
    heads: Sequence[tuple[Volume, WrittenRun, Head]],
    spoilt: AbstractSet[str],
) -> Resumption:
    """Name the heads that are lost, unless that was done before; state again what is beyond them.

    A run whose bag is not the one that its statement names is not stated; the others are.
    """
    with reading(practice.engine) as connection:
        ours = stored_head(connection)
        resumed = read_resumed(connection, practice.register)
    named = {lost for each in resumed for lost in each.lost}
    beyond = [(v, w, h) for v, w, h in heads if is_beyond_log(practice, h)]
    lost = {head for _, _, head in beyond}
    remembered = load_seen_head(practice.state_folder)
    if remembered is not None and is_beyond_log(practice, remembered.head):
        lost.add(remembered.head)
    leaves_lost = lost_at_least(ours.size, lost)
    runs = [(volume, run) for volume, run, _ in beyond]
    unstated = [run for run in runs if seq_of_run(practice, *run) is None]
    is_new = bool(lost - named)
    undone = list[tuple[str, str]]()
    if is_new or unstated:
        if Power.GOVERN not in powers(practice, actor):
            return Resumption(ours.size, leaves_lost, is_stated=False)
        went_on = [*(each.size for each in resumed if each.lost), ours.size]
        held = _held(practice, unstated, undone, went_on=went_on, spoilt=spoilt)
        if is_new or held:
            _state(practice, actor, lost - named, held)
    for volume, run in runs:  # those of a run that was cut off before it could, too
        seq = seq_of_run(practice, volume, run)
        try:
            if seq is not None:
                lay_proof(practice, volume, run.name, seq)
        except Failed as problem:  # it can only be read, say: the next restore lays it
            undone.append((volume.label, f"its proofs are those of before: {problem.message}"))
    leaves_lost = leaves_lost if is_new else 0
    return Resumption(ours.size, leaves_lost, is_stated=True, undone=tuple(dict.fromkeys(undone)))


def seq_of_run(practice: Practice, volume: Volume, run: WrittenRun) -> int | None:
    """Of the leaf that states a run as it lies on a volume; None: none does."""
    with reading(practice.engine) as connection:
        stated = runs_written_to(practice, connection, volume.volume).get(run.name)
    return stated.seq if stated and replace(stated, seq=run.seq) == run else None


def is_beyond_log(practice: Practice, head: Head) -> bool:
    """Whether a head is not a beginning of the log as it stands."""
    with reading(practice.engine) as connection:
        ours = stored_head(connection)
        return head.size > ours.size or tree.root(head.size, node_reader(connection)) != head.root


def copy_of_this_vault(practice: Practice) -> RestoredCopy | None:
    """The copy that this operator rebuilt the vault from; None: from none, or it is another by now.

    A vault that was rebuilt from it, and still has its log, knows all that it holds.
    """
    served = last_restored_copy(practice.state_folder)
    return None if served is None or is_beyond_log(practice, served.head) else served


def _state(practice: Practice, actor: Actor, lost: set[Head], held: Sequence[UnknownRun]) -> None:
    if actor.identity is None:
        raise Locked("resuming the log is signed, and that takes the password")
    with signing(practice, actor) as act:
        if lost:
            fields = resumed_fields(lost)
            statement = sign_statement_as(practice, actor, RESUMED_STATEMENT, fields)
            act.leaf(RESUMED_ACT, actor=actor.person.id, statement=statement)
        for each in held:
            _state_anew(practice, actor, act, each)
    # What was remembered here is named as lost now.
    forget_seen_head(practice.state_folder)
    save_seen_head(practice.state_folder, act.head, format_instant(practice.now()))


def _held(
    practice: Practice,
    runs: Sequence[tuple[Volume, WrittenRun]],
    undone: list[tuple[str, str]],
    *,
    went_on: Sequence[int],
    spoilt: AbstractSet[str],
) -> list[UnknownRun]:
    """The runs that can be stated again, and how much of this log their copies know.

    The others go into ``undone``. A log that was lost has the entries of this one up to where this
    one went on without it. The volume does not say which of the restores that was: it counts as the
    first after what it surely knows.
    """
    with reading(practice.engine) as connection:
        known = entries_known(connection)
        others = {row.label: row.id for row in each_volume(connection)}
    held = []
    for volume, run in runs:
        if others.setdefault(volume.label, volume.volume) != volume.volume:
            undone.append((volume.label, f'another drive is called "{volume.label}" by now'))
            continue
        common = min(size for size in went_on if size >= known.get(volume.volume, 0))
        try:
            again = replace(run, common=common, unsound=run.catalogue in spoilt)
            held.append((volume, again, _names_of(volume, run)))
        except (Tampered, Failed) as problem:
            undone.append((volume.label, problem.message))
    return held


def _names_of(volume: Volume, run: WrittenRun) -> tuple[str, ...]:
    """The recordings of a run's bag, which is the one that its statement names."""
    if not run.manifest:
        return ()
    bag = volume.bag_path(run.name)
    if hash_of_manifest(bag) != run.manifest:
        raise Tampered(f"its bag {run.name} is not the one that was written there")
    return tuple(names_in_manifest(bag / MANIFEST))


def _state_anew(practice: Practice, actor: Actor, act: LogTransaction, beyond: UnknownRun) -> None:
    volume, run, names = beyond
    about = (practice, actor, act, replace(run, head=act.head))
    _, digest = state_run(*about, bag=run.name, recordings=len(names), stated="anew")
    save_written(practice, act, volume)
    bag, numbers = (act.connection, volume.volume, run.name), _numbers(act.connection, names)
    if run.manifest:
        save_bag(*bag, statement=digest, recordings=[*numbers.values()])
    else:
        drop_bag(*bag)  # emptied by an erasure, perhaps
    add_unknown_files(*bag, [name for name in names if name not in numbers])


def _numbers(connection: Connection, names: tuple[str, ...]) -> Mapping[str, int]:
    """Of the recordings in a bag; what the copy does not know of came in after it was made."""
    recording = tables.recording.c
    query = select(recording.ciphertext, recording.id)
    return {
        row.ciphertext: row.id
        for some in batches(names)
        for row in connection.execute(query.where(recording.ciphertext.in_(some)))
    }
