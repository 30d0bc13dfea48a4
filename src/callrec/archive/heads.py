"""What binds a bag to the log: statement and proof.

The statement says what was written: {volume, bag, manifest, catalogue, keys, head}; manifest,
catalogue and keys are the SHA-256 of manifest-sha256.txt, of the sealed copy of the catalogue and
of its keys.json, head is the log's before the statement's own leaf. A run that found nothing new
to archive says so with an empty manifest: then there is a proof and no bag.

The file is a C2SP tlog-proof of the leaf that carries the statement, against the checkpoint that
the leaf's own actor signed. Its ``extra`` is canonical JSON {leaf, signature, statement}, each in
base64, so that from the drive alone it can be checked who stated what, and at which head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import Connection, select

from callrec.audit import tree
from callrec.audit.attested import attested_leaves
from callrec.audit.checkpoint import (
    Proof,
    check_proof,
    origin,
    read_checkpoint,
    read_proof,
    write_proof,
)
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import (
    Head,
    LogTransaction,
    checkpoint_over,
    node_reader,
    read_leaf,
    stored_head,
)
from callrec.audit.register import Register, Voucher
from callrec.audit.resumed import read_resumed
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.tables import to_millis
from callrec.catalogue.volumes import save_volume
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.identity import PublicKeys
from callrec.crypto.statement import Statement, check_statement, read_statement
from callrec.dataclass import dataclass, field
from callrec.errors import Locked, NotFound, Tampered
from callrec.policy.authority import check_may
from callrec.policy.role import Power, powers_of
from callrec.practice import Actor, Practice, check_remembered_head, signing, today
from callrec.record.entitled import powers_then, stated_date, without_lapsed_powers
from callrec.record.forms import (
    BESIDE,
    WHERE_THERE,
    Base64,
    InJson,
    LogHead,
    as_json,
    read,
    read_stated,
)
from callrec.record.statements import carried, sign_statement_as
from callrec.volume.volume import COPY_TIME, CopyHashes, Volume, checked_run_name, time_of_run

ARCHIVED: Final = "archive"
"""The act of the leaf that carries a volume's statement."""

