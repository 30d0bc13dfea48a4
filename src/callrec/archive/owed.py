"""When a destruction is done: nothing of it is left in the vault, and no volume owes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, select

from callrec.archive.copy import drop_unpacked
from callrec.archive.log import check_volumes
from callrec.archive.unfinished import owed_by_label
from callrec.audit.attested import attested_leaves
from callrec.audit.erased import KIND, DestructionStatement, check_entitled, read_destruction
from callrec.audit.leaf import Leaf
from callrec.catalogue import destruction, tables
from callrec.catalogue.engine import is_postgres, reading, update_row
from callrec.catalogue.tables import from_millis, to_millis
from callrec.crypto.canonical import format_instant
from callrec.crypto.statement import read_statement
from callrec.errors import Tampered
from callrec.policy.purpose import Purpose
from callrec.policy.retention import RecordingState
from callrec.policy.words import counted
from callrec.practice import Actor, Practice, writing
from callrec.record.acts import done_leaves
from callrec.record.rows import Columns, check_row
from callrec.record.statements import carried, statement_of

DESTRUCTION_CLEARED: Final = "destruction.cleared"
DESTRUCTION_DONE: Final = "destruction.done"
"""The act of the leaf by which nothing of a destruction is owed any more."""


def record_completed_destructions(practice: Practice, actor: Actor) -> tuple[str, ...]:
    """Write down which destructions are done now: their certificates, ``C-1``.

    It takes no power: the next who comes records it, so that what is gone is not left unsaid.
    """
    with reading(practice.engine) as connection:
        if not _settled(practice, connection):
            return ()
    drop_unpacked(practice.folder, practice.vault)
    with writing(practice, actor.signer) as act:
        done = _settled(practice, act.connection)
        if done:
            check_volumes(practice, act.connection)
        for row in done:
            read_destruction_leaf(practice, act.connection, row)
            act.leaf(DESTRUCTION_DONE, actor=actor.person.id, subject=[row.id])
            now = to_millis(practice.now())
            update_row(act.connection, tables.certificate, row.id, done_at=now)
    return tuple(f"C-{row.number}" for row in done)


def _settled(practice: Practice, connection: Connection) -> Sequence[Row[Any]]:
    rows = destruction.each_certificate(connection, is_done=False)
    cleared = (row for row in rows if row.cleared_at is not None)
    return [row for row in cleared if not owed_by_label(practice, connection, row.id)]


def kept_days(practice: Practice) -> Mapping[str, int | None]:
    """What keeps what is deleted beyond our reach -> for how many days; None: nobody has set it.

    A file of SQLite and a folder do not. What was moved away from goes on as long as it is set.
    """
    config = practice.config
    used = {"database": is_postgres(practice.engine), "objects": bool(config.recordings)}
    days = {"database": config.database.kept_days, "objects": config.objects.kept_days}
    return {name: days[name] for name in days if days[name] or (used[name] and days[name] is None)}


def bucket_keeps(practice: Practice) -> tuple[str, str]:
    """How long the bucket keeps what is removed, by what came last, or else by its marker.

    Returns:
        That, and what to do where certificates would say less. "": they do not; or there is
        no bucket, or nobody has set what they say.

    Raises:
        Unchecked: the store does not say.
    """
    said_days = practice.config.objects.kept_days
    if not practice.config.recordings or said_days is None:
        return "", ""
    table = tables.recording.c
    live = select(table.ciphertext).where(table.state == RecordingState.LIVE)
    with reading(practice.engine) as connection:
        last = connection.execute(live.order_by(table.id.desc()).limit(1)).scalar()
    days, has_versions = practice.store.kept(last)
    kept = f"the bucket locks what comes for {counted(days, 'day')}"
    if days > said_days:
        said = f"{kept}, and certificates say that what was erased is kept there for {said_days}"
        ask = "or ask the person who runs the bucket"
        return said, f"set objects.kept_days to {days + 1} at least, {ask}"
    if has_versions and not said_days:
        hint = "ask the person who runs it for how many days, and set objects.kept_days"
        return "the bucket keeps versions of what is removed, and objects.kept_days is 0", hint
    return f"{kept}, no longer than objects.kept_days says", ""


def certificate_columns(seq: int, stated: DestructionStatement) -> Columns:
    """The columns of a certificate that follow from the leaf that carries its statement."""
    return {
        "id": stated.certificate,
        "number": stated.number,
        "request": stated.request,
        "seq": seq,
    }


def read_destruction_leaf(
    practice: Practice, connection: Connection, certificate: Row[Any]
) -> tuple[Leaf, DestructionStatement]:
    """The leaf by which something was destroyed, and what its statement says."""
    (leaf,) = attested_leaves(connection, practice.register, [certificate.seq])
    stated = read_destruction(statement_of(connection, leaf, practice.vault))
    check_row(certificate, certificate_columns(leaf.seq, stated), f"certificate C-{stated.number}")
    stubs = {row.uid: stub_in(row) for row in destruction.stubs_of(connection, certificate.id)}
    if stubs != stated_stubs(stated):
        raise Tampered("what the catalogue says of a certificate is not what the log says")
    return leaf, stated


Stub: TypeAlias = tuple[Any, ...]
"""Certificate, its number, request; ciphertext, category, rule, due and time of a recording."""


def stub_in(row: Row[Any]) -> Stub:
    """What the rows say that are left of a recording, as `destruction.every_stub` gives them."""
    under = (row.certificate, row.number, row.request)
    started_at = format_instant(from_millis(row.started_at))
    return (*under, row.ciphertext, row.category, row.rule, row.due_on or "", started_at)


def stated_stubs(stated: DestructionStatement) -> Mapping[str, Stub]:
    """What a ``destruction`` statement lets these rows say of each recording, by uid."""
    under = (stated.certificate, stated.number, stated.request)
    names = ("ciphertext", "category", "rule", "due", "started_at")
    items = stated.items.items()
    return {uid: (*under, *(item.get(name, "") for name in names)) for uid, item in items}


def done_leaf(
    practice: Practice, connection: Connection, certificate: str, act: str = DESTRUCTION_DONE
) -> Leaf:
    """The leaf by which nothing of a destruction was owed any more, by the certificate's id.

    With ``act`` `DESTRUCTION_CLEARED`: nothing in the vault.
    """
    done = done_leaves(connection, (act,))
    about = [leaf.seq for leaf in done if certificate in leaf.subject]
    if not about:
        raise Tampered("the log does not say that this destruction is done")
    (leaf,) = attested_leaves(connection, practice.register, about[-1:])
    return leaf


def erased_details_by_leaf(practice: Practice, connection: Connection) -> Mapping[int, str]:
    """Of each leaf whose details went with what was destroyed, the certificate: ``C-1``."""
    destructions = dict(stated_destructions(connection, practice.vault))
    found: dict[int, str] = {}
    for leaf in attested_leaves(connection, practice.register, destructions):
        check_entitled(practice.register, leaf)
        found |= dict.fromkeys(destructions[leaf.seq].details, f"C-{destructions[leaf.seq].number}")
    return found


def stated_destructions(
    connection: Connection, vault: str
) -> Iterator[tuple[int, DestructionStatement]]:
    """By the sequence of its leaf, each statement of what was destroyed, oldest first."""
    for row in carried(connection, KIND):
        yield row.seq, read_destruction(read_statement(row.body, row.signature, vault))


def cut_off_destructions(connection: Connection) -> tuple[str, ...]:
    """What ends each destruction that is in the log, and whose files may be there yet."""
    made, request = tables.certificate, tables.request
    query = select(request.c.number, request.c.purpose).join(made, made.c.request == request.c.id)
    query = query.where(made.c.cleared_at.is_(None)).order_by(made.c.number)
    command = {Purpose.DISPOSAL: "retention dispose"}
    return tuple(
        f"callrec {command.get(Purpose(row.purpose), 'request erase')} R-{row.number}"
        for row in connection.execute(query)
    )
