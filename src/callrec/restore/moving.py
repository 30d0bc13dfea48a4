"""Move a vault's catalogue from its folder into a database of PostgreSQL, and back.

Nobody writes meanwhile. Every row is copied, and what came there is compared, before either is
durable; then the one that was left is closed for good: it is kept, and says that it was left.
Killed between the two, both are there, and the same command ends what it began. As `migrate`, it
opens nothing that is sealed and takes no key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from callrec.archive.unfinished import archive_lock
from callrec.audit import tree
from callrec.audit.leaf import NOBODY
from callrec.audit.log import Head, node_reader, stored_head
from callrec.catalogue.copying import copy_to_database, copy_to_file
from callrec.catalogue.engine import (
    FILE_NAME,
    close_for_good,
    connect,
    connect_there,
    is_closed,
    is_made,
    is_postgres,
    reading,
)
from callrec.config import Config
from callrec.errors import Misconfigured
from callrec.practice import (
    Practice,
    check_remembered_head,
    open_practice,
    report_unsaved_head,
    storing,
    writing,
)
from callrec.restore.migrate import MIGRATED, Migrated
from callrec.system.files import sync

FOLDER: Final = "folder"
"""What is said for the vault's folder, in place of a database's URL."""

_DATABASE: Final = "database"

_ON_ITS_WAY: Final = "catalogue.moving"


def move_catalogue(
    config: Config, to: str, *, now: Callable[[], datetime], environ: Mapping[str, str]
) -> Migrated:
    """Move the catalogue to where ``to`` says: a database's URL, or `FOLDER`.

    Raises:
        Misconfigured: it is there already, something else is, or the database is not to be used.
        Tampered: the catalogue is damaged, or its log is behind what was seen before.
        Failed: somebody brings in or archives, or the copy is not whole; then it is where it was.
    """
    practice = open_practice(config, now, environ)
    check_remembered_head(practice)
    if is_postgres(practice.engine) is (to != FOLDER):
        raise Misconfigured(
            f"the catalogue is in a {_DATABASE if to != FOLDER else FOLDER} already",
            hint="callrec config show says where",
        )
    moved = Migrated(*((FOLDER, _DATABASE) if to != FOLDER else (_DATABASE, FOLDER)), None)
    with archive_lock(practice), storing(practice):
        there = _heads_there(practice, to)
        with writing(practice, None) as act:
            before = stored_head(act.connection)
            if there is None:
                details = {"from": moved.before, "to": moved.after}
                act.leaf(MIGRATED, actor=NOBODY, details=details)
                if to == FOLDER:
                    _into_folder(practice, act.connection)
                else:
                    copy_to_database(act.connection, to)
                there = _heads_there(practice, to)
            # Of a run that was killed, the leaf that it added is there alone.
            if there is None or there[0] != before or act.head not in (before, there[1]):
                raise Misconfigured(
                    f"there is another catalogue in that {moved.after}",
                    hint="have it taken away, and run the same command again",
                )
            close_for_good(act.connection)
    practice.engine.dispose()
    report_unsaved_head(practice)
    return moved


def _heads_there(practice: Practice, to: str) -> tuple[Head, Head] | None:
    """Of the catalogue that is there already: its log before its last leaf, and now."""
    file = practice.folder / FILE_NAME
    if to == FOLDER and not file.is_file():
        return None
    engine = connect(file, mode="ro") if to == FOLDER else connect_there(to)
    try:
        with reading(engine) as connection:
            if is_postgres(engine) and not is_made(connection):
                return None
            if is_closed(connection):
                raise Misconfigured(
                    "a catalogue that was left is there yet",
                    hint=f"move all that is called {FILE_NAME} out of the vault's folder, or have"
                    " the database made anew; then run the same command again",
                )
            now = stored_head(connection)
            return Head(now.size - 1, tree.root(now.size - 1, node_reader(connection))), now
    finally:
        engine.dispose()


def _into_folder(practice: Practice, source: Connection) -> None:
    beside = practice.folder / _ON_ITS_WAY
    for left in practice.folder.glob(f"{_ON_ITS_WAY}*"):
        left.unlink()
    copy_to_file(source, beside)
    beside.chmod(0o600)
    beside.rename(practice.folder / FILE_NAME)
    sync(practice.folder)
