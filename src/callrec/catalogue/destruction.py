"""Rows of what was destroyed: what goes, the stub that stays, and what volumes still hold of it.

Deleting a row leaves none of its bytes in the catalogue's file only once that is rewritten
(`engine.rewrite_database`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, Subquery, func, select, union_all

from callrec.catalogue import tables
from callrec.catalogue.engine import batches
from callrec.catalogue.volumes import IN_USE
from callrec.crypto.canonical import parse
from callrec.errors import NotFound, Tampered
from callrec.policy.retention import RecordingState

_HINT: Final = "callrec audit verify says which"


class InterruptedRun(NamedTuple):
    """A volume on which a run was begun and did not end: several copies may lie there."""

    label: str
    """Empty: it was not noted."""
    known: int
    """How many entries of the log each of these knows at the least."""


def strip_recordings(
    connection: Connection, recordings: Collection[Row[Any]], kept: Collection[bytes]
) -> None:
    """Take everything from these recordings that opens, tells or finds them."""
    numbers = [row.id for row in recordings]
    recording, grant, duplicate = tables.recording, tables.grant, tables.duplicate
    connection.execute(
        recording.update()
        .where(recording.c.id.in_(numbers))
        .values(data_key=None, state=RecordingState.DESTROYED)
    )
    for table in (tables.metadata, tables.token):
        connection.execute(table.delete().where(table.c.recording.in_(numbers)))
    of_these = duplicate.c.recording.in_(numbers)
    connection.execute(duplicate.delete().where(of_these, duplicate.c.mac.not_in(kept)))
    connection.execute(grant.delete().where(grant.c.uid.in_([row.uid for row in recordings])))


def drop_details(connection: Connection, seqs: Sequence[int]) -> None:
    """Delete what lies sealed beside these leaves."""
    detail = tables.detail
    for some in batches(seqs):
        connection.execute(detail.delete().where(detail.c.seq.in_(some)))


def find_certificate(connection: Connection, request: str) -> Row[Any]:
    """The row of the certificate of a request, by the request's id."""
    table = tables.certificate
    row = connection.execute(select(table).where(table.c.request == request)).first()
    if row is None:
        raise NotFound("nothing was destroyed under that request")
    return row


def each_certificate(connection: Connection, *, is_done: bool) -> Sequence[Row[Any]]:
    """The rows of the certificates that are done, or of those that are not, by number."""
    table = tables.certificate
    done = table.c.done_at.is_not(None) if is_done else table.c.done_at.is_(None)
    return connection.execute(select(table).where(done).order_by(table.c.number)).all()


def stubs_of(connection: Connection, certificate: str) -> Sequence[Row[Any]]:
    """What was destroyed under a certificate: each recording's row with that of its stub."""
    query = _stubs().where(tables.destroyed.c.certificate == certificate)
    return connection.execute(query.order_by(tables.recording.c.id)).all()


def every_stub(connection: Connection) -> Sequence[Row[Any]]:
    """As `stubs_of`, of every certificate, and of each recording that is one half of a stub."""
    recording, stub = tables.recording.c, tables.destroyed.c
    is_half = (recording.state == RecordingState.DESTROYED) | stub.recording.is_not(None)
    return connection.execute(_stubs().where(is_half)).all()


def _stubs() -> Select[Any]:
    """Each recording's row, and beside it the stub's and the certificate's, if it has them."""
    recording, stub, made = tables.recording, tables.destroyed, tables.certificate
    return (
        select(
            recording,
            *(stub.c.category, stub.c.rule, stub.c.due_on, stub.c.destroyed_at),
            *(made.c.id.label("certificate"), made.c.number, made.c.request),
        )
        .outerjoin(stub, stub.c.recording == recording.c.id)
        .outerjoin(made, made.c.id == stub.c.certificate)
    )


