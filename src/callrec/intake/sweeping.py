"""Clear away from the vault's store what a run that was killed left half-done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading

if TYPE_CHECKING:
    from callrec.practice import Practice


def sweep_store(practice: Practice) -> None:
    """Remove its unfinished files, and those in place that it moved and nobody catalogued.

    The store's lock is held.

    Raises:
        Failed: something could not be cleared away.
    """
    column = tables.recording.c.ciphertext
    with reading(practice.engine) as connection:
        practice.store.sweep(
            lambda name: (
                connection.execute(select(column).where(column == name)).first() is not None
            )
        )
