"""What happened to volumes, as the log's leaves say it (docs/formats/archive.md, 9).

volume.kept    who has it and where it lies was written down, sealed
volume.lost    it was reported lost: what lies on it is no copy any more
volume.found   it came back, and all of it was read back
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from callrec.archive.archivist import was_authorised_to_archive
from callrec.audit.reading import Problem
from callrec.catalogue.volumes import IN_USE, LOST, each_volume
from callrec.record.acts import attested_of, done_leaves
from callrec.record.rows import check_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.practice import Practice


class VolumeAct(StrEnum):
    """What happens to a volume besides being written to, as leaves name it."""

    KEPT = "volume.kept"
    LOST = "volume.lost"
    FOUND = "volume.found"


STANDING_AFTER = {VolumeAct.LOST: LOST, VolumeAct.FOUND: IN_USE}
"""How a volume stands after each."""


def check_standings(practice: Practice, connection: Connection) -> None:
    """Check how volumes stand before anything rests on it: a lost one must not count as a copy.

    What is said of one by somebody who might not archive counts for nothing.

    Raises:
        Tampered: a row says otherwise than the log, or a leaf is not its actor's.
    """
    leaves = attested_of(practice, connection, STANDING_AFTER)
    counting = (leaf for leaf in leaves if was_authorised_to_archive(practice, connection, leaf))
    check_none(check_volume_rows(connection, counting))


def check_volume_rows(connection: Connection, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each volume stands as its leaves, among what was done, say; they were found sound before."""
    said = {
        leaf.subject[0]: STANDING_AFTER[VolumeAct(leaf.act)]
        for leaf in done
        if leaf.act in STANDING_AFTER
    }
    for row in each_volume(connection):
        if row.standing != said.get(row.id, IN_USE):
            yield Problem(None, "a volume does not stand as the log says: lost, or in use")


def newest_keeper_leaves(practice: Practice, connection: Connection) -> Mapping[str, int]:
    """For each volume of which it was written down who has it: the sequence of the last leaf."""
    return {
        leaf.subject[0]: leaf.seq
        for leaf in done_leaves(connection, (VolumeAct.KEPT,))
        if was_authorised_to_archive(practice, connection, leaf)
    }