def cleared_where_kept(connection: Connection) -> Sequence[Row[Any]]:
    """Each destruction whose statement says for how long what keeps copies: as it was signed.

    Returns:
        Rows of ``cleared_at`` in ms, when the vault's files were gone, of how many ``recordings``,
        and of the statement's ``body`` and ``signature``.
    """
    stub, made, leaf = tables.destroyed, tables.certificate, tables.leaf
    statement = tables.statement.c
    counted = select(func.count()).where(stub.c.certificate == made.c.id).scalar_subquery()
    columns = (made.c.cleared_at, counted.label("recordings"), statement.body, statement.signature)
    query: Select[Any] = select(*columns).join(leaf, leaf.c.seq == made.c.seq)
    query = query.join(tables.statement, statement.digest == leaf.c.statement)
    says_so = func.instr(statement.body, b'"kept_days"') > 0
    return connection.execute(query.where(made.c.cleared_at.is_not(None), says_so)).all()


def stub_of(connection: Connection, recording: int) -> str:
    """Under which certificate a recording was destroyed: ``C-1``.

    Raises:
        Tampered: it is said to be destroyed, and no certificate names it.
    """
    stub, certificate = tables.destroyed, tables.certificate
    number = connection.execute(
        select(certificate.c.number)
        .join(stub, stub.c.certificate == certificate.c.id)
        .where(stub.c.recording == recording)
    ).scalar()
    if number is None:
        what = f"recording {recording} is said to be destroyed, and no certificate names it"
        raise Tampered(what, hint=_HINT)
    return f"C-{number}"


def count_destroyed(connection: Connection) -> int:
    """How many recordings were destroyed.

    Raises:
        Tampered: their rows and their stubs do not say the same, and a list would leave out what is
            there.
    """
    gone = select(func.count()).where(tables.recording.c.state == RecordingState.DESTROYED)
    stubs = select(func.count()).select_from(tables.destroyed)
    counted, certified = (connection.execute(each).scalar_one() for each in (gone, stubs))
    if counted != certified:
        raise Tampered(
            f"rows of recordings that say they were destroyed: {counted};"
            f" recordings that certificates name: {certified}",
            hint=_HINT,
        )
    return certified


def still_to_erase_on(connection: Connection, volume: str) -> Sequence[Row[Any, Any, Any, Any]]:
    """What a volume holds yet of recordings that were destroyed, former files of theirs too.

    Returns:
        Rows of ``bag``, ``recording``, ``uid`` and ``ciphertext``, by bag.
    """
    held, recording = _held(), tables.recording
    return connection.execute(
        select(held.c.bag, held.c.recording, recording.c.uid, held.c.ciphertext)
        .join(recording, recording.c.id == held.c.recording)
        .where(held.c.volume == volume, recording.c.state == RecordingState.DESTROYED)
        .order_by(held.c.bag, held.c.ciphertext)
    ).all()


def sealed_among(connection: Connection, files: Sequence[str], *, destroyed: bool) -> set[str]:
    """Which of these files, by their names, are of recordings that were destroyed, or are there."""
    recording, found = tables.recording.c, set[str]()
    is_gone = recording.state == RecordingState.DESTROYED
    query = select(recording.ciphertext).where(is_gone if destroyed else ~is_gone)
    for some in batches(files):
        found |= set(connection.execute(query.where(recording.ciphertext.in_(some))).scalars())
    return found


def newest_destruction(connection: Connection) -> int | None:
    """Sequence of the leaf by which a recording or a person went last; None: none did."""
    last = (func.max(tables.certificate.c.seq), func.max(tables.subject.c.erased))
    found = connection.execute(select(*(select(each).scalar_subquery() for each in last))).one()
    return max((seq for seq in found if seq is not None), default=None)


def copy_predates_destruction(connection: Connection, volume: str) -> bool:
    """Whether a volume's copy of the catalogue is from before the newest destruction."""
    known, newest = entries_known(connection).get(volume), newest_destruction(connection)
    return known is not None and newest is not None and newest >= known


def drop_still_to_erase(connection: Connection, volume: str, recordings: Collection[int]) -> None:
    """Forget that a volume holds files of these recordings."""
    for table in (tables.archived, tables.former):
        some = (table.c.volume == volume) & table.c.recording.in_(recordings)
        connection.execute(table.delete().where(some))


