"""Who did what to volumes, by the log's leaves: only who archives (docs/formats/archive.md, 9).

Whoever has a key can write a leaf of any act with a program of his own. By these it is known which
volumes count as copies, and on which something may lie of which no statement tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.archive.log import REMOVED
from callrec.archive.unfinished import BEGUN, GIVEN_UP
from callrec.archive.volume_log import VolumeAct
from callrec.audit.reading import Problem
from callrec.policy.role import Power
from callrec.record.acts import attested_of
from callrec.record.entitled import powers_then
from callrec.record.rows import check_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.practice import Practice
    from callrec.record.entitled import Powers

_OF_ARCHIVISTS: Final = frozenset((*map(str, VolumeAct), BEGUN, GIVEN_UP, REMOVED))


def check_done_by_archivists(practice: Practice, connection: Connection) -> None:
    """Check who did what to volumes before anything rests on it.

    Raises:
        Tampered: somebody did it who might not, or a leaf is not its actor's.
    """
    leaves = attested_of(practice, connection, _OF_ARCHIVISTS)
    check_none(check_archivists(powers_then(practice, connection), leaves))


def check_archivists(might: Powers, leaves: Iterable[Leaf]) -> Iterator[Problem]:
    """The leaves, each attested, by somebody who might not archive then; others do not matter."""
    for leaf in leaves:
        if leaf.act in _OF_ARCHIVISTS and Power.ARCHIVE not in might.of(leaf):
            yield Problem(leaf.seq, f"{leaf.act} is by somebody who may not archive")
