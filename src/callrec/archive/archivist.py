"""What is signed of volumes: by who may archive as it is written (docs/formats/archive.md, 9).

A run may take the night, and what was lent to its actor may be over by then, or taken from him.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.practice import signing, today
from callrec.record.entitled import powers_then, without_lapsed_powers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.audit.log import LogTransaction
    from callrec.practice import Actor, Practice


@contextmanager
def signing_as_archivist(practice: Practice, actor: Actor) -> Iterator[LogTransaction]:
    """A write transaction of somebody who may archive yet.

    Raises:
        Failed: what he may do was changed since his command began; nothing was done.
        Refused: what was lent to him is over.
    """
    with signing(practice, actor) as act:
        person = without_lapsed_powers(practice, act.connection, actor.person)
        check_may(person, Power.ARCHIVE, on=today(practice))
        yield act


def log_about_volume(
    practice: Practice,
    actor: Actor,
    what: str,
    volume: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one leaf about a volume, durably; what it stands for may happen only after.

    Raises:
        As `signing_as_archivist`.
    """
    with signing_as_archivist(practice, actor) as act:
        act.leaf(what, actor=actor.person.id, subject=[volume], details=details)


def was_authorised_to_archive(practice: Practice, connection: Connection, leaf: Leaf) -> bool:
    """Whether a leaf's actor might archive then, as `audit verify` has it."""
    return Power.ARCHIVE in powers_then(practice, connection).of(leaf)
