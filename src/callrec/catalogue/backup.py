"""Copies of the whole catalogue while others work with it, by SQLite's backup API alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.exc import DatabaseError

from callrec.catalogue import tables
from callrec.catalogue.copying import copy_to_file
from callrec.catalogue.engine import damaged, is_postgres, reading, sqlite_connection, transaction
from callrec.catalogue.requests import destroy_grants
from callrec.catalogue.sqlite import connect
from callrec.errors import Failed
from callrec.system.files import remove_folder
from callrec.system.rights import make_private_folder

NOT_IN_COPIES: Final = frozenset({tables.grant.name, tables.request_key.name, tables.session.name})
"""Tables of which a copy lacks rows."""


@contextmanager
def catalogue_copy(engine: Engine, folder: Path) -> Iterator[Path]:
    """A copy without grants, in ``folder`` until the block ends; then the folder is gone.

    A copy that is kept for years must not bring grants back, nor what sessions open, so they are
    deleted. The copy is then written afresh from what is left, which reads every page of it: a
    damaged catalogue never takes the place of a sound copy.
    """
    remove_folder(folder, ignore_errors=True)
    try:
        with _explained():
            make_private_folder(folder)
            whole, clean = folder / "whole.sqlite", folder / "clean.sqlite"
            _back_up(engine, whole)
            _without_grants(whole, clean)
        yield clean
    finally:
        remove_folder(folder, ignore_errors=True)


def _back_up(engine: Engine, to: Path) -> None:
    if is_postgres(engine):
        with reading(engine) as connection:
            copy_to_file(connection, to)
        return
    target = sqlite3.connect(to)
    try:
        # What goes wrong in it is told of the copy; of the vault it would be false.
        with reading(engine) as connection, _explained():
            sqlite_connection(connection).backup(target)
    finally:
        target.close()


def _without_grants(whole: Path, clean: Path) -> None:
    engine = connect(whole, mode="rw")
    try:
        request, grant = tables.request, tables.grant
        granted = select(request).where(request.c.id.in_(select(grant.c.request)))
        with transaction(engine) as connection:
            for row in connection.execute(granted).all():
                destroy_grants(connection, row.id, row.requester)
            connection.execute(tables.session.delete())
        with engine.connect() as connection:
            # Into a file of ours: VACUUM itself would put a copy into the system's own place for
            # temporary files, or hold all of it in memory.
            connection.exec_driver_sql("VACUUM INTO ?", (str(clean),))
    finally:
        engine.dispose()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise _no_room() from error
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.OperationalError):
            raise _no_room() from error
        raise damaged() from error


def _no_room() -> Failed:
    return Failed(
        "the catalogue could not be copied",
        hint="make room on the vault's disk: the copy takes twice the catalogue's size there",
    )