VOLUME_STATEMENT: Final = "volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeStatement:
    """What was written to a volume in one run, as its ``volume`` statement says."""

    volume: str
    name: Annotated[str, AfterValidator(checked_run_name), Field(alias="bag")]
    """``<UTC time>-<n>``: of the bag, of the proof; the copy of the catalogue is called by the
    time."""
    manifest: str
    """Empty: no bag was written."""
    catalogue: str
    keys: str
    head: LogHead = field(compare=False)
    """Of the log before its leaf, and after the copy of the catalogue was made. Where a run is
    stated again it is another."""
    erased: Annotated[tuple[str, ...], WHERE_THERE] = ()
    """Uids of recordings that were destroyed, and taken out of this volume's bags by this run."""
    on_vaults_disk: Annotated[
        bool,
        InJson("vault".__eq__, lambda _: "vault", Literal["vault"]),
        Field(alias="disk"),
        WHERE_THERE,
    ] = False
    """The volume lay on the disk on which the vault lies: it is not a copy elsewhere."""
    older: Annotated[str, StringConstraints(pattern=COPY_TIME), WHERE_THERE] = ""
    """By what time the copy of the catalogue is called that stays beside this one; empty: none."""
    unsound: Annotated[bool, WHERE_THERE] = field(default=False, compare=False)
    """A restore found its copy of the catalogue spoilt: no run keeps that beside its own."""
    common: Annotated[int | None, WHERE_THERE] = field(default=None, compare=False)
    """Where the copy of the catalogue is of a log that was lost: how many entries of this one it
    knows at the least."""

    @property
    def fields(self) -> Mapping[str, Any]:
        return as_json(self, VolumeStatement)

    @property
    def time(self) -> str:
        return time_of_run(self.name)

    @property
    def copy(self) -> CopyHashes:
        """Of the copy of the catalogue that this run wrote."""
        return CopyHashes(self.catalogue, self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRun(VolumeStatement):
    """A volume's statement that counts, with the leaf that carries it."""

    seq: Annotated[int, BESIDE]
    """Of the leaf that carries it."""


WrittenRuns: TypeAlias = Mapping[str, WrittenRun]
"""By name."""


@dataclass(frozen=True, slots=True)
class _Extra:
    """What a proof of a run has beside it."""

    leaf: Base64
    signature: Base64
    statement: Base64


def stated_volumes(practice: Practice, connection: Connection) -> frozenset[str]:
    """The ids of all volumes named by a statement of a person entitled to make it."""
    return frozenset(map(_volume, _statements(practice, connection).values()))


def runs_written_to(
    practice: Practice, connection: Connection, volume: str
) -> dict[str, WrittenRun]:
    """Everything that the log says was written to a volume, by name.

    Where a bag was rewritten under its name, the newest statement counts. What a person
    stated who was not allowed to archive counts for nothing: anybody could otherwise take a volume
    away by stating something of it. `audit verify` names it.
    """
    statements = _statements(practice, connection)
    ours = {seq: each for seq, each in statements.items() if _volume(each) == volume}
    return {each.name: each for each in _checked(practice, connection, ours)}


def newest_run_of_each(practice: Practice, connection: Connection) -> tuple[WrittenRun, ...]:
    """What was written last to each volume."""
    statements = _statements(practice, connection)
    last = {_volume(each): seq for seq, each in statements.items()}
    return tuple(_checked(practice, connection, {seq: statements[seq] for seq in last.values()}))


def _statements(practice: Practice, connection: Connection) -> dict[int, Statement]:
    """By its leaf's sequence, each volume's statement; its signature is not checked yet."""
    return {
        row.seq: read_statement(row.body, row.signature, practice.vault)
        for row in carried(connection, VOLUME_STATEMENT)
        if was_authorised_to_archive(practice, connection, Leaf.decode(row.leaf, row.seq))
    }


def _volume(statement: Statement) -> str:
    return str(statement.fields.get("volume"))


def _checked(
    practice: Practice, connection: Connection, statements: Mapping[int, Statement]
) -> Iterator[WrittenRun]:
    for leaf in attested_leaves(connection, practice.register, statements):
        try:
            yield check_volume_statement(practice, leaf, statements[leaf.seq])
        except Tampered as error:
            raise Tampered(f"leaf {leaf.seq} of the audit log: {error.message}") from error


def make_proof(connection: Connection, seq: int, vault: str) -> bytes:
    """The file of the proof of one run. Law: the same bytes whenever it is made."""
    leaf, body = read_leaf(connection, seq)
    row = connection.execute(
        select(tables.statement).where(tables.statement.c.digest == leaf.statement)
    ).first()
    point = checkpoint_over(connection, seq)
    if row is None or point is None:
        raise Tampered(f"the statement of leaf {seq} or the checkpoint over it is missing")
    statement = read_statement(row.body, row.signature, vault)
    extra = as_json(_Extra(body, statement.signature, statement.body))
    hashes = tree.inclusion_proof(seq, point.size, node_reader(connection))
    return write_proof(Proof(seq, hashes, bytes(point.note), canonical(extra)))


def lay_proof(practice: Practice, volume: Volume, name: str, seq: int) -> None:
    """Lay the proof of one run on its volume."""
    with reading(practice.engine) as connection:
        proof = make_proof(connection, seq, practice.vault)
    if volume.stamp_of(name) is not None and not _is_there(volume, name, proof):
        volume.remove_stamp(name)  # it is of what was proved before
    volume.write_head(name, proof)


def _is_there(volume: Volume, name: str, proof: bytes) -> bool:
    try:
        return volume.head_of(name) == proof
    except (NotFound, Tampered):
        return False


def lay_stamp(practice: Practice, volume: Volume, name: str) -> None:
    """Have the head stamped that a run is proved against, and lay the stamp beside the proof.

    Nothing is wrong where that cannot be done; where no authority is set up nobody is asked.
    """
    if not practice.settings.timestamp.url:
        return
    from callrec.stamps.asking import stamp_if_possible  # noqa: PLC0415  # few set one up

    note = read_proof(volume.head_of(name)).checkpoint
    size = read_checkpoint(note, origin(practice.vault)).size
    timestamp, at = practice.settings.timestamp, practice.now()
    stamp = stamp_if_possible(timestamp, practice.folder, note, size, at).stamp
    if stamp is not None:
        volume.write_stamp(name, stamp.token)


def check_head(practice: Practice, data: bytes, head: Head, read: tree.Read) -> WrittenRun:
    """What a proof on a volume proves, and that it is of this vault's log as it stands."""
    written, point = read_head(practice, data, lambda _, seq: _AuthorityTime(seq))
    if point.size > head.size:
        raise Tampered(f"it has seen {point.size} entries, but the vault's record has {head.size}")
    if tree.root(point.size, read) != point.root:
        raise Tampered("what it has seen of the record is not the beginning of the vault's")
    return written


class _AuthorityTime(NamedTuple):
    """When the maker of a leaf must have been entitled to say what it says."""

    before: int
    """The sequence of the log before which they were vouched for."""
    not_before: date = date.min
    """The day that decides whether they were entitled, or a later one that the leaf names."""
    later: Mapping[str, Voucher] = MappingProxyType({})
    """Vouchers that count before those of the log, by the id of the person."""


KnownHeads: TypeAlias = Callable[[Head, int], _AuthorityTime]
"""When the maker of a leaf must have been entitled, if a proof leads from it to a head."""


def known_heads(
    practice: Practice, connection: Connection, later: Mapping[str, Voucher]
) -> KnownHeads:
    """What the log as it stands knows of heads; ``later``: what was vouched for in one now lost.

    In the log itself a leaf's maker must have been entitled at the leaf; for a head that was named
    as lost, where that was. Of any other head the sequence and the time are only what its maker
    says, and a person who was disabled could date a leaf back: there only those count who are
    entitled now.
    """
    ours, read = stored_head(connection), node_reader(connection)
    last, _ = read_leaf(connection, ours.size - 1)
    resumed = read_resumed(connection, practice.register)
    lost = {head: each.size for each in reversed(resumed) for head in each.lost}

    def office(head: Head, seq: int) -> _AuthorityTime:
        if head.size <= ours.size and tree.root(head.size, read) == head.root:
            return _AuthorityTime(seq)
        if head in lost:
            return _AuthorityTime(lost[head], later=later)
        return _AuthorityTime(ours.size, _day(practice, last), later)

    return office


def read_unverified(practice: Practice, data: bytes) -> WrittenRun:
    """What a proof that counts for nothing claims: its signatures are not looked at."""
    proof = read_proof(data)
    leaf_bytes, statement = _read_extra(proof.extra, practice.vault)
    return _written(statement, Leaf.decode(leaf_bytes, proof.seq))


def read_head(practice: Practice, data: bytes, known: KnownHeads) -> tuple[WrittenRun, Head]:
    """What a proof proves by itself: that an entitled person stated it, and at which head.

    After a restore that head may be no beginning of the vault's log, but one that was lost.
    """
    proof, name = read_proof(data), origin(practice.vault)
    # Whose log it is, before whose signature.
    claimed = read_checkpoint(proof.checkpoint, name)
    leaf_bytes, statement = _read_extra(proof.extra, practice.vault)
    leaf = Leaf.decode(leaf_bytes, proof.seq)
    entitled = known(Head(claimed.size, claimed.root), leaf.seq)
    keys = _keys_of(practice.register, leaf, entitled)
    point = check_proof(proof, tree.leaf_hash(leaf_bytes), keys.log, name)
    return check_volume_statement(practice, leaf, statement, entitled), Head(point.size, point.root)


def check_volume_statement(
    practice: Practice, leaf: Leaf, statement: Statement, office: _AuthorityTime | None = None
) -> WrittenRun:
    """What a leaf's statement says was written, if its maker signed it and was entitled to."""
    if (leaf.act, leaf.outcome, leaf.statement) != (ARCHIVED, Outcome.DONE, statement.digest):
        raise Tampered("its statement is not the one that its leaf carries")
    if statement.kind != VOLUME_STATEMENT or statement.by != leaf.actor:
        raise Tampered("its statement is of another kind, or made by another than its leaf says")
    office = office or _AuthorityTime(leaf.seq)
    check_statement(statement, _keys_of(practice.register, leaf, office).act)
    later = office.later.get(leaf.actor)
    maker = later.person if later else practice.register.person(leaf.actor, before=office.before)
    if Power.ARCHIVE not in powers_of(maker, max(_day(practice, leaf), office.not_before)):
        raise Tampered("its statement was made by somebody who may not archive")
    return _written(statement, leaf)


def _written(statement: Statement, leaf: Leaf) -> WrittenRun:
    otherwise = "its statement is not in its form"
    written = read_stated(WrittenRun, statement, otherwise, seq=leaf.seq)
    if leaf.subject != (written.volume,):
        raise Tampered(otherwise)
    return written


def _day(practice: Practice, leaf: Leaf) -> date:
    return stated_date(leaf, practice.settings.time_zone)


def _keys_of(register: Register, leaf: Leaf, office: _AuthorityTime) -> PublicKeys:
    later = office.later.get(leaf.actor)
    if later is not None:
        return later.keys
    try:
        return register.public_keys(leaf.actor, before=office.before)
    except NotFound as error:
        raise Tampered("nobody vouched for its actor") from error


def newest_run(written: WrittenRuns) -> WrittenRun:
    """The last run of a volume to which something was written."""
    return max(written.values(), key=lambda each: each.seq)


def _read_extra(extra: bytes, vault: str) -> tuple[bytes, Statement]:
    """The leaf's bytes and the statement; nothing of them is known to be true yet."""
    line = read(_Extra, parse(extra), "a proof's extra line is not in its form")
    return line.leaf, read_statement(line.statement, line.signature, vault)


def check_may_archive(practice: Practice, actor: Actor) -> None:
    """Refuse an actor who may not archive today."""
    check_may(actor.person, Power.ARCHIVE, on=today(practice))


def check_may_write(practice: Practice, actor: Actor, without_password: str) -> None:
    """Before a run writes to a volume: the actor may sign what it does, and the log is whole."""
    check_may_archive(practice, actor)
    if actor.identity is None:
        raise Locked(without_password)
    check_remembered_head(practice)


@contextmanager
def signing_as_archivist(practice: Practice, actor: Actor) -> Iterator[LogTransaction]:
    """A write transaction of a person who may archive yet (docs/formats/archive.md, 9).

    A run may take the night, and a power that was lent to its actor may be over or taken back.
    """
    with signing(practice, actor) as act:
        person = without_lapsed_powers(practice, act.connection, actor.person)
        check_may(person, Power.ARCHIVE, on=today(practice))
        yield act


def log_about_volume(
    practice: Practice, actor: Actor, what: str, volume: str, **details: object
) -> None:
    """Write one leaf about a volume, durably; what it stands for may happen only after."""
    with signing_as_archivist(practice, actor) as act:
        act.leaf(what, actor=actor.person.id, subject=[volume], details=details or None)


def state_run(
    practice: Practice, actor: Actor, act: LogTransaction, run: VolumeStatement, **details: object
) -> tuple[int, str]:
    """Sign what was written to a volume; the leaf's sequence, and the statement's digest."""
    statement = sign_statement_as(practice, actor, VOLUME_STATEMENT, run.fields)
    by, about = actor.person.id, [run.volume]
    seq = act.leaf(ARCHIVED, actor=by, subject=about, details=details, statement=statement)
    return seq, statement.digest


def save_written(
    practice: Practice, act: LogTransaction, volume: Volume, **columns: object
) -> None:
    """Let a volume's row follow what was just stated of it."""
    save_volume(
        act.connection,
        volume.volume,
        label=volume.label,
        head_size=act.head.size,
        head_root=act.head.root,
        written_at=to_millis(practice.now()),
        **columns,
    )


def was_authorised_to_archive(practice: Practice, connection: Connection, leaf: Leaf) -> bool:
    """Whether a leaf's actor was allowed to archive then, as `audit verify` has it."""
    return Power.ARCHIVE in powers_then(practice, connection).of(leaf)
