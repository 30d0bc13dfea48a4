"""Who did what to volumes, by the log's leaves: only who archives (docs/formats/archive.md, 9).

Whoever has a key can write a leaf of any act with a program of his own. By these it is known which
volumes count as copies, and on which something may lie of which no statement tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.audit.attested import attested_leaves
from callrec.audit.reading import Problem
from callrec.errors import NotFound, Refused, Tampered
from callrec.policy.authority import check_may
from callrec.policy.role import Power
from callrec.procedures.archive_removal import REMOVED
from callrec.procedures.archive_unfinished import BEGUN, GIVEN_UP
from callrec.procedures.volume_log import VolumeAct
from callrec.record.acts import leaves_of
from callrec.record.entitled import day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.audit.register import Register
    from callrec.practice import Practice

_OF_ARCHIVISTS: Final = frozenset((*map(str, VolumeAct), BEGUN, GIVEN_UP, REMOVED))


def check_done_by_archivists(practice: Practice, connection: Connection) -> None:
    """Check who did what to volumes before anything rests on it.

    Raises:
        Tampered: somebody did it who might not, or a leaf is not its actor's.
    """
    register, zone = practice.register, practice.config.time_zone
    about = [leaf.seq for leaf in leaves_of(connection, _OF_ARCHIVISTS)]
    leaves = attested_leaves(connection, register, about)
    for problem in check_archivists(connection, register, zone, leaves):
        raise Tampered(problem.what)


def check_archivists(
    connection: Connection, register: Register, zone: tzinfo, leaves: Iterable[Leaf]
) -> Iterator[Problem]:
    """The leaves by somebody who might not archive then.

    Args:
        connection: to the catalogue.
        register: who might do what, and when.
        zone: the practice's, for the days of powers that were lent.
        leaves: each attested; those of other acts do not matter.
    """
    for leaf in leaves:
        if leaf.act in _OF_ARCHIVISTS:
            try:
                person = register.person(leaf.actor, before=leaf.seq)
                check_may(person, Power.ARCHIVE, on=day_of(connection, register, leaf, zone))
            except (NotFound, Refused):
                yield Problem(leaf.seq, f"{leaf.act} is by somebody who may not archive")