def _held() -> Subquery:
    """Each sealed file on a volume that is a recording's, or was: where it lies, and whose."""
    archived, former, recording = tables.archived, tables.former, tables.recording
    current = select(
        archived.c.volume, archived.c.bag, archived.c.recording, recording.c.ciphertext
    ).join(recording, recording.c.id == archived.c.recording)
    before = select(former.c.volume, former.c.bag, former.c.recording, former.c.ciphertext)
    return union_all(current, before).subquery()


def still_to_erase_by_label(
    connection: Connection,
    certificate: str | None,
    *,
    standing: str = IN_USE,
    begun: Mapping[str, InterruptedRun] | None = None,
) -> Mapping[str, int]:
    """How many destroyed recordings each volume holds or tells of yet, by its label.

    Where no certificate is named, people who were erased from the register count as well. A copy of
    the catalogue that is older than the destruction has their keys and descriptions, whether the
    volume holds their files or not.
    """
    table = tables.volume
    query = select(table.c.id, table.c.label).where(table.c.standing == standing)
    labels = {row.id: row.label for row in connection.execute(query)}
    labels |= labels_of_begun(connection, begun) if begun else {}
    if not labels:
        return {}
    held, stub, made = _held(), tables.destroyed, tables.certificate
    files = select(held.c.volume, held.c.recording).join(stub, stub.c.recording == held.c.recording)
    stubs = select(made.c.seq, stub.c.recording).join(stub, stub.c.certificate == made.c.id)
    if certificate is not None:
        files = files.where(stub.c.certificate == certificate)
        stubs = stubs.where(stub.c.certificate == certificate)
    known = entries_known(connection)
    for volume, each in (begun or {}).items():
        known[volume] = min(each.known, known.get(volume, each.known))
    owed: dict[str, set[int | str]] = defaultdict(set)
    for volume, recording in connection.execute(files):
        owed[volume].add(recording)
    destroyed, subject = connection.execute(stubs).all(), tables.subject.c
    erased = select(subject.erased, subject.id).where(subject.erased.is_not(None))
    people = connection.execute(erased).all() if certificate is None else ()
    for volume, size in known.items():
        owed[volume] |= {recording for seq, recording in destroyed if seq >= size}
        owed[volume] |= {id_ for seq, id_ in people if seq >= size}
    counted = {labels[volume]: len(found) for volume, found in owed.items() if volume in labels}
    return {label: count for label, count in sorted(counted.items()) if count}


def labels_of_begun(connection: Connection, begun: Mapping[str, InterruptedRun]) -> dict[str, str]:
    """What the volumes are called of which nothing is known but that a run was begun there, by id.

    Its id is what a volume is called whose label another has, or of which no label was noted.
    """
    rows = connection.execute(select(tables.volume.c.id, tables.volume.c.label)).all()
    there, taken = {row.id for row in rows}, {row.label for row in rows} | {""}
    found = {}
    for volume, each in begun.items():
        if volume not in there:
            found[volume] = volume if each.label in taken else each.label
            taken.add(each.label)
    return found


def entries_known(connection: Connection) -> dict[str, int]:
    """How many entries of the log each volume's copy of the catalogue knows, by the volume's id.

    All before its statement; of a copy that is of a log which was lost, what its statement says;
    none where that cannot be read.
    """
    volume, leaf, statement = tables.volume.c, tables.leaf.c, tables.statement.c
    rows = connection.execute(
        select(volume.id, volume.head_size, statement.body)
        .outerjoin(tables.leaf, leaf.seq == volume.head_size - 1)
        .outerjoin(tables.statement, statement.digest == leaf.statement)
    )
    known = {}
    for row in rows:
        try:
            fields = parse(row.body or b"")
        except Tampered:
            known[row.id] = 0
            continue
        match fields:
            case {"common": int(size)}:
                known[row.id] = min(size, row.head_size)
            case _:
                known[row.id] = row.head_size
    return known
