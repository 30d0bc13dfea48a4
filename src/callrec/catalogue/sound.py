"""Whether a catalogue is sound, and whether a migration kept what was in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.errors import Failed, Tampered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


def check_sound(connection: Connection) -> None:
    """Read every page, and follow every reference from one row to another.

    Raises:
        Tampered: something is damaged, or refers to what there is not.
    """
    told = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if told != "ok" or dangling is not None:
        raise Tampered(
            "the catalogue is damaged", hint="restore it from an archive volume or a backup"
        )


def row_counts(connection: Connection) -> Mapping[str, int]:
    """How many rows each table has, by its name."""
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {
        name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() or 0  # noqa: S608 - names of our own
        for (name,) in names.all()
    }


def check_kept(connection: Connection, before: Mapping[str, int]) -> None:
    """Check that every table that there was has as many rows as it had.

    Raises:
        Failed: one has not.
        Tampered: the catalogue is not sound.
    """
    after = row_counts(connection)
    if any(after.get(name) != count for name, count in before.items()):
        raise Failed(
            "the migration did not keep every row, so nothing was changed",
            hint="report it, with what callrec doctor says",
        )
    check_sound(connection)
