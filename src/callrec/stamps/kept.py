"""The stamps in the vault: on record in the log, and those that wait to be.

What waits lies in the vault's folder, where anybody who can write there can put it: each is checked
before it goes on record (docs/formats/time-stamps.md, 4).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from callrec.audit.log import LogTransaction
from callrec.catalogue import tables
from callrec.catalogue.tables import from_millis, to_millis
from callrec.errors import Failed
from callrec.package.callrec_verify import NoOpenssl, Wrong, check_stamp
from callrec.settings import Timestamp
from callrec.stamps.authority import LARGEST_ANSWER, Stamp
from callrec.stamps.waiting import folder_to_write, waiting_files
from callrec.system.files import atomic_write, open_to_read, remove_file

STAMPED: Final = "log.stamped"
"""The act of the leaf under which a stamp goes on record."""


def note_over(connection: Connection, size: int) -> bytes | None:
    """The checkpoint over so many leaves; None where nobody signed one."""
    point = tables.checkpoint.c
    note = connection.execute(select(point.note).where(point.size == size)).scalar()
    return None if note is None else bytes(note)


def newest_note(connection: Connection) -> tuple[int, bytes] | None:
    """Size and bytes of the newest checkpoint."""
    point = tables.checkpoint.c
    query = select(point.size, point.note).order_by(point.size.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (row.size, bytes(row.note))


def last_stamped(connection: Connection) -> tuple[int, datetime] | None:
    """Size and time of the newest stamp on record."""
    stamp = tables.stamp.c
    query = select(stamp.size, stamp.stamped_at).order_by(stamp.size.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (row.size, from_millis(row.stamped_at))


def keep_waiting(vault: Path, stamp: Stamp) -> None:
    """Keep a stamp until somebody's next entry, durably.

    Raises:
        Failed: the vault's folder cannot be written.
        Misconfigured: the place in it is a link.
    """
    try:
        with atomic_write(folder_to_write(vault) / f"{stamp.size}.tsr", replaces=True) as file:
            file.write(stamp.token)
    except OSError as error:
        raise Failed(f"the time stamp cannot be kept: {error.strerror}") from error


def checked_waiting(connection: Connection, timestamp: Timestamp, vault: Path) -> tuple[Stamp, ...]:
    """The stamps that wait and count; a file of such a name that counts for nothing is removed.

    None where there is no ``openssl`` to check them by: they go on waiting.
    """
    found = []
    with suppress(NoOpenssl):
        for path in waiting_files(vault):
            stamp = _read_waiting(connection, timestamp, path)
            if stamp is None:
                remove_file(path, missing_ok=True)
            else:
                found.append(stamp)
    return tuple(found)


def _read_waiting(connection: Connection, timestamp: Timestamp, path: Path) -> Stamp | None:
    size = int(path.stem)
    note = note_over(connection, size)
    if note is None or is_on_record(connection, size):
        return None
    with open_to_read(path) as file:
        token = file.read(LARGEST_ANSWER) or b""
    try:
        return Stamp(
            size, token, check_stamp(token, note, timestamp.certificates.encode(), "given")
        )
    except Wrong:
        return None


def is_on_record(connection: Connection, size: int) -> bool:
    """Whether the checkpoint over so many leaves has a stamp on record."""
    stamp = tables.stamp.c
    return connection.execute(select(stamp.size).where(stamp.size == size)).first() is not None


def put_on_record(act: LogTransaction, by: str, stamps: Iterable[Stamp]) -> None:
    """Write stamps that count into the log, in the name of the person with this id.

    One whose checkpoint has a stamp by now is left out.
    """
    for stamp in stamps:
        if is_on_record(act.connection, stamp.size):
            continue
        said = {"at": stamp.time.at, "authority": stamp.time.authority, "size": stamp.size}
        act.leaf(STAMPED, actor=by, details=said)
        act.connection.execute(
            tables.stamp.insert().values(
                size=stamp.size, token=stamp.token, stamped_at=to_millis(stamp.at)
            )
        )


def take_away(vault: Path, stamps: Iterable[Stamp]) -> None:
    """Remove what waited, now that it is on record."""
    sizes = {f"{stamp.size}.tsr" for stamp in stamps}
    for path in waiting_files(vault):
        if path.name in sizes:
            with suppress(OSError):
                remove_file(path, missing_ok=True)
