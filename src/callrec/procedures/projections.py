"""Check the catalogue's rows against the statements and leaves that they follow from.

Rows are for finding things quickly; whoever can write the database can change them, so nothing that
matters rests on them alone (docs/formats/audit-log.md, "Projections").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from callrec.audit.verify import Problem
from callrec.catalogue import tables
from callrec.crypto.canonical import parse
from callrec.errors import Tampered
from callrec.policy.role import VaultKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from callrec.audit.register import Register


def check_projections(connection: Connection, register: Register) -> Iterator[Problem]:
    """Everything in the catalogue that does not follow from the log."""
    yield from _check_people(connection, register)
    yield from _check_shares(connection, register)
    yield from _check_recordings(connection)


def _check_people(connection: Connection, register: Register) -> Iterator[Problem]:
    rows = set(connection.execute(select(tables.person.c.id)).scalars())
    vouched = {*register.vouchers, register.founders.kit}
    if rows - vouched:
        yield Problem(None, "a person stands in the catalogue for whom nobody vouched")
    if vouched - rows:
        yield Problem(None, "a person who was vouched for is missing from the catalogue")


def _check_shares(connection: Connection, register: Register) -> Iterator[Problem]:
    for row in connection.execute(select(tables.share)):
        try:
            register.check_share(row.sealed, VaultKey(row.key), row.version, row.person)
        except Tampered as error:
            yield Problem(None, error.message)


def _check_recordings(connection: Connection) -> Iterator[Problem]:
    """Each recording and each revision is listed by its batch's statement, and none is missing."""
    listed = {
        (item["uid"], item["revision"]): item["ciphertext"]
        for body in connection.execute(
            select(tables.statement.c.body).where(tables.statement.c.kind == "batch")
        ).scalars()
        for item in parse(body)["items"]
    }
    rows: Any = connection.execute(
        select(
            tables.recording.c.id,
            tables.recording.c.uid,
            tables.recording.c.ciphertext,
            tables.metadata.c.revision,
        ).join(tables.metadata, tables.metadata.c.recording == tables.recording.c.id)
    )
    for row in rows:
        if listed.pop((row.uid, row.revision), None) != row.ciphertext:
            yield Problem(None, f"recording {row.id} is not as its batch's statement lists it")
    if listed:
        yield Problem(None, f"{len(listed)} entries of batch statements are in no row")
